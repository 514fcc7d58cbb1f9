/* refused_test.c - what would make results wrong is refused with a sentence. */
#include "../kafka/broker.h"
#include "app.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REFUSES(app, place, ...) app_refuses(app, place, (const char *const[]){ __VA_ARGS__, NULL })

/* An application that has counted something and stands still. */
static void count_and_stop(struct app *app, int32_t partitions)
{
    app_open(app, broker_bootstrap(), partitions);
    app_start(app, 0);
    app_feed(app, 500);
    app_await_drained(app);
    app_stop(app, 0);
}

static void succeed(int status, const struct leat_error *error)
{
    cr_assert_eq(status, LEAT_OK, "%s", error->text);
}

static int topics_of(struct app *app)
{
    struct leat_error error = { 0 };
    char **names;
    int count = log_topic_list(app->log, app->id, &names, &error);

    cr_assert(count >= 0, "%s", error.text);
    for (int i = 0; i < count; i++)
        memory_free(names[i]);
    memory_free(names);
    return count;
}

/* ---- offsets --------------------------------------------------------------------------------- */

static void delete_group(struct app *app)
{
    struct leat_error error = { 0 };
    int status, tries = 0;

    while ((status = log_delete_group(app->log, app->id, &error)) && tries++ < 100)
        clock_sleep_ms(100);
    succeed(status, &error);
}

Test(refused, state_whose_group_was_deleted, .timeout = 120)
{
    struct app app;

    count_and_stop(&app, 2);
    delete_group(&app);
    REFUSES(&app, 0, "but the group has no committed offset", "reset the application");
    REFUSES(&app, 1, "but the group has no committed offset", "reset the application");
    app_close(&app);
}

Test(refused, an_input_that_was_made_anew, .timeout = 120)
{
    struct leat_error error = { 0 };
    struct app app;
    char where[192];

    count_and_stop(&app, 1);
    succeed(log_topic_delete(app.log, app.lines, &error), &error);
    app_topic(&app, app.lines, 1);
    snprintf(where, sizeof where, "no committed offset for topic %s, partition 0", app.lines);
    REFUSES(&app, 0, where, "has begun", "the topic or the group was deleted");
    app_close(&app);
}

Test(refused, an_input_whose_retention_took_what_was_not_processed, .timeout = 120)
{
    struct leat_error error = { 0 };
    struct log_position before;
    struct app app;
    char where[192];

    count_and_stop(&app, 1);
    app_feed(&app, 100);
    before = (struct log_position){ app.lines, 0, 550 };
    succeed(log_delete_records(app.log, &before, 1, &error), &error);
    snprintf(where, sizeof where, "topic %s, partition 0: offset 500 is not there", app.lines);
    REFUSES(&app, 0, where, "retention deleted what was not yet processed");
    app_close(&app);
}

/* What the deleted changelog held is gone; the copy of it is not taken for what it no longer is. */
Test(refused, a_changelog_that_was_deleted_is_told_of, .timeout = 120)
{
    struct leat_error error = { 0 };
    struct app app;
    char name[128];

    count_and_stop(&app, 1);
    snprintf(name, sizeof name, "%s-counts-changelog", app.id);
    succeed(log_topic_delete(app.log, name, &error), &error);
    app_start(&app, 0);
    app_await(&app, 0, "store_wiped");
    app_await(&app, 0, "the topic was made anew");
    app_stop(&app, 0);
    app_close(&app);
}

/* ---- shapes ---------------------------------------------------------------------------------- */

Test(refused, an_input_that_has_grown, .timeout = 120)
{
    struct leat_error error = { 0 };
    struct app app;
    int topics;

    count_and_stop(&app, 2);
    topics = topics_of(&app);
    succeed(log_topic_grow(app.log, app.lines, 3, &error), &error);
    REFUSES(&app, 0, "has 2 partitions and the topology needs 3", "reset the application");
    cr_assert_eq(topics_of(&app), topics);
    app_close(&app);
}

Test(refused, a_topology_that_does_not_fit_the_task_table, .timeout = 120)
{
    struct app app;
    int topics;

    count_and_stop(&app, 2);
    topics = topics_of(&app);
    app.mode = "renamed";
    REFUSES(&app, 0, "which this topology does not have", "reset the application");
    cr_assert_eq(topics_of(&app), topics, "topics were made before the refusal");
    app.mode = "count";
    app_start(&app, 0);
    app_feed(&app, 10);
    app_await_drained(&app);
    app_check_exact(&app);
    app_stop(&app, 0);
    app_close(&app);
}

Test(refused, inputs_that_are_not_copartitioned, .timeout = 120)
{
    struct app app;
    char table[128];
    int topics;

    app_open(&app, broker_bootstrap(), 2);
    snprintf(table, sizeof table, "%s-table", app.id);
    app_topic(&app, table, 3);
    app.mode = "join";
    app.table = table;
    topics = topics_of(&app);
    REFUSES(&app, 0, "needs inputs with equal partition counts", "leat_repartition()");
    cr_assert_eq(topics_of(&app), topics, "topics were made before the refusal");
    app_close(&app);
}

Test(refused, an_input_that_is_not_there, .timeout = 120)
{
    struct app app;
    int topics;

    app_open(&app, broker_bootstrap(), 1);
    topics = topics_of(&app);
    snprintf(app.lines + strlen(app.lines), sizeof app.lines - strlen(app.lines), "-absent");
    REFUSES(&app, 0, "which does not exist; create it");
    cr_assert_eq(topics_of(&app), topics);
    app_close(&app);
}

/* ---- state directories ----------------------------------------------------------------------- */

Test(refused, a_second_instance_in_the_same_state_directory, .timeout = 120)
{
    struct app app;
    pid_t first;

    app_open(&app, broker_bootstrap(), 1);
    app_start(&app, 0);
    app_await(&app, 0, "task_running");
    first = app.pids[0];
    app.pids[0] = 0;
    REFUSES(&app, 0, "state.dir", "in use");
    app.pids[0] = first;
    app_feed(&app, 100);
    app_await_drained(&app);
    app_check_exact(&app);
    app_stop(&app, 0);
    app_close(&app);
}

Test(refused, the_state_of_another_application, .timeout = 120)
{
    struct app app, other;
    char command[512];

    count_and_stop(&app, 1);
    app_open(&other, broker_bootstrap(), 1);
    snprintf(command, sizeof command, "mkdir '%s/state-0' && cp -r '%s/state-0/%s' '%s/state-0/%s'",
             other.folder, app.folder, app.id, other.folder, other.id);
    cr_assert_eq(system(command), 0);
    REFUSES(&other, 0, app.id, "application");
    app_close(&other);
    app_close(&app);
}
