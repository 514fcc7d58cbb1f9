/* to_table.c - a stream taken as a table, the last value of each key: leat_to_table(). */
#include "topology/operators.h"
#include "topology/rows.h"
#include "topology/versioned.h"

static int table_process(struct node *node, int input, const struct change *change)
{
    return rows_take(node, change);
}

static const struct operator table_operator = {
    .verb = "to-table", .keeps_on_need = true, .process = table_process, .flush = rows_flush,
    .get = rows_get,
};

static int versioned_process(struct node *node, int input, const struct change *change)
{
    return versioned_take(node, change);
}

static const struct operator versioned_operator = {
    .verb = "to-versioned-table", .windowed = true, .process = versioned_process,
    .flush = versioned_flush, .get = versioned_get, .get_as_of = versioned_get_as_of,
};

/* Its options are those of a table's source, so that both keep their rows by one rule. */
struct leat_table *leat_to_table(struct leat_stream *in, const char *name,
                                 const struct leat_to_table *options)
{
    struct step *from = step_partitioned(step_of(in), false);
    bool versioned = options && options->versioned;
    struct step *step = step_new(from->topology, versioned ? &versioned_operator : &table_operator,
                                 name, NOUN_TABLE, from->type);
    struct leat_source kept = { .type = from->type };

    if (options) {
        kept.store = options->store;
        kept.in_memory = options->in_memory;
        kept.no_cache = options->no_cache;
        kept.versioned = options->versioned;
        kept.history = options->history;
        kept.custom = options->custom;
    }
    step_options(step, &kept, sizeof kept);
    step_keys_like(step, from);
    step_connect(from, step);
    if (versioned)
        versioned_keep(step);
    else if (kept.store)
        table_keep_rows(step);
    return (struct leat_table *)step;
}
