/* verify.c - reads the inputs, recomputes the truth, compares the outputs one by one.
 *
 * See also: verify_inputs.c (what is valid), verify_windows.c, verify_stock.c, verify_enriched.c
 * and verify_late.c (the truth of each output), verify_table.c and verify_mirror.c (comparing).
 */
#include "blackfriday/verify.h"

#include "base/memory.h"
#include "blackfriday/verify_enriched.h"
#include "blackfriday/verify_postgres.h"
#include "blackfriday/verify_stock.h"
#include "blackfriday/verify_value.h"
#include "blackfriday/verify_windows.h"
#include "retail/enriched_sale.h"
#include "retail/late_sale.h"
#include "retail/low_stock.h"
#include "retail/sell_through.h"
#include "retail/stock.h"

enum { TABLE_STOCK = STEP_COUNT, TABLE_SELL_THROUGH, TABLE_COUNT };
enum { MIRROR_ENRICHED, MIRROR_LOW_STOCK, MIRROR_LATE, MIRROR_COUNT };

struct run {
    struct verify_world world;
    struct verify_report report;
    struct verify_lates lates;
    struct verify_table tables[TABLE_COUNT]; /* the six steps first */
    struct verify_mirror mirrors[MIRROR_COUNT];
};

static void prepare(struct run *run)
{
    struct verify_world *world = &run->world;
    uint32_t *order = verify_windows_order(world);

    for (int i = 0; i < STEP_COUNT; i++) {
        enum verify_step step = (enum verify_step)i;

        verify_table_init(&run->tables[i], world, verify_step_topic(step), verify_step_type(step),
                          true);
        verify_windows_expect(&run->tables[i], &run->lates, order, step);
    }
    memory_free(order);
    verify_table_init(&run->tables[TABLE_STOCK], world, "stock", &stock_type, false);
    verify_table_init(&run->tables[TABLE_SELL_THROUGH], world, "sell-through", &sell_through_type,
                      false);
    verify_stock_expect(&run->tables[TABLE_STOCK], &run->tables[TABLE_SELL_THROUGH]);
}

static int compare_topics(struct run *run)
{
    struct verify_world *world = &run->world;
    int code = verify_world_read(world);

    if (!code)
        code = verify_late_read(world, &run->lates, &run->mirrors[MIRROR_LATE]);
    if (code)
        return code;
    prepare(run);
    code = verify_enriched_read(world, &run->mirrors[MIRROR_ENRICHED]);
    for (int i = 0; !code && i < TABLE_COUNT; i++)
        code = verify_table_topic(&run->tables[i]);
    if (!code)
        code = verify_low_stock_read(world, &run->mirrors[MIRROR_LOW_STOCK]);
    return code;
}

/* ---- the database ------------------------------------------------------------------------- */

struct rows {
    struct run *run;
    struct verify_output *output;
    struct verify_table *table;
    struct verify_mirror *mirror;
    const struct leat_type *type;
};

static struct leat_bytes text_field(const struct leat_type *type, const void *value,
                                    const char *name)
{
    return *(const struct leat_bytes *)((const char *)value +
                                        verify_value_find(type, name)->offset);
}

/* The key that the topic's record has, from the columns: its first one and, of a window, the start;
 * "all" where there is nothing to group by. */
static struct leat_bytes key_of(struct arena *arena, const struct verify_table *table,
                                const void *value)
{
    const struct leat_type *type = table->type;
    struct leat_bytes key = LEAT_LITERAL("all");
    int64_t start_ms;

    if (!table->windowed)
        return verify_join(arena, text_field(type, value, "product_id"),
                           text_field(type, value, "store_id"));
    if (type->fields[0].kind == LEAT_STRING)
        key = text_field(type, value, type->fields[0].name);
    start_ms = *(const int64_t *)((const char *)value +
                                  verify_value_find(type, "window_start")->offset);
    return verify_windowed(arena, key, start_ms);
}

static void each_row(void *user, const void *value)
{
    struct rows *rows = user;
    struct verify_world *world = &rows->run->world;

    if (rows->table)
        verify_table_take(rows->table, rows->output, key_of(&world->scratch, rows->table, value),
                          value);
    else
        verify_mirror_add(rows->mirror, verify_value_hash(rows->type, value),
                          verify_world_keep(world, text_field(rows->type, value,
                                                              rows->type->fields[0].name)));
}

static int compare_table(struct run *run, struct verify_database *database, struct rows *rows,
                         const char *topic)
{
    struct verify_world *world = &run->world;
    char name[128];
    int code;

    snprintf(name, sizeof name, "table of %s", topic);
    rows->run = run;
    rows->output = verify_report_add(&run->report, name);
    code = verify_database_read(database, topic, rows->type, &world->scratch, each_row, rows,
                                world->error);
    if (code == 1)
        verify_differ(rows->output, VERIFY_MISSING, topic, "expected a table in schema %s, found "
                      "none", world->options.schema);
    return code < 0 ? code : LEAT_OK;
}

static int compare_mirror(struct run *run, struct verify_database *database, int which)
{
    static const char *const topics[] = { "sales-enriched", "low-stock", "sales-late" };
    static const struct leat_type *const types[] = { &enriched_sale_type, &low_stock_type,
                                                     &late_sale_type };
    struct verify_mirror found = { 0 };
    struct rows rows = { .mirror = &found, .type = types[which] };
    int code = compare_table(run, database, &rows, topics[which]);

    if (!code)
        verify_mirror_compare(&run->mirrors[which], &found, rows.output);
    verify_mirror_free(&found);
    return code;
}

static int compare_database(struct run *run)
{
    struct verify_world *world = &run->world;
    struct verify_database *database;
    int code = verify_database_open(world->options.database, world->options.schema, &database,
                                    world->error);

    if (code)
        return code;
    for (int i = 0; !code && i < TABLE_COUNT; i++) {
        struct rows rows = { .table = &run->tables[i], .type = run->tables[i].type };

        code = compare_table(run, database, &rows, run->tables[i].topic);
        if (!code)
            verify_table_finish(&run->tables[i], rows.output);
    }
    for (int i = 0; !code && i < MIRROR_COUNT; i++)
        code = compare_mirror(run, database, i);
    verify_database_close(database);
    return code;
}

static void run_free(struct run *run)
{
    for (int i = 0; i < TABLE_COUNT; i++)
        verify_table_free(&run->tables[i]);
    for (int i = 0; i < MIRROR_COUNT; i++)
        verify_mirror_free(&run->mirrors[i]);
    verify_late_free(&run->lates);
    verify_world_free(&run->world);
    verify_report_free(&run->report);
    memory_free(run);
}

int verify_run(struct verify_input *input, struct registry *registry,
               const struct verify_options *options, struct leat_error *error)
{
    struct run *run = memory_new(sizeof *run);
    struct verify_world *world = &run->world;
    int code;

    world->options = verify_options_resolve(options);
    world->input = input;
    world->registry = registry;
    world->report = &run->report;
    world->error = error;
    run->report.sentences = world->options.sentences;
    verify_world_init(world);
    code = compare_topics(run);
    if (!code && world->options.database)
        code = compare_database(run);
    if (!code) {
        verify_report_print(&run->report, world->options.out);
        code = !verify_report_equal(&run->report);
    }
    run_free(run);
    return code;
}
