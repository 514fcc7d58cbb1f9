/* audit_stores.c - the rows of each state directory against the changelogs that they came of.
 *
 * A copy holds a changelog up to the offset that stands beside its rows, whoever owns the task by
 * now; so each copy, the left behind ones too, must be the fold of all committed records before
 * that offset. Of every partition one copy at least must have all of it.
 */
#include "audit.h"

#include "base/map.h"
#include "base/memory.h"
#include "state/big_endian.h"
#include "state/budget.h"
#include "state/home.h"
#include "state/row.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fold {
    struct map rows; /* key -> struct value */
    int64_t last;    /* offset of the last record; -1: none */
};

struct value {
    int64_t timestamp_ms;
    size_t size;
    char data[];
};

struct audit {
    struct log *log;
    const char *application;
    struct budget *budget;
    char **changelogs;     /* names of stores */
    int64_t **behind;      /* by store, by partition: records the most complete copy lacks */
    int32_t *partitions;
    int store_count;
    int differing, copies;
    uint64_t rows;
};

/* ---- the fold ----------------------------------------------------------------------------- */

static void take(void *user, const struct log_message *message)
{
    struct fold *fold = user;
    struct value *value = NULL;

    fold->last = message->offset;
    if (message->value.data) {
        value = memory_new(sizeof *value + message->value.size);
        value->timestamp_ms = message->timestamp_ms;
        value->size = message->value.size;
        if (value->size)
            memcpy(value->data, message->value.data, value->size);
        memory_free(map_put(&fold->rows, message->key, value));
    } else
        memory_free(map_remove(&fold->rows, message->key));
}

static void fold_free(struct fold *fold)
{
    struct leat_bytes key;
    void *value;

    for (size_t i = 0; map_next(&fold->rows, &i, &key, &value);)
        memory_free(value);
    map_free(&fold->rows);
}

/* ---- one copy of one store ------------------------------------------------------------------ */

static bool same_row(const struct value *value, struct leat_bytes bytes)
{
    struct leat_error error = { 0 };
    struct row row;

    return value && !row_parse(bytes, &row, &error) && row.timestamp_ms == value->timestamp_ms &&
           row.wire.size == value->size && !memcmp(row.wire.data, value->data, value->size);
}

/* Rows that are in one and not in the other, or not the same. */
static uint64_t differences(struct audit *audit, struct home *home, uint16_t number,
                            const struct fold *fold)
{
    struct leat_error error = { 0 };
    struct home_cursor *cursor;
    struct leat_bytes key, row;
    char from[2], to[2];
    uint64_t bad = 0, found = 0;

    big_endian_put_16(from, number);
    big_endian_put_16(to, (uint16_t)(number + 1));
    if (home_range(home, leat_bytes(from, 2), leat_bytes(to, 2), false, &cursor, &error))
        return 1;
    while (home_next(cursor, &key, &row, &error) == 1) {
        found++;
        bad += !same_row(map_get(&fold->rows, leat_bytes(key.data + 2, key.size - 2)), row);
    }
    home_cursor_close(cursor);
    audit->rows += found;
    return bad + (fold->rows.count > found - bad ? fold->rows.count - (found - bad) : 0);
}

static void check_copy(struct audit *audit, struct home *home, int store, int32_t partition,
                       const char *path)
{
    struct leat_error error = { 0 };
    struct fold whole = { .last = -1 }, fold = { .last = -1 };
    char *topic = memory_format("%s-%s-changelog", audit->application, audit->changelogs[store]);
    int64_t offset, written_ms;
    uint16_t number;
    uint64_t bad = 0;

    if (home_store_number(home, audit->changelogs[store], &number, &error) ||
        home_offset(home, number, &offset, &written_ms, &error) || offset < 0) {
        memory_free(topic);
        return;
    }
    audit->copies++;
    if (!audit_read(audit->log, topic, partition, 0, offset, take, &fold) ||
        !audit_read(audit->log, topic, partition, offset, -1, take, &whole))
        bad = 1;
    bad += differences(audit, home, number, &fold);
    if (audit->behind[store][partition] < 0 ||
        (int64_t)whole.rows.count < audit->behind[store][partition])
        audit->behind[store][partition] = (int64_t)whole.rows.count;
    if (bad) {
        audit->differing++;
        printf("%s: %" PRIu64 " rows of %s-%d differ (up to offset %" PRId64 ")\n", path, bad,
               topic, partition, offset);
    }
    fold_free(&fold);
    fold_free(&whole);
    memory_free(topic);
}

/* ---- directories ---------------------------------------------------------------------------- */

static void check_home(struct audit *audit, const char *folder, const char *task)
{
    char *path = memory_format("%s/%s", folder, task);
    struct home_options options = { path, audit->application, task, audit->budget };
    int32_t partition = (int32_t)strtol(strrchr(task, '-') + 1, NULL, 10);
    struct leat_error error = { 0 };
    struct home *home;

    if (home_open(&options, &home, &error)) {
        audit->differing++;
        printf("%s: %s\n", path, error.text);
    } else {
        for (int i = 0; i < audit->store_count; i++)
            if (partition < audit->partitions[i])
                check_copy(audit, home, i, partition, path);
        home_close(home);
    }
    memory_free(path);
}

static bool is_task(const char *name)
{
    const char *dash = strrchr(name, '-');

    return *name != '.' && dash && dash[1] && strspn(dash + 1, "0123456789") == strlen(dash + 1);
}

static void check_directory(struct audit *audit, const char *directory)
{
    char *folder = memory_format("%s/%s", directory, audit->application);
    DIR *entries = opendir(folder);
    struct dirent *entry;

    while (entries && (entry = readdir(entries)))
        if (is_task(entry->d_name))
            check_home(audit, folder, entry->d_name);
    if (entries)
        closedir(entries);
    else {
        audit->differing++;
        printf("%s: cannot be read\n", folder);
    }
    memory_free(folder);
}

static void find_changelogs(struct audit *audit)
{
    struct leat_error error = { 0 };
    char *prefix = memory_format("%s-", audit->application), **names;
    int count = log_topic_list(audit->log, prefix, &names, &error);

    audit->changelogs = memory_array((size_t)(count > 0 ? count : 1), sizeof(char *));
    audit->behind = memory_array((size_t)(count > 0 ? count : 1), sizeof(int64_t *));
    audit->partitions = memory_array((size_t)(count > 0 ? count : 1), sizeof(int32_t));
    for (int i = 0; i < count; i++) {
        char *end = strstr(names[i], "-changelog");
        struct log_topic topic = { .name = names[i] };
        int at = audit->store_count;

        if (end && !log_topic_look(audit->log, &topic, &error)) {
            audit->changelogs[at] =
                memory_format("%.*s", (int)(end - names[i] - (int)strlen(prefix)),
                              names[i] + strlen(prefix));
            audit->partitions[at] = topic.partitions;
            audit->behind[at] = memory_array((size_t)topic.partitions, sizeof(int64_t));
            for (int32_t p = 0; p < topic.partitions; p++)
                audit->behind[at][p] = -1;
            audit->store_count++;
        }
        memory_free(names[i]);
    }
    if (count >= 0)
        memory_free(names);
    memory_free(prefix);
}

/* After a clean stop the copy of the last owner has all. */
static void check_complete(struct audit *audit)
{
    for (int i = 0; i < audit->store_count; i++) {
        for (int32_t p = 0; p < audit->partitions[i]; p++)
            if (audit->behind[i][p]) {
                audit->differing++;
                printf("no copy of store %s-%d is complete: %" PRId64 " rows are missing\n",
                       audit->changelogs[i], p, audit->behind[i][p]);
            }
        memory_free(audit->behind[i]);
        memory_free(audit->changelogs[i]);
    }
    memory_free(audit->behind);
    memory_free(audit->changelogs);
    memory_free(audit->partitions);
}

int audit_stores(struct log *log, const char *application, char **directories, int count)
{
    struct audit audit = { .log = log, .application = application };

    audit.budget = budget_new(64 << 20);
    find_changelogs(&audit);
    for (int i = 0; i < count; i++)
        check_directory(&audit, directories[i]);
    check_complete(&audit);
    printf("%d copies of %d stores, %" PRIu64 " rows, %d differ\n", audit.copies,
           audit.store_count, audit.rows, audit.differing);
    budget_free(audit.budget);
    return audit.differing;
}
