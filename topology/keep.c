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

/* The options of what keeps rows on need are a struct leat_source. */
void table_keep_rows(struct step *table)
{
    const struct leat_source *source = table->options;
    struct store_plan *plan = step_store(table, source->store ? source->store : table->name,
                                         STORE_KEY_VALUE, table->type);

    plan->queryable = source->store;
    plan->in_memory = source->in_memory;
    plan->custom = source->custom;
    plan->cached = !source->no_cache;
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
    struct step *step = step_of(table);
    struct store_plan *plan;

    step_require(step, keep && keep->store, "leat_keep() needs the name of a .store");
    if (!step->operator->may_keep || step->store_count || step->edge_count) {
        step_mistake(step, LEAT_E_TOPOLOGY,
                     "leat_keep() is for a filter-rows or map-rows that keeps nothing yet and that "
                     "nobody has taken; others name a .store in their struct");
        return table;
    }
    plan = step_store(step, keep && keep->store ? keep->store : step->name, STORE_KEY_VALUE,
                      step->type);
    plan->queryable = true;
    plan->in_memory = keep && keep->in_memory;
    plan->custom = keep ? keep->custom : NULL;
    plan->cached = !keep || !keep->no_cache;
    plan->spec.keep_before = step->needs_before;
    return table;
}
