/* join_origins_test.c - streams of several source partitions that meet: none comes out alone
 * because another partition was faster. */
#include "bench.h"

#include "origins.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { WITHIN_MS = 20, GRACE_MS = 10 };

static struct origins origins;

static void pair(const struct leat_record *left, const void *right, void *out)
{
    struct leat_bytes none = LEAT_LITERAL("-");

    *(struct leat_bytes *)out =
        leat_join_text(left, left->value ? leat_string_of(left) : none, ',',
                       right ? *(const struct leat_bytes *)right : none);
}

static struct leat_stream *repartitioned(const char *topic, const char *name)
{
    static const struct leat_source strings = { .type = &leat_string_type };

    return leat_repartition(leat_stream_from(bench.topology, topic, &strings), name, NULL);
}

static struct leat_stream *joined(void)
{
    struct leat_stream *left = repartitioned("from-l", "l"), *right = repartitioned("from-r", "r");

    return leat_join_streams(left, right, "joined", &(struct leat_join_streams){
        .type = &leat_string_type, .join = pair, .kind = LEAT_OUTER, .before = WITHIN_MS,
        .after = WITHIN_MS, .grace = GRACE_MS });
}

static void start(void)
{
    bench_describe();
    leat_to(joined(), "out", NULL);
    origins_start(&origins, bench.topology, 3);
}

static void start_with_windows_behind(void)
{
    bench_describe();
    leat_to(leat_changes(leat_aggregate(joined(), "windows", &(struct leat_aggregate){
        .type = &leat_string_type, .add = append, .window = { .size = 10 }, .no_cache = true }),
        "changes"), "out", NULL);
    origins_start(&origins, bench.topology, 3);
}

static void stop(void)
{
    origins_stop(&origins);
    leat_topology_free(bench.topology);
}

static void mark(int32_t origin, int64_t mark_ms)
{
    origins_mark(&origins, "l", origin, mark_ms);
    origins_mark(&origins, "r", origin, mark_ms);
}

static void commit(void)
{
    origins_commit(&origins);
}

#define leaves(text) cr_assert_str_eq(origins_take(&origins), text)

TestSuite(join_origins, .init = start, .fini = stop);

Test(join_origins, a_slow_one_meets_what_a_fast_one_has_left_long_ago)
{
    origins_send(&origins, "l", 0, "a", "A", 100);
    origins_send(&origins, "l", 0, "a", "B", 1000000);
    mark(0, 1000000);
    commit();
    origins_send(&origins, "r", 1, "a", "1", 110);
    mark(1, 110);
    commit();
    leaves("a=A,1@110");
}

Test(join_origins, what_met_nobody_leaves_once_when_marks_alone_have_closed_its_window)
{
    origins_send(&origins, "l", 0, "a", "A", 100);
    origins_send(&origins, "r", 1, "b", "1", 101);
    for (int32_t origin = 0; origin < 3; origin++)
        mark(origin, 100 + WITHIN_MS + GRACE_MS);
    origins_wall(&origins);
    commit();
    leaves("");
    mark(0, 1000);
    mark(1, 1000);
    origins_wall(&origins);
    commit();
    leaves("");
    mark(2, 1000);
    origins_wall(&origins);
    origins_undo(&origins);
    leaves("");
    for (int32_t origin = 0; origin < 3; origin++)
        mark(origin, 1000);
    origins_wall(&origins);
    origins_wall(&origins);
    commit();
    leaves("a=A,-@100 b=-,1@101");
    origins_wall(&origins);
    commit();
    leaves("");
}

Test(join_origins, what_comes_when_its_window_has_closed_for_all_leaves_at_once)
{
    for (int32_t origin = 0; origin < 3; origin++)
        mark(origin, 1000);
    origins_send(&origins, "l", 0, "a", "A", 1000 - WITHIN_MS - 1);
    origins_send(&origins, "l", 0, "a", "B", 1000 - WITHIN_MS);
    commit();
    leaves("a=A,-@979");
}

Test(join_windows_behind, are_open_for_what_has_waited, .init = start_with_windows_behind,
     .fini = stop)
{
    origins_send(&origins, "l", 0, "a", "A", 100);
    for (int32_t origin = 0; origin < 3; origin++)
        mark(origin, 100 + WITHIN_MS + GRACE_MS);
    origins_send(&origins, "r", 1, "b", "1", 130);
    for (int32_t origin = 0; origin < 3; origin++)
        mark(origin, 1000);
    origins_wall(&origins);
    commit();
    leaves("a=A,-@100 b=-,1@130");
    origins_send(&origins, "l", 0, "a", "B", 200);
    commit();
    leaves("");
}

/* ---- uneven partitions, against two loops ---------------------------------------------------- */

enum { SENDERS = 3, EVENTS = 400 };

struct event {
    bool right;
    char key[2], value[8];
    int64_t at_ms;
};

struct feed {
    struct event events[SENDERS][EVENTS];
    int fed[SENDERS];
    uint64_t chance;
};

static const struct event *event_at(const struct feed *feed, int number)
{
    return &feed->events[number / EVENTS][number % EVENTS];
}

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

            event->right = chance_below(feed, 2);
            event->key[0] = (char)('a' + chance_below(feed, 5));
            event->at_ms = (i ? event[-1].at_ms : 0) + (int64_t)chance_below(feed, 15);
            snprintf(event->value, sizeof event->value, "%d", s * EVENTS + i);
        }
}

/* Some records of one sender, then what it may vouch for. */
static void feed_some(struct feed *feed, int sender)
{
    int64_t told_ms = TIME_NONE;

    for (uint64_t left = chance_below(feed, 40); left && feed->fed[sender] < EVENTS; left--) {
        const struct event *event = &feed->events[sender][feed->fed[sender]++];

        origins_send(&origins, event->right ? "r" : "l", sender, event->key, event->value,
                     event->at_ms);
        told_ms = event->at_ms;
    }
    if (told_ms != TIME_NONE)
        mark(sender, told_ms);
}

static void feed_all(struct feed *feed)
{
    bool done = false;

    while (!done) {
        int fed[SENDERS];

        memcpy(fed, feed->fed, sizeof fed);
        feed_some(feed, (int)(chance_below(feed, 3) ? 0 : chance_below(feed, SENDERS)));
        if (chance_below(feed, 4)) {
            commit();
        } else {
            origins_undo(&origins);
            memcpy(feed->fed, fed, sizeof fed);
        }
        done = true;
        for (int s = 0; s < SENDERS; s++)
            done &= feed->fed[s] == EVENTS;
    }
    for (int s = 0; s < SENDERS; s++)
        mark(s, 1 << 30);
    origins_wall(&origins);
    commit();
}

static bool meet(const struct event *a, const struct event *b)
{
    return a->right != b->right && a->key[0] == b->key[0] &&
           llabs(a->at_ms - b->at_ms) <= WITHIN_MS;
}

/* Whether the text has it as a word, exactly once. */
static bool once(const char *text, const char *word)
{
    const char *at = strstr(text, word);

    return at && !strstr(at + 1, word);
}

/* Returns how many results the event has in which it is the left one, or alone. */
static size_t check_event(const struct feed *feed, const struct event *event, const char *text)
{
    size_t results = 0, met = 0;
    char word[64];

    for (int number = 0; number < SENDERS * EVENTS; number++) {
        const struct event *other = event_at(feed, number);

        if (meet(event, other)) {
            met++;
            if (event->right)
                continue;
            snprintf(word, sizeof word, " %s=%s,%s@%" PRId64 " ", event->key, event->value,
                     other->value, event->at_ms > other->at_ms ? event->at_ms : other->at_ms);
            cr_assert(once(text, word), "%s", word);
            results++;
        }
    }
    if (met)
        return results;
    snprintf(word, sizeof word, event->right ? " %s=-,%s@%" PRId64 " " : " %s=%s,-@%" PRId64 " ",
             event->key, event->value, event->at_ms);
    cr_assert(once(text, word), "%s", word);
    return 1;
}

static size_t words_of(const char *text)
{
    size_t words = 0;

    for (; *text; text++)
        words += *text == ' ';
    return words;
}

Test(join_origins_by_chance, each_pair_and_each_that_met_nobody_leaves_exactly_once)
{
    static char text[1 << 20];

    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct feed *feed = calloc(1, sizeof *feed);
        size_t results = 0;

        feed->chance = seed;
        make_events(feed);
        start();
        feed_all(feed);
        snprintf(text, sizeof text, " %s ", origins_take(&origins));
        for (int number = 0; number < SENDERS * EVENTS; number++)
            results += check_event(feed, event_at(feed, number), text);
        cr_assert_eq(words_of(text), results + 1);
        stop();
        free(feed);
    }
}
