/* ddl_test.c - what the sink makes, what it leaves alone, and what it says of tables that do not
 * fit. */
#include "harness.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sink *connected(const char *schema, const struct sink_table *table,
                              struct leat_error *error)
{
    struct sink_claim claim = { 0 };
    struct sink *sink = sink_over(schema, table, 1, error);

    if (sink && sink_resume(sink, &claim, error)) {
        sink_close(sink);
        return NULL;
    }
    return sink;
}

static void connect_and_close(const char *schema, const struct sink_table *table)
{
    struct leat_error error = { 0 };
    struct sink *sink = connected(schema, table, &error);

    cr_assert_not_null(sink, "%s", error.text);
    sink_close(sink);
}

static void expect_refusal(const char *schema, const struct sink_table *table, const char *words)
{
    struct leat_error error = { 0 };
    struct sink *sink = connected(schema, table, &error);

    cr_expect_null(sink, "it should say: %s", words);
    cr_expect(error.code == LEAT_E_SINK || error.code == LEAT_E_ARGUMENT, "%d", error.code);
    cr_expect(strstr(error.text, words), "it says: %s", error.text);
    sink_close(sink);
}

Test(ddl, tables_have_keys_indexes_and_types)
{
    schema_fresh("ddl");
    connect_and_close("ddl", &counters);
    connect_and_close("ddl", &events);
    cr_expect_str_eq(ask("SELECT indexdef FROM pg_indexes WHERE schemaname = 'ddl' AND tablename "
                         "IN ('counters', 'events') ORDER BY indexname"),
                     "CREATE UNIQUE INDEX counters_pkey ON ddl.counters USING btree (name) "
                     "CREATE INDEX counters_total ON ddl.counters USING btree (total) "
                     "CREATE INDEX events_name_timestamp ON ONLY ddl.events USING btree (name, "
                     "\"timestamp\") CREATE UNIQUE INDEX events_pkey ON ONLY ddl.events USING "
                     "btree (\"timestamp\", source_partition, source_offset)");
    cr_expect_str_eq(ask("SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid "
                         "= 'ddl.events'::regclass AND attname = 'amount'"), "numeric(12,2)");
}

Test(ddl, making_them_again_changes_nothing)
{
    schema_fresh("ddl");
    connect_and_close("ddl", &counters);
    ask("INSERT INTO ddl.counters VALUES ('kept', 1)");
    ask("ALTER TABLE ddl.counters ADD COLUMN note text DEFAULT 'mine'");
    connect_and_close("ddl", &counters);
    cr_expect_str_eq(ask("SELECT * FROM ddl.counters"), "kept|1|mine");
}

Test(ddl, eight_sinks_may_start_at_once)
{
    int failed = 0, how;

    schema_fresh("ddl");
    for (int i = 0; i < 8; i++) {
        if (!fork()) {
            struct leat_error error = { 0 };
            struct sink *sink = connected("ddl", i % 2 ? &counters : &events, &error);

            if (!sink)
                fprintf(stderr, "%s\n", error.text);
            sink_close(sink);
            _exit(!sink);
        }
    }
    while (wait(&how) > 0)
        failed += how != 0;
    cr_expect_eq(failed, 0);
}

Test(ddl, a_missing_column_is_named)
{
    schema_fresh("ddl");
    connect_and_close("ddl", &counters);
    ask("ALTER TABLE ddl.counters DROP COLUMN total");
    expect_refusal("ddl", &counters, "has no column \"total\": add it with ALTER TABLE");
}

Test(ddl, a_column_of_another_type_is_named)
{
    schema_fresh("ddl");
    ask("CREATE SCHEMA ddl; CREATE TABLE ddl.counters (name text PRIMARY KEY, total int4)");
    expect_refusal("ddl", &counters, "column \"total\" of table \"ddl\".\"counters\" is of type "
                                     "int4 where int8 is needed");
}

Test(ddl, a_column_that_must_be_filled_is_named)
{
    schema_fresh("ddl");
    ask("CREATE SCHEMA ddl; CREATE TABLE ddl.counters (name text PRIMARY KEY, total int8, "
        "boss text NOT NULL)");
    expect_refusal("ddl", &counters, "column \"boss\"");
}

Test(ddl, a_table_without_the_key_is_refused)
{
    struct leat_error error = { 0 };
    struct sink_claim claim = { 0 };
    struct sink *sink;

    schema_fresh("ddl");
    ask("CREATE SCHEMA ddl; CREATE TABLE ddl.counters (name text, total int8)");
    sink = sink_over("ddl", &counters, 1, &error);
    cr_assert(!sink_resume(sink, &claim, &error), "%s", error.text);
    cr_expect_eq(put_counters(sink, &claim, "a", 1, &error), LEAT_E_SINK);
    cr_expect(strstr(error.text, "ON CONFLICT"), "%s", error.text);
    sink_close(sink);
}

Test(ddl, a_column_dropped_while_it_runs_is_named)
{
    struct leat_error error = { 0 };
    struct sink_claim claim = { 0 };
    struct sink *sink;

    schema_fresh("ddl");
    sink = sink_over("ddl", &counters, 1, &error);
    cr_assert(!sink_resume(sink, &claim, &error), "%s", error.text);
    cr_assert(!put_counters(sink, &claim, "a", 1, &error), "%s", error.text);
    ask("ALTER TABLE ddl.counters DROP COLUMN total");
    cr_expect_eq(put_counters(sink, &claim, "a", 1, &error), LEAT_E_SINK);
    cr_expect(strstr(error.text, "column \"total\" of relation \"counters\""), "%s", error.text);
    sink_close(sink);
}

/* ---- names -------------------------------------------------------------------------------- */

Test(ddl, names_that_are_no_identifiers_are_refused)
{
    struct sink_table table = counters;

    table.table = "x\"; DROP TABLE y; --";
    expect_refusal("ddl", &table, "is no table's name");
    table = counters;
    table.indexes[0][0] = "nothing";
    expect_refusal("ddl", &table, "has no column 'nothing' to index");
    table = counters;
    table.key[0] = "a b";
    expect_refusal("ddl", &table, "is no column's name");
    expect_refusal("bad-schema", &counters, "is no schema's name");
}

Test(ddl, a_password_in_the_connection_string_is_refused)
{
    struct postgres_options options = { .database = "host=h password=secret", .id = "test",
                                        .tables = &counters, .table_count = 1 };
    struct leat_error error = { 0 };
    struct sink *sink;

    cr_expect_eq(postgres_new(&options, &sink, &error), LEAT_E_ARGUMENT);
    cr_expect(strstr(error.text, "PGPASSFILE") && !strstr(error.text, "secret"), "%s", error.text);
    error = (struct leat_error){ 0 };
    options.database = "no such=thing";
    cr_expect_eq(postgres_new(&options, &sink, &error), LEAT_E_ARGUMENT);
}

/* ---- days --------------------------------------------------------------------------------- */

static void put_at(const int64_t *at_ms, size_t count)
{
    struct leat_error error = { 0 };
    struct sink_claim claim = { 0 };
    struct sink *sink = sink_over("ddl", &events, 1, &error);

    cr_assert(!sink_resume(sink, &claim, &error), "%s", error.text);
    for (size_t i = 0; i < count; i++)
        cr_assert(!put_events(sink, &claim, 1, at_ms[i], &error), "%s", error.text);
    sink_close(sink);
}

Test(ddl, each_day_has_a_partition_and_far_ones_share_one)
{
    const int64_t at_ms[] = { FRIDAY_MS, FRIDAY_MS + DAY_MS - 1, FRIDAY_MS + DAY_MS,
                              FRIDAY_MS - 365 * DAY_MS, -1, FRIDAY_MS * 300 };

    schema_fresh("ddl");
    put_at(at_ms, 6);
    cr_expect_str_eq(ask("SELECT tableoid::regclass, count(*) FROM ddl.events GROUP BY 1 "
                         "ORDER BY min(tableoid::regclass::text)"),
                     "ddl.events_20251127|1 ddl.events_20261127|2 ddl.events_20261128|1 "
                     "ddl.events_other|2");
    cr_expect_str_eq(ask("SELECT count(*) FROM pg_indexes WHERE tablename = 'events_20261127'"),
                     "2");
}

Test(ddl, a_partition_that_was_dropped_is_not_missed)
{
    const int64_t at_ms[] = { FRIDAY_MS };

    schema_fresh("ddl");
    put_at(at_ms, 1);
    ask("DROP TABLE ddl.events_20261127");
    ask("DELETE FROM ddl.sink_offset");
    put_at(at_ms, 1);
    cr_expect_str_eq(ask("SELECT count(*) FROM ddl.events_20261127"), "1");
}

Test(ddl, a_day_whose_rows_lie_elsewhere_stays_there)
{
    const int64_t at_ms[] = { FRIDAY_MS };

    schema_fresh("ddl");
    connect_and_close("ddl", &events);
    ask("INSERT INTO ddl.events VALUES (9, 9, 'old', '2026-11-27 12:00+00', 1)");
    put_at(at_ms, 1);
    cr_expect_str_eq(ask("SELECT count(*) FROM ddl.events_other"), "2");
}

/* ---- views -------------------------------------------------------------------------------- */

static int with_views(const char *views, struct leat_error *error)
{
    struct postgres_options options = { .database = server_conninfo(), .schema = "ddl",
                                        .id = "test", .tables = &counters, .table_count = 1,
                                        .views = views };
    struct sink_claim claim = { 0 };
    struct sink *sink = NULL;
    int status = postgres_new(&options, &sink, error);

    if (!status)
        status = sink_resume(sink, &claim, error);
    sink_close(sink);
    return status;
}

Test(ddl, views_are_made_in_the_schema_and_made_again)
{
    static const char views[] = "CREATE OR REPLACE VIEW sums AS SELECT sum(total) AS total FROM "
                                "counters; -- the end\n";
    struct leat_error error = { 0 };

    schema_fresh("ddl");
    cr_assert(!with_views(views, &error), "%s", error.text);
    cr_assert(!with_views(views, &error), "%s", error.text);
    ask("INSERT INTO ddl.counters VALUES ('a', 1), ('b', 2)");
    cr_expect_str_eq(ask("SELECT total FROM ddl.sums"), "3");
}

Test(ddl, a_view_that_is_wrong_is_a_sentence)
{
    struct leat_error error = { 0 };

    schema_fresh("ddl");
    cr_expect_eq(with_views("CREATE VIEW v AS SELECT nothing FROM counters", &error), LEAT_E_SINK);
    cr_expect(strstr(error.text, "cannot create the views: column \"nothing\" does not exist"),
              "%s", error.text);
}

Test(ddl, a_role_that_may_only_write_works_on_tables_made_for_it)
{
    struct leat_error error = { 0 };
    struct sink_claim claim = { 0 };
    struct sink *sink;

    schema_fresh("ddl");
    connect_and_close("ddl", &counters);
    ask("SET client_min_messages = error; DROP ROLE IF EXISTS writer; CREATE ROLE writer LOGIN; "
        "GRANT USAGE ON SCHEMA ddl TO writer; "
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ddl TO writer");
    ask("ALTER ROLE leat SET role = 'writer'");
    cr_expect(!with_views("CREATE VIEW v AS SELECT 1", &error), "%s", error.text);
    sink = sink_over("ddl", &counters, 1, &error);
    cr_expect(!sink_resume(sink, &claim, &error), "%s", error.text);
    cr_expect(!put_counters(sink, &claim, "a", 1, &error), "%s", error.text);
    sink_close(sink);
    ask("SET ROLE leat; ALTER ROLE leat RESET role");
    ask("DROP OWNED BY writer; DROP ROLE writer");
}
