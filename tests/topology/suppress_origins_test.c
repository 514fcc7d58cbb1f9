/* suppress_origins_test.c - what waits over several source partitions: it leaves by what all have
 * told, and is late for nobody behind.
 */
#include "bench.h"

#include "origins.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { SIZE_MS = 10 };

static struct origins origins;

static struct leat_stream *in(void)
{
    static const struct leat_source strings = { .type = &leat_string_type };

    return leat_repartition(leat_stream_from(bench.topology, "from-in", &strings), "in", NULL);
}

static struct leat_table *in_windows(struct leat_stream *from, const char *name, bool on_close)
{
    return leat_reduce(from, name, &(struct leat_aggregate){
        .add = append, .window = leat_tumbling(SIZE_MS, 0), .on_close = on_close });
}

static void start(struct leat_table *table)
{
    leat_to(leat_changes(table, "changes"), "out", NULL);
    origins_start(&origins, bench.topology, 3);
}

static void stop(void)
{
    origins_stop(&origins);
    leat_topology_free(bench.topology);
}

static void mark_all(int64_t mark_ms)
{
    for (int32_t origin = 0; origin < 3; origin++)
        origins_mark(&origins, "in", origin, mark_ms);
}

static uint64_t dropped(void)
{
    uint64_t count = 0;

    for (size_t i = 0; i < origins.flow->node_count; i++)
        count += origins.flow->nodes[i].dropped;
    return count;
}

#define commit() origins_commit(&origins)
#define leaves(text) cr_assert_str_eq(origins_take(&origins), text)

TestSuite(suppress_origins, .init = bench_describe, .fini = stop);

Test(suppress_origins, a_window_leaves_when_all_have_told_that_it_closed)
{
    start(leat_suppress(in_windows(in(), "windows", false), "held",
                        &(struct leat_suppress){ .until_close = true }));
    origins_send(&origins, "in", 0, "a", "1", 5);
    origins_send(&origins, "in", 0, "a", "2", 1000);
    origins_mark(&origins, "in", 0, 1000);
    commit();
    origins_send(&origins, "in", 1, "a", "3", 7);
    origins_mark(&origins, "in", 1, 20);
    origins_mark(&origins, "in", 2, 9);
    commit();
    leaves("");
    origins_mark(&origins, "in", 2, 10);
    origins_undo(&origins);
    leaves("");
    origins_mark(&origins, "in", 2, 10);
    commit();
    leaves("a=1+3@7");
    mark_all(2000);
    commit();
    leaves("a=2@1000");
}

/* Its rows leave all at once, and the windows of the first are not closed by the last's. */
Test(suppress_origins, what_leaves_is_in_time_for_windows_behind_it)
{
    struct leat_table *rows = leat_to_table(in(), "rows", NULL);
    struct leat_table *held = leat_suppress(rows, "held", &(struct leat_suppress){ .wait = 100 });

    start(in_windows(leat_changes(held, "events"), "windows", false));
    origins_send(&origins, "in", 0, "a", "1", 5);
    origins_send(&origins, "in", 1, "b", "2", 95);
    origins_send(&origins, "in", 2, "c", "3", 50);
    origins_send(&origins, "in", 2, "d", "4", 150);
    mark_all(200);
    commit();
    leaves("a=1@5 c=3@50 b=2@95");
    cr_assert_eq(dropped(), 0);
    origins_send(&origins, "in", 0, "e", "5", 210);
    mark_all(250);
    commit();
    leaves("d=4@150");
    origins_send(&origins, "in", 0, "f", "late", 100);
    commit();
    leaves("");
    cr_assert_eq(dropped(), 1);
}

/* The mark that is sent on must not close what is still to come. */
Test(suppress_origins, a_mark_sent_on_lies_behind_all_that_waits)
{
    struct leat_table *rows = leat_to_table(in(), "rows", NULL);
    struct leat_table *held = leat_suppress(rows, "held", &(struct leat_suppress){ .wait = 100 });
    const struct node *sink = NULL;

    leat_repartition(leat_changes(held, "events"), "next", NULL);
    start(held);
    for (size_t i = 0; i < origins.flow->node_count; i++)
        if (origins.flow->nodes[i].operator->sink && origins.flow->nodes[i].operator->windowed)
            sink = &origins.flow->nodes[i];
    cr_assert(sink != NULL);
    origins_send(&origins, "in", 0, "a", "1", 150);
    cr_assert_eq(flow_mark(origins.flow, sink), TIME_NONE);
    mark_all(200);
    cr_assert_eq(flow_mark(origins.flow, sink), 100);
    commit();
    origins_undo(&origins);
    cr_assert_eq(flow_mark(origins.flow, sink), 100);
    mark_all(251);
    cr_assert_eq(flow_mark(origins.flow, sink), 151);
}

/* ---- uneven partitions, against counting ----------------------------------------------------- */

enum { SENDERS = 3, EVENTS = 300, KEYS = 4, WINDOWS = 400 };

struct feed {
    struct event { char key[2]; int64_t at_ms; } events[SENDERS][EVENTS];
    int fed[SENDERS];
    int counts[KEYS][WINDOWS];
    uint64_t chance;
};

static uint64_t chance_below(struct feed *feed, uint64_t below)
{
    feed->chance = feed->chance * 6364136223846793005u + 1442695040888963407u;
    return (feed->chance >> 33) % below;
}

static void make_events(struct feed *feed)
{
    for (int s = 0; s < SENDERS; s++)
        for (int i = 0; i < EVENTS; i++) {
            struct event *event = &feed->events[s][i];
            uint64_t key = chance_below(feed, KEYS);

            event->key[0] = (char)('a' + key);
            event->at_ms = (i ? event[-1].at_ms : 0) + (int64_t)chance_below(feed, 9);
            feed->counts[key][event->at_ms / SIZE_MS]++;
        }
}

static void feed_some(struct feed *feed, int sender)
{
    int64_t told_ms = TIME_NONE;

    for (uint64_t left = chance_below(feed, 30); left && feed->fed[sender] < EVENTS; left--) {
        const struct event *event = &feed->events[sender][feed->fed[sender]++];

        origins_send(&origins, "in", sender, event->key, "x", event->at_ms);
        told_ms = event->at_ms;
    }
    if (told_ms != TIME_NONE)
        origins_mark(&origins, "in", sender, told_ms);
}

static void feed_all(struct feed *feed)
{
    int left = SENDERS * EVENTS;

    while (left) {
        int fed[SENDERS];

        memcpy(fed, feed->fed, sizeof fed);
        feed_some(feed, (int)(chance_below(feed, 3) ? 0 : chance_below(feed, SENDERS)));
        if (chance_below(feed, 4)) {
            commit();
        } else {
            origins_undo(&origins);
            memcpy(feed->fed, fed, sizeof fed);
        }
        left = SENDERS * EVENTS;
        for (int s = 0; s < SENDERS; s++)
            left -= feed->fed[s];
    }
    mark_all(1 << 20);
    commit();
}

/* Takes each result from the counts; both windows of a key have as many as it has letters. */
static void check_results(struct feed *feed, const char *text)
{
    char key, letters[512];
    int64_t at_ms;
    int read;

    while (sscanf(text, " %c=%511[x+]@%" SCNd64 "%n", &key, letters, &at_ms, &read) == 3) {
        int *counted = &feed->counts[key - 'a'][at_ms / SIZE_MS];

        cr_assert_eq((int)(strlen(letters) + 1) / 2, *counted, "%c@%" PRId64 ": %s", key, at_ms,
                     letters);
        *counted = 0;
        text += read;
    }
    cr_assert_eq(*text, 0, "%s", text);
    for (int k = 0; k < KEYS; k++)
        for (int w = 0; w < WINDOWS; w++)
            cr_assert_eq(feed->counts[k][w], 0);
}

static void by_chance(bool on_close, uint64_t seed)
{
    struct feed *feed = calloc(1, sizeof *feed);
    struct leat_suppress until_close = { .until_close = true };
    struct leat_table *windows;

    feed->chance = seed;
    make_events(feed);
    bench_describe();
    windows = in_windows(in(), "windows", on_close);
    start(on_close ? windows : leat_suppress(windows, "held", &until_close));
    feed_all(feed);
    check_results(feed, origins_take(&origins));
    cr_assert_eq(dropped(), 0);
    stop();
    free(feed);
}

Test(suppress_origins_by_chance, each_window_leaves_once_and_whole)
{
    for (uint64_t seed = 1; seed <= 10; seed++)
        by_chance(seed % 2, seed);
}
