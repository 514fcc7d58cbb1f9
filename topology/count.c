/* count.c - count and reduce: aggregates that need no function, or one only. */
#include "topology/aggregate.h"
#include "topology/windows.h"

static void count_record(const struct leat_record *record, void *out)
{
    ++*(int64_t *)out;
}

static void count_merged(const struct leat_record *record, void *out)
{
    *(int64_t *)out += leat_long_of(record);
}

/* Only sessions merge counts. To combine before the repartition would be exact for the values only:
 * records without one count in windows, and are not combined. */
struct leat_table *leat_count(struct leat_stream *in, const char *name,
                              const struct leat_aggregate *with)
{
    struct aggregation count = { .with = with ? *with : (struct leat_aggregate){ 0 } };

    count.with.type = &leat_long_type;
    count.with.init = NULL;
    count.with.add = count_record;
    count.with.merge = window_kind(&count.with.window) == LEAT_SESSION ? count_merged : NULL;
    return aggregate_stream(in, name, &count);
}

/* What adds a record to a row adds a row to another one too: they are of one type. */
struct leat_table *leat_reduce(struct leat_stream *in, const char *name,
                               const struct leat_aggregate *with)
{
    struct aggregation reduce = { .with = with ? *with : (struct leat_aggregate){ 0 },
                                  .reduces = true };

    reduce.with.type = step_of(in)->type;
    reduce.with.init = NULL;
    reduce.with.merge = window_kind(&reduce.with.window) == LEAT_SESSION ? reduce.with.add : NULL;
    return aggregate_stream(in, name, &reduce);
}
