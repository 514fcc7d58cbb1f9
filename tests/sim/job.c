/* job.c - choosing a job and describing its topology. */
#include "job.h"

#include "base/memory.h"
#include "processor/partition.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS = 7 };

/* ---- what a number stands for ---------------------------------------------------------------- */

bool job_passes(int64_t number)
{
    return chance_mix((uint64_t)number * 3) % 8 != 0;
}

int64_t job_worth(int64_t number)
{
    return 1 + (int64_t)(chance_mix((uint64_t)number * 5) % 90);
}

int job_key(int64_t number)
{
    return (int)(chance_mix((uint64_t)number * 7) % KEYS);
}

bool job_has_rows(const struct job *job)
{
    return job->kind == JOB_ROWS || job->kind == JOB_TABLES || job->kind == JOB_FOREIGN;
}

int job_named(int64_t number)
{
    return (int)(chance_mix((uint64_t)number * 13) % (JOB_ROW_KEYS + 2)) - 2 < 0
               ? -1
               : (int)(chance_mix((uint64_t)number * 17) % JOB_ROW_KEYS);
}

int64_t job_met(int64_t left, int64_t right)
{
    return left * 100000 + right;
}

static bool passes(const struct leat_record *record)
{
    return job_passes(leat_long_of(record));
}

static struct leat_bytes key_of(const struct leat_record *record)
{
    return leat_text(record, "k%d", job_key(leat_long_of(record)));
}

static struct leat_bytes hop_of(const struct leat_record *record)
{
    return leat_text(record, "hop%d",
                     (int)(chance_mix((uint64_t)leat_long_of(record) * 11) % KEYS));
}

static void add(const struct leat_record *record, void *out)
{
    *(int64_t *)out += job_worth(leat_long_of(record));
}

static void subtract(const struct leat_record *record, void *out)
{
    *(int64_t *)out -= job_worth(leat_long_of(record));
}

static void merge(const struct leat_record *record, void *out)
{
    *(int64_t *)out += leat_long_of(record);
}

static void name_late(const struct leat_record *record, void *out)
{
    *(int64_t *)out = leat_long_of(record);
}

bool job_tells_all(const struct job *job)
{
    return job->tells_late && !(job->merged && job->idles);
}

/* ---- the topology ---------------------------------------------------------------------------- */

static struct leat_stream *keyed(const struct job *job, struct leat_topology *topology, int topic)
{
    char name[32];
    struct leat_stream *stream;

    snprintf(name, sizeof name, "in-%d", topic);
    stream = leat_stream_from(topology, name, &(struct leat_source){ .type = &leat_long_type });
    snprintf(name, sizeof name, "passing-%d", topic);
    stream = leat_filter(stream, name, passes);
    for (int hop = 0; hop < job->hops; hop++) {
        snprintf(name, sizeof name, "hop-%d-%d", topic, hop);
        stream = leat_key_by(stream, name, hop_of);
        snprintf(name, sizeof name, "over-%d-%d", topic, hop);
        stream = leat_repartition(stream, name, NULL);
    }
    snprintf(name, sizeof name, "keyed-%d", topic);
    return leat_key_by(stream, name, key_of);
}

static void describe_sums(const struct job *job, struct leat_topology *topology)
{
    struct leat_stream *late = NULL, *a = keyed(job, topology, 0), *b;
    struct leat_aggregate with = { .type = &leat_long_type,
                                   .add = add,
                                   .merge = job->merged ? merge : NULL,
                                   .window = job->window,
                                   .on_close = job->on_close,
                                   .in_memory = job->in_memory,
                                   .no_cache = job->no_cache,
                                   .late = job->tells_late ? &late : NULL };
    struct leat_table *sums;

    if (job->kind == JOB_COGROUP) {
        b = keyed(job, topology, 1);
        sums = leat_cogroup((struct leat_cogroup_input[]){ { a, add }, { b, add }, { 0 } }, "sums",
                            &with);
    } else {
        sums = leat_aggregate(a, "sums", &with);
    }
    leat_to(leat_changes(sums, "changed"), "out", NULL);
    if (late)
        leat_to(leat_map(late, "named", &(struct leat_map){ .type = &leat_long_type,
                                                            .value = name_late }), "late", NULL);
}

static void describe_rows(const struct job *job, struct leat_topology *topology)
{
    struct leat_table *rows =
        leat_table_from(topology, "in-0", &(struct leat_source){ .type = &leat_long_type,
                                                                 .in_memory = job->in_memory,
                                                                 .no_cache = job->no_cache });
    struct leat_group group = { .key = key_of,
                                .type = &leat_long_type,
                                .add = add,
                                .subtract = subtract,
                                .in_memory = job->in_memory,
                                .no_cache = job->no_cache };

    leat_to(leat_changes(leat_group_rows(rows, "sums", &group), "changed"), "out", NULL);
}

static struct leat_bytes named(const struct leat_record *record)
{
    int row = job_named(leat_long_of(record));

    return row < 0 ? (struct leat_bytes){ 0 } : leat_text(record, "r%d", row);
}

static void meet(const struct leat_record *left, const void *right, void *out)
{
    *(int64_t *)out = job_met(left->value ? leat_long_of(left) : 0,
                              right ? *(const int64_t *)right : 0);
}

/* Behind the join stands a window whose results nobody looks at: marks go round, and must rest. */
static void describe_joins(const struct job *job, struct leat_topology *topology)
{
    struct leat_source source = { .type = &leat_long_type, .in_memory = job->in_memory,
                                  .no_cache = job->no_cache };
    struct leat_table *left = leat_table_from(topology, "in-0", &source);
    struct leat_table *right = leat_table_from(topology, "in-1", &source);
    struct leat_join_tables with = { .type = &leat_long_type,
                                     .join = meet,
                                     .kind = job->join,
                                     .store = job->merged ? "joined-rows" : NULL,
                                     .in_memory = job->in_memory,
                                     .no_cache = job->no_cache };
    struct leat_stream *out;

    if (job->kind == JOB_FOREIGN)
        with.key = named;
    out = leat_changes(job->kind == JOB_FOREIGN ? leat_join_foreign(left, right, "joined", &with)
                                                : leat_join_tables(left, right, "joined", &with),
                       "changed");
    leat_to(out, "out", NULL);
    if (job->idles)
        leat_count(out, "windows", &(struct leat_aggregate){ .window = leat_tumbling(10, 0) });
}

/* The number, and behind it as much as it is worth. */
static void write_copy(const struct leat_record *record, void *out)
{
    int64_t number = leat_long_of(record);
    size_t size = 8 + (size_t)job_worth(number) * JOB_COPY_UNIT;
    char *copy = leat_alloc(record, size);

    memcpy(copy, &number, 8);
    *(struct leat_bytes *)out = leat_bytes(copy, size);
}

static void describe_copy(struct leat_topology *topology)
{
    struct leat_stream *in = leat_stream_from(topology, "in-0",
                                              &(struct leat_source){ .type = &leat_long_type });

    leat_to(leat_map(in, "copied", &(struct leat_map){ .type = &leat_bytes_type,
                                                       .value = write_copy }), "out", NULL);
}

struct leat_topology *job_topology(const struct job *job)
{
    struct leat_topology *topology = leat_topology_new();

    if (job->kind == JOB_ROWS)
        describe_rows(job, topology);
    else if (job->kind == JOB_COPY)
        describe_copy(topology);
    else if (job_has_rows(job))
        describe_joins(job, topology);
    else
        describe_sums(job, topology);
    return topology;
}

/* ---- choosing -------------------------------------------------------------------------------- */

static void choose_window(struct job *job, struct chance *chance)
{
    int64_t panes = chance_in(chance, 2) ? 1 + chance_below(chance, 5) : 1;
    int64_t advance = chance_in(chance, 2) ? 10 : 7;

    job->window.size = panes * advance;
    job->window.advance = panes > 1 ? advance : 0;
    if (panes > 1 && chance_in(chance, 4))
        job->window.size += 1; /* not a multiple: kept as windows */
    job->window.grace = chance_pick(chance, (int64_t[]){ 0, 3, 10, 1000000 }, 4);
}

/* Answers find a left row wherever it is; some jobs have it elsewhere than by its key. */
static int32_t partition_of_row(const struct job *job, int topic, int row)
{
    char key[16];

    if (job->kind == JOB_FOREIGN && topic == 0 && job->hops)
        return row % job->widths[topic];
    snprintf(key, sizeof key, "r%d", row);
    return partition_of(leat_bytes_of(key), job->widths[topic]);
}

static void make_events(struct job *job, struct chance *chance)
{
    int64_t each = chance_pick(chance, (int64_t[]){ 5, 30, 120 }, 3), number = 1;
    int64_t begins_ms = chance_in(chance, 3) ? 0 : 1700000000000;

    job->events = memory_array((size_t)(job->topics * job->partitions * each),
                               sizeof *job->events);
    for (int topic = 0; topic < job->topics; topic++)
        for (int32_t p = 0; p < job->widths[topic]; p++) {
            int64_t at_ms = begins_ms + (chance_in(chance, 3) ? 40 : 0);

            for (int64_t i = 0; i < each; i++, at_ms += chance_below(chance, job->spread_ms)) {
                int64_t back = chance_below(chance, job->jitter_ms + 1);
                struct event event = { .topic = topic,
                                       .partition = p,
                                       .number = number++,
                                       .row = (int)chance_below(chance, JOB_ROW_KEYS),
                                       .none = chance_in(chance, 5) };

                event.timestamp_ms = at_ms - begins_ms > back ? at_ms - back : begins_ms;
                if (job_has_rows(job))
                    event.partition = partition_of_row(job, topic, event.row);
                job->events[job->event_count++] = event;
            }
        }
}

static void choose_topics(struct job *job, struct chance *chance)
{
    job->widths[0] = job->widths[1] = job->partitions;
    if (job->kind == JOB_COGROUP || job->kind == JOB_TABLES || job->kind == JOB_FOREIGN)
        job->topics = 2;
    if (job->kind == JOB_FOREIGN)
        job->widths[chance_below(chance, 2)] = (int32_t)(1 + chance_below(chance, job->partitions));
    if (job->kind == JOB_TABLES || job->kind == JOB_FOREIGN)
        job->join = (enum leat_join_kind)chance_below(chance, job->kind == JOB_TABLES ? 3 : 2);
}

void job_choose(struct job *job, struct chance *chance)
{
    *job = (struct job){ .kind = (enum job_kind)chance_below(chance, JOB_KINDS),
                         .partitions = (int32_t)(1 + chance_below(chance, 4)),
                         .topics = 1,
                         .hops = chance_in(chance, 3),
                         .merged = chance_in(chance, 2),
                         .in_memory = chance_in(chance, 3),
                         .no_cache = chance_in(chance, 4),
                         .idles = chance_in(chance, 4),
                         .spread_ms = 1 + chance_below(chance, 4),
                         .jitter_ms = chance_pick(chance, (int64_t[]){ 0, 5, 25 }, 3) };
    choose_topics(job, chance);
    job->windowed = job->kind == JOB_WINDOWS || (job->kind == JOB_COGROUP && chance_in(chance, 2));
    job->tells_late = job->kind == JOB_WINDOWS;
    if (job->windowed)
        choose_window(job, chance);
    job->on_close = job->kind == JOB_WINDOWS && chance_in(chance, 3);
    make_events(job, chance);
}

void job_free(struct job *job)
{
    memory_free(job->events);
}
