/* keep.c - what tables keep: because those behind them need it, or because somebody asked by
 * leat_keep().
 *
 * A need goes to the table itself if it has a store, or gets one when it first needs one, and
 * otherwise to its inputs.
 */
#include "topology/node.h"

bool table_has_store(const struct step *table)
{
    return table->store_count > 0 && !table->operator->buffers;
}

static void need_of_inputs(struct step *table, void (*need)(struct step *table))
{
    for (int i = 0; i < table->input_count; i++)
        need(table->inputs[i]);
}

struct store_plan *step_keep(struct step *step, enum store_kind kind, const struct leat_type *type,
                             const struct leat_keep *keep)
{
    struct store_plan *plan = step_store(step, keep->store ? keep->store : step->name, kind, type);

    plan->queryable = keep->store;
    plan->in_memory = keep->in_memory;
    plan->custom = keep->custom;
    plan->cached = !keep->no_cache;
    return plan;
}

/* The options of what keeps rows on need are a struct leat_source. */
struct store_plan *table_keep_as(struct step *table, enum store_kind kind)
{
    const struct leat_source *with = table->options;

    return step_keep(table, kind, table->type,
                     &(struct leat_keep){ with->store, with->in_memory, with->no_cache,
                                          with->custom });
}

void table_keep_rows(struct step *table)
{
    table_keep_as(table, STORE_KEY_VALUE);
}

void table_need_values(struct step *table)
{
    if (table->operator->needed)
        table->operator->needed(table);
    if (table_has_store(table))
        return;
    if (table->operator->keeps_on_need)
        table_keep_rows(table);
    else
        need_of_inputs(table, table_need_values);
}

void table_need_before(struct step *table)
{
    if (table->needs_before)
        return;
    table->needs_before = true;
    if (table->operator->needed)
        table->operator->needed(table);
    if (table->operator->keeps_on_need)
        table_need_values(table);
    if (table_has_store(table))
        table->stores[0].spec.keep_before = true;
    if (!table_has_store(table) || table->operator->before_of_inputs)
        need_of_inputs(table, table_need_before);
}

/* What the cache holds back hides what was told, so the store remembers that. */
static void remember_told(struct step *table)
{
    if (table_has_store(table))
        table->stores[0].spec.keep_before = true;
    else
        need_of_inputs(table, remember_told);
}

void table_need_told(struct step *table)
{
    table_need_values(table);
    remember_told(table);
}

bool table_offers_before(const struct step *table)
{
    if (table_has_store(table) || table->operator->before_of_inputs)
        return true;
    return !table->operator->keeps_on_need && table_offers_before(table->inputs[0]);
}

struct leat_table *leat_keep(struct leat_table *table, const struct leat_keep *keep)
{
    struct leat_keep none = { 0 };
    struct step *step = step_of(table);

    step_require(step, keep && keep->store, "leat_keep() needs the name of a .store");
    if (!step->operator->may_keep || step->store_count || step->edge_count) {
        step_mistake(step, LEAT_E_TOPOLOGY,
                     "leat_keep() is for a filter-rows or map-rows that keeps nothing yet and that "
                     "nobody has taken; others name a .store in their struct");
        return table;
    }
    step_keep(step, STORE_KEY_VALUE, step->type, keep ? keep : &none)->spec.keep_before =
        step->needs_before;
    return table;
}
