/* test_tables.c - verify against a real PostgreSQL: tables that hold what the topics hold, and the
 * same with one row broken. */
#include "world.h"

#include "base/buffer.h"
#include "blackfriday/verify_value.h"
#include "retail/category_sales.h"
#include "retail/enriched_sale.h"
#include "retail/late_sale.h"
#include "retail/low_stock.h"
#include "retail/product_sales.h"
#include "retail/region_sales.h"
#include "retail/sell_through.h"
#include "retail/stock.h"
#include "retail/store_sales.h"
#include "retail/top_products.h"
#include "retail/totals.h"

#include <criterion/criterion.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <unistd.h>

struct table {
    const char *topic, *name;
    const struct leat_type *type;
    bool keyed;
    const char *breaking; /* changes one row */
};

static const struct table tables[] = {
    { "stock", "stock", &stock_type, true, "SET on_hand = on_hand + 1" },
    { "sell-through", "sell_through", &sell_through_type, true, "SET rate = rate + 0.01" },
    { "sales-by-product", "sales_by_product", &product_sales_type, true,
      "SET revenue = revenue + 0.01" },
    { "sales-by-category", "sales_by_category", &category_sales_type, true,
      "SET orders = orders - 1" },
    { "sales-by-store", "sales_by_store", &store_sales_type, true, "SET region = 'moon'" },
    { "sales-by-region", "sales_by_region", &region_sales_type, true, "SET units = 0" },
    { "sales-totals", "sales_totals", &totals_type, true,
      "SET average_order_value = average_order_value + 0.01" },
    { "top-products", "top_products", &top_products_type, true,
      "SET products = jsonb_set(products, '{0,units}', '9999')" },
    { "sales-enriched", "sales_enriched", &enriched_sale_type, false, "SET on_hand = on_hand + 1" },
    { "low-stock", "low_stock", &low_stock_type, false,
      "SET \"timestamp\" = \"timestamp\" + interval '1 ms'" },
    { "sales-late", "sales_late", &late_sale_type, false, "SET step = 'none'" },
};

enum { TABLES = sizeof tables / sizeof *tables, SQL_BYTES = 1 << 16 };

static const char *const schema = "black_friday_sales";
static char directory[] = "/tmp/leat-verify.XXXXXX";

static struct world *world;
static PGconn *connection;
static char *conninfo;

static void server(const char *action)
{
    char *command;

    cr_assert_gt(asprintf(&command, "%s/postgres/server.sh %s %s", LEAT_TESTS_FOLDER, action,
                          directory), 0);
    cr_assert_eq(system(command), 0, "%s", command);
    free(command);
}

static void run(const char *sql)
{
    PGresult *result = PQexec(connection, sql);

    cr_assert_eq(PQresultStatus(result), PGRES_COMMAND_OK, "%s: %s", sql,
                 PQerrorMessage(connection));
    PQclear(result);
}

__attribute__((format(printf, 1, 2))) static void run_format(const char *format, ...)
{
    va_list arguments;
    char *sql;

    va_start(arguments, format);
    cr_assert_gt(vasprintf(&sql, format, arguments), 0);
    va_end(arguments);
    run(sql);
    free(sql);
}

static const char *column_type(const struct leat_field *field)
{
    switch (field->kind) {
    case LEAT_STRING: return "text";
    case LEAT_INT: return "int4";
    case LEAT_DOUBLE: return "float8";
    case LEAT_TIMESTAMP: return "timestamptz";
    case LEAT_DECIMAL: return "numeric(18,2)";
    case LEAT_ARRAY: return "jsonb";
    default: return "int8";
    }
}

static void create(const struct table *table)
{
    struct buffer sql;

    buffer_init(&sql, SQL_BYTES);
    buffer_format(&sql, "CREATE TABLE %s.%s (id serial", schema, table->name);
    for (size_t i = 0; i < table->type->field_count; i++)
        buffer_format(&sql, ", \"%s\" %s", table->type->fields[i].name,
                      column_type(&table->type->fields[i]));
    buffer_text(&sql, ")");
    run_format("%.*s", (int)sql.size, sql.data);
    buffer_free(&sql);
}

static void top_json(const struct top_products *top, struct buffer *sql)
{
    buffer_text(sql, "'[");
    for (size_t i = 0; i < top->products.count; i++) {
        const struct top_product *p = &top->products.items[i];

        buffer_format(sql, "%s{\"rank\": %d, \"product_id\": \"%.*s\", \"units\": %lld, "
                      "\"revenue\": %lld.%02lld}", i ? ", " : "", (int)p->rank,
                      (int)p->product_id.size, p->product_id.data, (long long)p->units,
                      (long long)p->revenue / 100, (long long)p->revenue % 100);
    }
    buffer_text(sql, "]'");
}

static void literal(const struct leat_field *field, const void *value, struct buffer *sql)
{
    if (field->kind == LEAT_ARRAY) {
        top_json(value, sql);
        return;
    }
    buffer_text(sql, field->kind == LEAT_TIMESTAMP ? "to_timestamp(" : "'");
    verify_value_field(field, value, sql);
    buffer_text(sql, field->kind == LEAT_TIMESTAMP ? " / 1000.0)" : "'");
}

static bool superseded(const struct world_topic *topic, size_t number)
{
    for (size_t i = number + 1; i < topic->count; i++)
        if (leat_bytes_equal(topic->records[i].key, topic->records[number].key))
            return true;
    return false;
}

static void fill(const struct table *table)
{
    const struct world_topic *topic = world_topic(world, table->topic);
    struct buffer sql;

    for (size_t r = 0; r < topic->count; r++) {
        const void *value;

        if (table->keyed && superseded(topic, r))
            continue;
        value = world_decode(world, table->type, topic->records[r].value);
        buffer_init(&sql, SQL_BYTES);
        buffer_format(&sql, "INSERT INTO %s.%s VALUES (DEFAULT", schema, table->name);
        for (size_t i = 0; i < table->type->field_count; i++) {
            buffer_text(&sql, ", ");
            literal(&table->type->fields[i], value, &sql);
        }
        buffer_text(&sql, ")");
        run_format("%.*s", (int)sql.size, sql.data);
        buffer_free(&sql);
    }
}

static void start(void)
{
    char path[sizeof directory + 16], line[512];
    FILE *file;

    cr_assert(mkdtemp(directory));
    server("start > /dev/null");
    snprintf(path, sizeof path, "%s/conninfo", directory);
    file = fopen(path, "r");
    cr_assert(file && fgets(line, sizeof line, file), "no %s", path);
    fclose(file);
    line[strcspn(line, "\n")] = 0;
    conninfo = strdup(line);
    connection = PQconnectdb(conninfo);
    cr_assert_eq(PQstatus(connection), CONNECTION_OK, "%s", PQerrorMessage(connection));
    world = world_new();
    world->options.database = conninfo;
    run_format("CREATE SCHEMA %s", schema);
    run("BEGIN");
    for (int i = 0; i < TABLES; i++) {
        create(&tables[i]);
        fill(&tables[i]);
    }
    run("COMMIT");
}

static void stop(void)
{
    PQfinish(connection);
    server("remove");
    world_free(world);
    free(conninfo);
}

static void different(const struct table *table, const char *what)
{
    const char *printed;
    char name[96];

    cr_assert_eq(world_verify(world, &printed), 1, "%s: %s went unnoticed", table->name, what);
    snprintf(name, sizeof name, "\ntable of %s ", table->topic);
    cr_assert(strstr(printed, name), "%s", printed);
    cr_assert(strstr(strstr(printed, name) + 1, name), "%s: %s: no sentence in\n%s", table->name,
              what, printed);
}

static void equal(void)
{
    const char *printed;

    cr_assert_eq(world_verify(world, &printed), 0, "%s", printed);
}

Test(verify_tables, finds_each_row_that_is_wrong_missing_or_too_many, .init = start, .fini = stop)
{
    equal();
    for (int i = 0; i < TABLES; i++) {
        const struct table *t = &tables[i];

        run_format("CREATE TABLE kept AS SELECT * FROM %s.%s ORDER BY id LIMIT 1", schema, t->name);
        run_format("UPDATE %s.%s %s WHERE id = (SELECT id FROM kept)", schema, t->name,
                   t->breaking);
        different(t, "a wrong row");
        run_format("DELETE FROM %s.%s WHERE id = (SELECT id FROM kept)", schema, t->name);
        different(t, "a missing row");
        run_format("INSERT INTO %s.%s SELECT * FROM kept", schema, t->name);
        run_format("INSERT INTO %s.%s SELECT * FROM kept", schema, t->name);
        different(t, "a row twice");
        run_format("DELETE FROM %s.%s WHERE id = (SELECT id FROM kept)", schema, t->name);
        run_format("INSERT INTO %s.%s SELECT * FROM kept", schema, t->name);
        run("DROP TABLE kept");
    }
    equal();
    run_format("DROP TABLE %s.stock", schema);
    different(&tables[0], "a missing table");
}
