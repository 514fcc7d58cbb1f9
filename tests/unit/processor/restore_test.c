/* restore_test.c - tests of a restore that is cut off: rows on disk are what their offset says. */
#include "fleet.h"

#include "base/clock.h"
#include "leat/process.h"
#include "processor/log.h"
#include "processor/partition.h"
#include "state/budget.h"
#include "state/home.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct leat_error error;

/* Two stores in one task, each with a changelog. */
static void keep(const struct leat_record *record)
{
    leat_put(record, 0, record->key, record->value);
    leat_put(record, 1, record->key, record->value);
}

static struct leat_topology *topology_new(void)
{
    struct leat_topology *topology = leat_topology_new();
    struct leat_source source = { .type = &leat_string_type };
    struct leat_stream *in = leat_stream_from(topology, "in", &source);

    leat_process(in, "keeper", &(struct leat_process){
        .process = keep, .stores = (struct leat_store_spec[]){
            { .name = "free", .type = &leat_string_type },
            { .name = "held", .type = &leat_string_type }, { 0 } } });
    return topology;
}

static void start(void)
{
    static const char *const topics[] = { "in", NULL };
    static const struct fleet_setting settings[] = { { NULL, NULL } };

    fleet_begin(topics, topology_new, settings);
}

TestSuite(restore, .init = start, .fini = fleet_end);

static void wait_for(int number, const char *path, const char *words)
{
    int64_t until_ms = clock_ms(clock_system()) + FLEET_WAIT_MS;

    do
        fleet_ask(number, path);
    while (!strstr(fleet_body, words) && clock_ms(clock_system()) < until_ms);
    cr_assert(strstr(fleet_body, words), "%s: %s", path, fleet_body);
}

/* One life of an instance, in which one key is put. */
static void live(int number, const char *key, const char *path)
{
    fleet_start(number);
    fleet_put("in", leat_bytes_of(key), "value", 1000);
    wait_for(number, path, "\"value\"");
    fleet_stop(number);
}

/* Nobody reads past the beginning of a transaction that is open. */
static struct log_writer *hold(const char *topic, int32_t partition)
{
    struct log_writer_options options = { .queue_bytes = 1 << 20, .transactional_id = "holder" };
    struct log_record record = { .partition = partition, .timestamp_ms = 1000,
                                 .key = LEAT_LITERAL("never"), .value = LEAT_LITERAL("never") };
    struct log_writer *writer;

    cr_assert_eq(log_writer_new(fleet_log(), &options, &writer, &error), LEAT_OK, "%s", error.text);
    record.topic = log_writer_topic(writer, topic);
    cr_assert_eq(log_writer_begin(writer, &error), LEAT_OK);
    cr_assert_eq(log_writer_send(writer, &record, &error), LEAT_OK);
    cr_assert_eq(log_writer_flush(writer, &error), LEAT_OK);
    return writer;
}

/* ---- what lies on disk ----------------------------------------------------------------------- */

struct copy { /* of the store that is held */
    int64_t offset;
    bool found; /* the key */
};

static void look(struct home *home, const char *key, struct copy *copy)
{
    struct buffer value, name;
    int64_t written_ms;
    uint16_t number;

    cr_assert_eq(home_store_number(home, "held", &number, &error), LEAT_OK);
    cr_assert_eq(home_offset(home, number, &copy->offset, &written_ms, &error), LEAT_OK);
    buffer_init(&name, 64);
    buffer_init(&value, 256);
    cr_assert(!buffer_add(&name, (char[]){ (char)(number >> 8), (char)number }, 2) &&
              !buffer_text(&name, key));
    copy->found = home_get(home, buffer_bytes(&name), &value, &error) == 1;
    buffer_free(&name);
    buffer_free(&value);
}

static struct copy copy_of(int number, int32_t partition, const char *key)
{
    struct budget *budget = budget_new(32 << 20);
    char path[64], task[16];
    struct home_options options = { .path = path, .application = "app", .task = task,
                                    .budget = budget };
    struct home *home;
    struct copy copy;

    snprintf(task, sizeof task, "in-%d", partition);
    snprintf(path, sizeof path, "%s/%d/app/%s", fleet_folder(), number, task);
    cr_assert_eq(home_open(&options, &home, &error), LEAT_OK, "%s", error.text);
    look(home, key, &copy);
    home_close(home);
    budget_free(budget);
    return copy;
}

/* Another key of the same partition. */
static void find_key(int32_t partition, char key[16])
{
    for (int i = 0; i < 1000; i++) {
        snprintf(key, 16, "k%d", i);
        if (partition_of(leat_bytes_of(key), FLEET_PARTITIONS) == partition)
            return;
    }
    cr_assert_fail("no key of that partition");
}

Test(restore, a_copy_is_never_ahead_of_its_offset)
{
    int32_t partition = partition_of(leat_bytes_of("first"), FLEET_PARTITIONS);
    struct log_writer *holder;
    struct copy before, after = { 0 };
    char key[16], path[64];

    find_key(partition, key);
    snprintf(path, sizeof path, "/stores/held?key=%s", key);
    live(0, "first", "/stores/held?key=first");
    live(1, key, path);
    before = copy_of(0, partition, key);
    cr_assert(!before.found);
    holder = hold("app-held-changelog", partition);
    for (int round = 0; round < 100 && !after.found; round++) {
        fleet_start(0);
        clock_sleep_ms(50 * (round + 1)); /* within which the other store is done, or next time */
        fleet_stop(0);
        after = copy_of(0, partition, key);
    }
    cr_assert(after.found);
    cr_assert_gt(after.offset, before.offset);
    cr_assert_eq(log_writer_abort(holder, &error), LEAT_OK);
    log_writer_free(holder);
}
