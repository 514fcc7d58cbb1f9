/* verbs.c - every verb that closes by time, each from the same inputs into an output of its own.
 *
 * A value is "KEY:TEXT": behind the last hop the key is KEY. Each verb that can tell what came too
 * late has a stream of it, into "late-" and its name. expected.py has the model of each output.
 */
#include "verbs.h"

#include <leat/leat.h>

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { SIZE = 1000, GRACE = 1000, GAP = 300, DIFFERENCE = 500, REACH = 200, NAME_BYTES = 64 };

static const char *name_of(char *into, const char *what, const char *of)
{
    int size = snprintf(into, NAME_BYTES, "%s-%s", what, of);

    assert(size > 0 && size < NAME_BYTES);
    return into;
}

/* ---- callbacks ------------------------------------------------------------------------------- */

static struct leat_bytes head(const struct leat_record *record)
{
    struct leat_bytes text = leat_string_of(record);
    const char *colon = memchr(text.data, ':', text.size);

    return leat_bytes(text.data, colon ? (size_t)(colon - text.data) : text.size);
}

static struct leat_bytes tail(const struct leat_record *record)
{
    struct leat_bytes text = leat_string_of(record);

    return leat_bytes(text.data + text.size - 1, 1);
}

static struct leat_bytes all(const struct leat_record *record)
{
    return leat_text(record, "all");
}

static void one_more(const struct leat_record *record, void *total)
{
    ++*(int64_t *)total;
}

static void add_up(const struct leat_record *part, void *total)
{
    *(int64_t *)total += leat_long_of(part);
}

static void pair(const struct leat_record *left, const void *right, void *joined)
{
    const struct leat_bytes *a = left->value, *b = right, none = LEAT_LITERAL("null");

    *(struct leat_bytes *)joined = leat_join_text(left, a ? *a : none, ',', b ? *b : none);
}

/* ---- inputs ---------------------------------------------------------------------------------- */

static struct leat_stream *input(struct leat_topology *topology, const char *topic, int hops)
{
    struct leat_stream *stream = leat_stream_from(topology, topic, &(struct leat_source){
        .type = &leat_string_type });
    char name[NAME_BYTES];

    if (hops > 1) {
        stream = leat_key_by(stream, name_of(name, "tail", topic), tail);
        stream = leat_repartition(stream, name_of(name, "first", topic), NULL);
    }
    stream = leat_key_by(stream, name_of(name, "head", topic), head);
    return leat_repartition(stream, name_of(name, "second", topic), NULL);
}

/* ---- verbs ----------------------------------------------------------------------------------- */

static void out(struct leat_table *table, const char *name)
{
    char changes[NAME_BYTES], topic[NAME_BYTES];

    leat_to(leat_changes(table, name_of(changes, name, "changes")), name_of(topic, "out", name),
            NULL);
}

static struct leat_table *counts(struct leat_stream *in, const char *name,
                                 struct leat_window window, bool on_close)
{
    struct leat_stream *late;
    char topic[NAME_BYTES];
    struct leat_table *table = leat_aggregate(in, name, &(struct leat_aggregate){
        .type = &leat_long_type, .add = one_more, .merge = add_up, .window = window,
        .on_close = on_close, .late = &late });

    leat_to(late, name_of(topic, "late", name), NULL);
    return table;
}

/* Without a .merge nothing is combined before the repartition. */
static struct leat_table *plain_counts(struct leat_stream *in, const char *name)
{
    struct leat_stream *late;
    char topic[NAME_BYTES];
    struct leat_table *table = leat_count(in, name, &(struct leat_aggregate){
        .window = leat_tumbling(SIZE, GRACE), .late = &late });

    leat_to(late, name_of(topic, "late", name), NULL);
    return table;
}

static void windows(struct leat_stream *left)
{
    const struct leat_suppress closed = { .until_close = true };
    struct leat_window hopping = leat_hopping(SIZE, SIZE / 2, GRACE);
    struct leat_window sliding = leat_sliding(DIFFERENCE, GRACE);
    struct leat_window session = leat_session(GAP, GRACE);

    out(plain_counts(left, "tumbling"), "tumbling");
    out(counts(left, "hopping", hopping, false), "hopping");
    out(counts(left, "sliding", sliding, false), "sliding");
    out(counts(left, "session", session, false), "session");
    out(counts(left, "closed-hopping", hopping, true), "closed-hopping");
    out(counts(left, "closed-sliding", sliding, true), "closed-sliding");
    out(counts(left, "closed-session", session, true), "closed-session");
    out(leat_suppress(plain_counts(left, "held"), "suppressed", &closed), "suppressed");
}

/* Windows of what leaves windows, behind a repartition more. */
static void chained(struct leat_stream *left)
{
    struct leat_table *closed = counts(left, "closed", leat_tumbling(SIZE, GRACE), true);
    struct leat_stream *results = leat_changes(closed, "closed-changes");

    leat_to(results, "out-closed", NULL);
    results = leat_repartition(leat_key_by(results, "all", all), "third", NULL);
    out(counts(results, "chained", leat_tumbling(SIZE, 0), true), "chained");
}

static void joins(struct leat_stream *left, struct leat_stream *right, struct leat_stream *versions)
{
    struct leat_table *table = leat_to_table(versions, "table", &(struct leat_to_table){
        .versioned = true, .history = leat_hours(1) });

    leat_to(leat_join_streams(left, right, "outer", &(struct leat_join_streams){
                .type = &leat_string_type, .join = pair, .kind = LEAT_OUTER, .before = REACH,
                .after = REACH, .grace = GRACE }), "out-outer", NULL);
    leat_to(leat_join_table(left, table, "as-of", &(struct leat_join){
                .type = &leat_string_type, .join = pair, .kind = LEAT_LEFT, .wait = true,
                .grace = GRACE }), "out-as-of", NULL);
}

struct leat_topology *verbs_topology(int hops)
{
    struct leat_topology *topology = leat_topology_new();
    struct leat_stream *left = input(topology, "left", hops);

    windows(left);
    chained(left);
    joins(left, input(topology, "right", hops), input(topology, "versions", hops));
    return topology;
}
