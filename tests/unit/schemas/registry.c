/* registry.c - tests of the cache, the back-off and mock://, on a clock that stands still. */
#include "schemas/registry.h"

#include "base/clock.h"
#include "schemas/registry_backend.h"
#include "registry_server.h"

#include <criterion/criterion.h>
#include <string.h>

static const char schema_a[] = "{\"type\":\"record\",\"name\":\"a\",\"fields\":[]}";
static const char schema_b[] = "{\"type\":\"record\",\"name\":\"b\",\"fields\":[]}";

struct still {
    struct clock clock;
    int64_t us;
};

static int64_t still_us(struct clock *clock)
{
    return ((struct still *)clock)->us;
}

static struct still still = { { still_us, still_us }, 1000000 };

static struct registry *open_at(const char *url)
{
    struct leat_error error = { 0 };
    struct registry *registry = NULL;

    cr_assert_eq(registry_new(&(struct registry_options){ .url = url, .clock = &still.clock },
                              &registry, &error),
                 LEAT_OK, "%s", error.text);
    return registry;
}

static int32_t id_of(struct registry *registry, const char *schema)
{
    struct leat_error error = { 0 };
    int32_t id = -1;

    cr_assert_eq(registry_register(registry, "s-value", schema, &id, &error), LEAT_OK, "%s",
                 error.text);
    return id;
}

/* ---- mock:// ------------------------------------------------------------------------------ */

Test(registry_mock, gives_back_the_schema_of_an_id)
{
    struct registry *registry = open_at("mock://one");
    int32_t a = id_of(registry, schema_a), b = id_of(registry, schema_b);
    const char *schema;

    cr_assert(a > 0 && b > 0 && a != b);
    cr_assert_eq(registry_schema(registry, a, &schema, NULL), LEAT_OK);
    cr_assert_str_eq(schema, schema_a);
    registry_free(registry);
}

Test(registry_mock, is_one_a_name_and_outlives_its_clients)
{
    struct registry *first = open_at("mock://shared"), *second, *other;
    int32_t a = id_of(first, schema_a);
    const char *schema;

    registry_free(first);
    second = open_at("mock://shared");
    other = open_at("mock://other");
    cr_assert_eq(registry_schema(second, a, &schema, NULL), LEAT_OK);
    cr_assert_eq(registry_schema(other, a, &schema, NULL), LEAT_E_DATA);
    registry_free(second);
    registry_free(other);
}

Test(registry_mock, ids_are_the_same_in_every_process)
{
    struct registry *registry = open_at("mock://stable");

    /* These figures stand in state directories and topics: they must never change. */
    cr_assert_eq(id_of(registry, schema_a), 1527668018, "%d", id_of(registry, schema_a));
    cr_assert_eq(id_of(registry, "\"string\""), 1412400945, "%d", id_of(registry, "\"string\""));
    registry_free(registry);
}

Test(registry_mock, ids_do_not_depend_on_layout_and_documentation)
{
    struct registry *registry = open_at("mock://layout");
    int32_t id = id_of(registry, schema_a);

    cr_assert_eq(id_of(registry, "{ \"name\": \"a\", \"doc\": \"d\", \"fields\": [ ],\n"
                                 " \"type\": \"record\" }"),
                 id);
    registry_free(registry);
}

Test(registry_mock, ids_depend_on_what_changes_values)
{
    static const char *const schemas[] = {
        "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":9,\"scale\":2}",
        "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":9,\"scale\":3}",
        "{\"type\":\"record\",\"name\":\"a\",\"fields\":[{\"name\":\"m\",\"default\":{\"doc\":"
        "\"x\"},"
        "\"type\":{\"type\":\"map\",\"values\":\"string\"}}]}",
        "{\"type\":\"record\",\"name\":\"a\",\"fields\":[{\"name\":\"m\",\"default\":{\"doc\":"
        "\"y\"},"
        "\"type\":{\"type\":\"map\",\"values\":\"string\"}}]}",
    };
    struct registry *registry = open_at("mock://values");

    cr_assert_neq(id_of(registry, schemas[0]), id_of(registry, schemas[1]));
    cr_assert_neq(id_of(registry, schemas[2]), id_of(registry, schemas[3]));
    registry_free(registry);
}

Test(registry_mock, finds_schemas_by_guid)
{
    struct registry *registry = open_at("mock://guid");
    uint8_t guid[16];
    const char *schema;
    int32_t id;

    cr_assert_eq(registry_mock_names(schema_a, &id, guid, NULL), LEAT_OK);
    cr_assert_eq(registry_schema_by_guid(registry, guid, &schema, NULL), LEAT_E_DATA);
    cr_assert_eq(id_of(registry, schema_a), id);
    still.us += 6000000;
    cr_assert_eq(registry_schema_by_guid(registry, guid, &schema, NULL), LEAT_OK);
    cr_assert_str_eq(schema, schema_a);
    registry_free(registry);
}

Test(registry_mock, an_unknown_id_is_bad_data_until_it_is_registered)
{
    struct registry *registry = open_at("mock://unknown");
    struct leat_error error = { 0 };
    uint8_t guid[16];
    const char *schema;
    int32_t id;

    cr_assert_eq(registry_mock_names(schema_a, &id, guid, NULL), LEAT_OK);
    cr_assert_eq(registry_schema(registry, id, &schema, &error), LEAT_E_DATA);
    cr_assert(strstr(error.text, "mock://unknown"), "%s", error.text);
    id_of(registry, schema_a);
    cr_assert_eq(registry_schema(registry, id, &schema, &error), LEAT_OK);
    registry_free(registry);
}

Test(registry_mock, refuses_what_is_not_json)
{
    struct registry *registry = open_at("mock://json");
    struct leat_error error = { 0 };
    int32_t id;

    cr_assert_eq(registry_register(registry, "s", "{\"type\":", &id, &error), LEAT_E_REGISTRY);
    cr_assert(strstr(error.text, "not JSON"), "%s", error.text);
    registry_free(registry);
}

/* ---- the cache, over HTTP ----------------------------------------------------------------- */

#define ANSWER_A                                                                                   \
    "{\"schema\":\"{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"a\\\",\\\"fields\\\":[]}\"}"

Test(registry_cache, asks_once_for_an_id)
{
    static const struct server_answer answers[] = { { 200, ANSWER_A }, { 500, "" } };
    struct server server;
    struct registry *registry;
    const char *first, *second;

    server_start(&server, answers, 2);
    registry = open_at(server.url);
    cr_assert_eq(registry_schema(registry, 7, &first, NULL), LEAT_OK);
    cr_assert_eq(registry_schema(registry, 7, &second, NULL), LEAT_OK);
    cr_assert_str_eq(first, schema_a);
    cr_assert_eq(first, second);
    cr_assert_eq(server_last(&server).requests, 1);
    registry_free(registry);
    server_stop(&server);
}

Test(registry_cache, registers_once_for_a_subject_and_knows_the_schema_then)
{
    static const struct server_answer answers[] = { { 200, "{\"id\":7}" }, { 200, "{\"id\":7}" } };
    struct server server;
    struct registry *registry;
    const char *schema;
    int32_t id;

    server_start(&server, answers, 2);
    registry = open_at(server.url);
    cr_assert_eq(registry_register(registry, "s", schema_a, &id, NULL), LEAT_OK);
    cr_assert_eq(registry_register(registry, "s", schema_a, &id, NULL), LEAT_OK);
    cr_assert_eq(server_last(&server).requests, 1);
    cr_assert_eq(registry_register(registry, "t", schema_a, &id, NULL), LEAT_OK);
    cr_assert_eq(server_last(&server).requests, 2);
    cr_assert_eq(registry_schema(registry, 7, &schema, NULL), LEAT_OK);
    cr_assert_str_eq(schema, schema_a);
    cr_assert_eq(server_last(&server).requests, 2);
    registry_free(registry);
    server_stop(&server);
}

Test(registry_cache, asks_again_for_an_unknown_id_after_some_seconds)
{
    static const struct server_answer answers[] = {
        { 404, "{\"error_code\":40403,\"message\":\"Schema not found\"}" }, { 200, ANSWER_A }
    };
    struct server server;
    struct registry *registry;
    struct leat_error error = { 0 };
    const char *schema;

    server_start(&server, answers, 2);
    registry = open_at(server.url);
    for (int i = 0; i < 3; i++)
        cr_assert_eq(registry_schema(registry, 7, &schema, &error), LEAT_E_DATA);
    cr_assert(strstr(error.text, "schema 7"), "%s", error.text);
    cr_assert_eq(server_last(&server).requests, 1);
    still.us += 5000000;
    cr_assert_eq(registry_schema(registry, 7, &schema, &error), LEAT_OK);
    cr_assert_eq(server_last(&server).requests, 2);
    registry_free(registry);
    server_stop(&server);
}

Test(registry_cache, an_outage_is_retried_after_a_pause_that_doubles)
{
    static const struct server_answer answers[] = {
        { 500, "" }, { 500, "" }, { 200, ANSWER_A }, { 500, "" }
    };
    struct server server;
    struct registry *registry;
    struct leat_error error = { 0 };
    const char *schema;

    server_start(&server, answers, 4);
    registry = open_at(server.url);
    cr_assert_eq(registry_schema(registry, 7, &schema, &error), LEAT_E_RETRY);
    cr_assert_eq(registry_schema(registry, 7, &schema, &error), LEAT_E_RETRY);
    cr_assert_eq(registry_schema(registry, 8, &schema, &error), LEAT_E_RETRY);
    cr_assert(strstr(error.text, "HTTP 500"), "%s", error.text);
    cr_assert_eq(server_last(&server).requests, 1);
    still.us += 100000;
    cr_assert_eq(registry_schema(registry, 7, &schema, &error), LEAT_E_RETRY);
    cr_assert_eq(server_last(&server).requests, 2);
    still.us += 100000;
    cr_assert_eq(registry_schema(registry, 7, &schema, &error), LEAT_E_RETRY);
    cr_assert_eq(server_last(&server).requests, 2);
    still.us += 100000;
    cr_assert_eq(registry_schema(registry, 7, &schema, &error), LEAT_OK);
    cr_assert_eq(server_last(&server).requests, 3);
    registry_free(registry);
    server_stop(&server);
}

Test(registry_cache, gives_what_it_knows_during_an_outage)
{
    static const struct server_answer answers[] = { { 200, ANSWER_A }, { 503, "" } };
    struct server server;
    struct registry *registry;
    const char *schema;

    server_start(&server, answers, 2);
    registry = open_at(server.url);
    cr_assert_eq(registry_schema(registry, 7, &schema, NULL), LEAT_OK);
    cr_assert_eq(registry_schema(registry, 8, &schema, NULL), LEAT_E_RETRY);
    cr_assert_eq(registry_schema(registry, 7, &schema, NULL), LEAT_OK);
    registry_free(registry);
    server_stop(&server);
}

static void *look_up_all(void *user)
{
    for (int32_t id = 0; id < 50; id++) {
        const char *schema;

        if (registry_schema(user, id, &schema, NULL) || strcmp(schema, schema_a))
            return user;
    }
    return NULL;
}

Test(registry_cache, threads_share_it)
{
    static const struct server_answer answers[] = { { 200, ANSWER_A } };
    struct server server;
    struct registry *registry;
    pthread_t threads[4];
    void *failed;

    server_start(&server, answers, 1);
    registry = open_at(server.url);
    for (int i = 0; i < 4; i++)
        cr_assert(!pthread_create(&threads[i], NULL, look_up_all, registry));
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], &failed);
        cr_assert(!failed);
    }
    registry_free(registry);
    server_stop(&server);
}

Test(registry_cache, refuses_a_schema_beyond_the_limit)
{
    static char large[(1 << 20) + 64];
    static const struct server_answer answers[] = { { 200, large } };
    struct server server;
    struct registry *registry;
    struct leat_error error = { 0 };
    const char *schema;

    memset(large, 'x', sizeof large - 1);
    memcpy(large, "{\"schema\":\"", 11);
    memcpy(large + sizeof large - 3, "\"}", 3);
    server_start(&server, answers, 1);
    registry = open_at(server.url);
    cr_assert_eq(registry_schema(registry, 7, &schema, &error), LEAT_E_DATA);
    cr_assert(strstr(error.text, "limit"), "%s", error.text);
    registry_free(registry);
    server_stop(&server);
}
