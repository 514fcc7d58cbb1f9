/* play.c - plays a script against an example's topology in the topology driver; README.md has the
 * script's form.
 *
 *     play SCRIPT     exit 1, with what was expected and what came, at the first difference
 */
#include <leat/driver.h>
#include <leat/leat.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void describe(struct leat_topology *topology); /* the example's */

enum { LINES = 256, LINE_BYTES = 256 };

struct play {
    struct leat_driver *driver;
    char lines[LINES][LINE_BYTES];
    int count;
    char topics[LINES][64]; /* of all expected outputs */
    int topic_count;
};

static void fail(const char *what, const char *detail)
{
    printf("%s: %s\n", what, detail);
    exit(1);
}

static void read_script(struct play *play, const char *path)
{
    FILE *file = fopen(path, "r");
    char topic[64];

    if (!file)
        fail("cannot read", path);
    while (play->count < LINES && fgets(play->lines[play->count], LINE_BYTES, file)) {
        char *line = play->lines[play->count];
        bool known = false;

        line[strcspn(line, "\n")] = 0;
        if (!line[0])
            continue;
        play->count++;
        if (sscanf(line, "-> %63s", topic) != 1)
            continue;
        for (int i = 0; i < play->topic_count; i++)
            known |= !strcmp(play->topics[i], topic);
        if (!known)
            memcpy(play->topics[play->topic_count++], topic, sizeof topic);
    }
    fclose(file);
}

/* ---- in -------------------------------------------------------------------------------------- */

static struct leat_bytes bytes_of(const char *text)
{
    return strcmp(text, "-") ? leat_bytes_of(text) : (struct leat_bytes){ 0 };
}

/* Values that are whole numbers go in as longs. */
static int send_value(struct play *play, const char *topic, struct leat_bytes key,
                      const char *text, int64_t at_ms)
{
    struct leat_bytes string = bytes_of(text);
    int64_t number;
    char rest;

    if (sscanf(text, "%" SCNd64 "%c", &number, &rest) == 1)
        return leat_driver_send(play->driver, topic, key, &leat_long_type, &number, at_ms);
    return leat_driver_send(play->driver, topic, key, &leat_string_type,
                            string.data ? &string : NULL, at_ms);
}

static void send_line(struct play *play, const char *line)
{
    char topic[64], key[64], value[64];
    int64_t at_ms;
    int status;

    if (sscanf(line, "wall +%" SCNd64, &at_ms) == 1)
        status = leat_driver_advance_wall(play->driver, at_ms);
    else if (sscanf(line, "%63s %63[^=]=%63s @%" SCNd64, topic, key, value, &at_ms) == 4)
        status = send_value(play, topic, bytes_of(key), value, at_ms);
    else
        fail("not a line of a script", line);
    if (status)
        fail(line, leat_driver_error(play->driver));
}

/* ---- out ------------------------------------------------------------------------------------- */

static int print_key(const struct leat_driver_record *record, char *to, size_t size)
{
    static const char *const forms[] = {
        [LEAT_SPAN_NONE] = "%.*s",
        [LEAT_SPAN_WINDOW] = "%.*s[%" PRId64 ",%" PRId64 ")",
        [LEAT_SPAN_SESSION] = "%.*s[%" PRId64 ",%" PRId64 "]",
    };
    struct leat_bytes key = record->key.data ? record->key : leat_bytes_of("-");

    return snprintf(to, size, forms[record->window.kind], (int)key.size, key.data,
                    record->window.start_ms, record->window.end_ms);
}

static int print_value(const struct leat_driver_record *record, char *to, size_t size)
{
    const struct leat_bytes *text = record->value;

    if (!record->value)
        return snprintf(to, size, "-");
    if (record->type == &leat_long_type)
        return snprintf(to, size, "%" PRId64, *(const int64_t *)record->value);
    return snprintf(to, size, "%.*s", (int)text->size, text->data);
}

static void print_record(const char *topic, const struct leat_driver_record *record, char *to,
                         size_t size)
{
    int at = snprintf(to, size, "-> %s ", topic);

    at += print_key(record, to + at, size - (size_t)at);
    at += snprintf(to + at, size - (size_t)at, "=");
    at += print_value(record, to + at, size - (size_t)at);
    snprintf(to + at, size - (size_t)at, " @%" PRId64, record->timestamp_ms);
}

/* The outputs of one line, from `first` on: each topic's in order. Returns the line behind them. */
static int check_outputs(struct play *play, int first)
{
    int end = first;
    struct leat_driver_record record;
    char got[LINE_BYTES], topic[64];

    while (end < play->count && !strncmp(play->lines[end], "->", 2))
        end++;
    for (int t = 0; t < play->topic_count; t++) {
        int next = first;

        for (;; next++) {
            while (next < end && (sscanf(play->lines[next], "-> %63s", topic) != 1 ||
                                  strcmp(topic, play->topics[t]) != 0))
                next++;
            if (!leat_driver_take(play->driver, play->topics[t], &record))
                break;
            print_record(play->topics[t], &record, got, sizeof got);
            if (next >= end)
                fail("not expected", got);
            if (strcmp(got, play->lines[next]) != 0) {
                printf("expected: %s\n", play->lines[next]);
                fail("got", got);
            }
        }
        if (next < end)
            fail("did not come", play->lines[next]);
    }
    return end;
}

int main(int argc, char **argv)
{
    static struct play play;
    struct leat_topology *topology = leat_topology_new();
    struct leat_error error = { 0 };

    read_script(&play, argc > 1 ? argv[1] : "");
    describe(topology);
    if (leat_driver_new(topology, NULL, &play.driver, &error))
        fail("the topology", error.text);
    for (int i = 0; i < play.count;) {
        send_line(&play, play.lines[i]);
        i = check_outputs(&play, i + 1);
    }
    leat_driver_close(play.driver);
    leat_topology_free(topology);
    return 0;
}
