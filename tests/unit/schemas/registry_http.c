/* registry_http.c - tests of what goes over the wire to a registry, and of what may come back. */
#include "schemas/registry.h"

#include "registry_server.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char schema_a[] = "{\"type\":\"record\",\"name\":\"a\",\"fields\":[]}";
static const char answer_a[] =
    "{\"schema\":\"{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"a\\\",\\\"fields\\\":[]}\"}";

static struct registry *open_with(const struct registry_options *options)
{
    struct leat_error error = { 0 };
    struct registry *registry = NULL;

    cr_assert_eq(registry_new(options, &registry, &error), LEAT_OK, "%s", error.text);
    return registry;
}

/* What a lookup says of one recorded answer. */
static int look_up(const struct server_answer *answer, struct leat_error *error)
{
    struct server server;
    struct registry *registry;
    const char *schema = NULL;
    int code;

    server_start(&server, answer, 1);
    registry = open_with(&(struct registry_options){ .url = server.url });
    code = registry_schema(registry, 7, &schema, error);
    cr_assert_str_eq(server_last(&server).line, "GET /schemas/ids/7");
    cr_assert_eq(code == LEAT_OK, schema != NULL);
    registry_free(registry);
    server_stop(&server);
    return code;
}

static int sign_up(const struct server_answer *answer, struct leat_error *error)
{
    struct server server;
    struct registry *registry;
    int32_t id;
    int code;

    server_start(&server, answer, 1);
    registry = open_with(&(struct registry_options){ .url = server.url });
    code = registry_register(registry, "sales-value", schema_a, &id, error);
    registry_free(registry);
    server_stop(&server);
    return code;
}

static void expect(int code, int expected, const struct leat_error *error, const char *words)
{
    cr_assert_eq(code, expected, "%d: %s", code, error->text);
    cr_assert_eq(error->code, expected);
    cr_assert(strstr(error->text, words), "'%s' is not in: %s", words, error->text);
}

/* ---- questions ---------------------------------------------------------------------------- */

Test(registry_http, posts_the_schema_as_a_json_string)
{
    static const struct server_answer answers[] = { { 200, "{\"id\":42}" } };
    struct server server;
    struct registry *registry;
    int32_t id;

    server_start(&server, answers, 1);
    registry = open_with(&(struct registry_options){ .url = server.url });
    cr_assert_eq(registry_register(registry, "sales-value", schema_a, &id, NULL), LEAT_OK);
    cr_assert_eq(id, 42);
    cr_assert_str_eq(server_last(&server).line, "POST /subjects/sales-value/versions");
    cr_assert_str_eq(server_last(&server).type, "application/vnd.schemaregistry.v1+json");
    cr_assert_str_eq(server_last(&server).body,
                     "{\"schema\": \"{\\\"type\\\":\\\"record\\\",\\\"name\\\":"
                     "\\\"a\\\",\\\"fields\\\":[]}\"}");
    cr_assert_str_eq(server_last(&server).user, "");
    registry_free(registry);
    server_stop(&server);
}

Test(registry_http, keeps_the_path_of_the_url_and_sends_the_user)
{
    static const struct server_answer answers[] = { { 200, answer_a } };
    struct server server;
    struct registry *registry;
    const char *schema;
    char url[128];

    server_start(&server, answers, 1);
    snprintf(url, sizeof url, "%s/apis/ccompat/v7/", server.url);
    registry =
        open_with(&(struct registry_options){ .url = url, .user = "leat", .password = "se:cret" });
    cr_assert_eq(registry_schema(registry, 1, &schema, NULL), LEAT_OK);
    cr_assert_str_eq(server_last(&server).line, "GET /apis/ccompat/v7/schemas/ids/1");
    cr_assert_str_eq(server_last(&server).user, "leat");
    cr_assert_str_eq(server_last(&server).password, "se:cret");
    registry_free(registry);
    server_stop(&server);
}

Test(registry_http, asks_for_a_guid)
{
    static const struct server_answer answers[] = { { 200, answer_a } };
    static const uint8_t guid[16] = { 0x12, 0x3e, 0x45, 0x67, 0xe8, 0x9b, 0x12, 0xd3,
                                      0xa4, 0x56, 0x42, 0x66, 0x14, 0x17, 0x40, 0x00 };
    struct server server;
    struct registry *registry;
    const char *schema;

    server_start(&server, answers, 1);
    registry = open_with(&(struct registry_options){ .url = server.url });
    cr_assert_eq(registry_schema_by_guid(registry, guid, &schema, NULL), LEAT_OK);
    cr_assert_str_eq(server_last(&server).line,
                     "GET /schemas/guids/123e4567-e89b-12d3-a456-426614174000");
    cr_assert_str_eq(schema, schema_a);
    registry_free(registry);
    server_stop(&server);
}

Test(registry_http, escapes_the_subject)
{
    static const struct server_answer answers[] = { { 200, "{\"id\":1}" } };
    struct server server;
    struct registry *registry;
    int32_t id;

    server_start(&server, answers, 1);
    registry = open_with(&(struct registry_options){ .url = server.url });
    cr_assert_eq(registry_register(registry, "a b?c", schema_a, &id, NULL), LEAT_OK);
    cr_assert_str_eq(server_last(&server).line, "POST /subjects/a b?c/versions");
    registry_free(registry);
    server_stop(&server);
}

/* ---- outages: the caller waits ------------------------------------------------------------ */

Test(registry_http, nobody_there_is_an_outage)
{
    struct leat_error error = { 0 };
    struct registry *registry;
    const char *schema;
    char url[64];

    server_url_of_nobody(url);
    registry = open_with(&(struct registry_options){ .url = url });
    expect(registry_schema(registry, 7, &schema, &error), LEAT_E_RETRY, &error,
           "cannot be reached at http://127.0.0.1:");
    registry_free(registry);
}

Test(registry_http, silence_is_an_outage_once_the_time_is_up, .timeout = 30)
{
    struct leat_error error = { 0 };
    struct registry *registry;
    const char *schema;
    char url[64];
    int fd = server_url_of_silence(url);

    registry = open_with(&(struct registry_options){ .url = url, .timeout_ms = 150 });
    expect(registry_schema(registry, 7, &schema, &error), LEAT_E_RETRY, &error, "timed out");
    registry_free(registry);
    close(fd);
}

Test(registry_http, faults_of_the_server_are_outages)
{
    static const unsigned statuses[] = { 500, 502, 503, 504, 429, 408 };
    struct leat_error error = { 0 };

    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        struct server_answer answer = { statuses[i], "{\"message\":\"come back\"}" };

        expect(look_up(&answer, &error), LEAT_E_RETRY, &error, "come back");
        expect(sign_up(&answer, &error), LEAT_E_RETRY, &error, "subject 'sales-value'");
    }
}

Test(registry_http, what_is_not_an_answer_of_the_api_is_an_outage)
{
    static const char *const bodies[] = { "",   "<html>welcome</html>", "{\"schema\":", "[1]",
                                          "{}", "{\"schema\":17}",      "null" };
    struct leat_error error = { 0 };

    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct server_answer answer = { 200, bodies[i] };

        expect(look_up(&answer, &error), LEAT_E_RETRY, &error, "answered");
    }
}

Test(registry_http, ids_that_are_none_are_not_believed)
{
    static const char *const bodies[] = { "{\"id\":\"1\"}", "{\"id\":-1}", "{\"id\":4294967297}",
                                          "{\"id\":1.5}", "{}" };
    struct leat_error error = { 0 };

    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct server_answer answer = { 200, bodies[i] };

        expect(sign_up(&answer, &error), LEAT_E_RETRY, &error, "without an id");
    }
}

Test(registry_http, an_answer_beyond_the_limit_is_cut_off)
{
    struct leat_error error = { 0 };

    expect(look_up(&(struct server_answer){ 200, answer_a, .padding = 10 << 20 }, &error),
           LEAT_E_RETRY, &error, "more than 4194304 bytes");
}

Test(registry_http, goes_on_to_the_next_address_and_stays_there)
{
    static const struct server_answer answers[] = { { 200, answer_a } };
    static const struct server_answer faults[] = { { 500, "" } };
    struct server faulty, good;
    struct registry *registry;
    char url[256], nobody[64];
    const char *schema;

    server_start(&faulty, faults, 1);
    server_start(&good, answers, 1);
    server_url_of_nobody(nobody);
    snprintf(url, sizeof url, "%s, %s,%s/", nobody, faulty.url, good.url);
    registry = open_with(&(struct registry_options){ .url = url });
    cr_assert_eq(registry_schema(registry, 7, &schema, NULL), LEAT_OK);
    cr_assert_eq(server_last(&faulty).requests, 1);
    cr_assert_eq(registry_schema(registry, 8, &schema, NULL), LEAT_OK);
    cr_assert_eq(server_last(&faulty).requests, 1);
    cr_assert_eq(server_last(&good).requests, 2);
    registry_free(registry);
    server_stop(&faulty);
    server_stop(&good);
}

/* ---- refusals ----------------------------------------------------------------------------- */

Test(registry_http, an_id_it_does_not_know_is_bad_data)
{
    struct leat_error error = { 0 };

    expect(look_up(
               &(struct server_answer){
                   404, "{\"error_code\":40403,\"message\":\"Schema 7 not found\"}" },
               &error),
           LEAT_E_DATA, &error, "Schema 7 not found");
}

Test(registry_http, a_404_of_any_web_server_does_not_make_records_bad)
{
    static const char *const bodies[] = { "", "<html>nginx</html>",
                                          "{\"error_code\":404,\"message\":\"HTTP 404\"}" };
    struct leat_error error = { 0 };

    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct server_answer answer = { 404, bodies[i] };

        expect(look_up(&answer, &error), LEAT_E_REGISTRY, &error, "schema.registry.url");
    }
}

Test(registry_http, a_registry_without_guids_makes_only_the_record_bad)
{
    static const struct server_answer answers[] = {
        { 404, "{\"error_code\":404,\"message\":\"HTTP 404 Not Found\"}" }
    };
    static const uint8_t guid[16] = { 1 };
    struct leat_error error = { 0 };
    struct server server;
    struct registry *registry;
    const char *schema;

    server_start(&server, answers, 1);
    registry = open_with(&(struct registry_options){ .url = server.url });
    expect(registry_schema_by_guid(registry, guid, &schema, &error), LEAT_E_DATA, &error, "GUID");
    registry_free(registry);
    server_stop(&server);
}

Test(registry_http, an_incompatible_schema_is_refused_in_the_registry_s_words)
{
    static const struct server_answer answer = {
        409, "{\"error_code\":409,\"message\":\"READER_FIELD_MISSING_DEFAULT_VALUE: price\"}"
    };
    struct leat_error error = { 0 };

    expect(sign_up(&answer, &error), LEAT_E_REGISTRY, &error, "subject 'sales-value'");
    cr_assert(strstr(error.text, "READER_FIELD_MISSING_DEFAULT_VALUE: price"), "%s", error.text);
}

Test(registry_http, a_bad_schema_is_refused)
{
    static const struct server_answer answer = {
        422, "{\"error_code\":42201,\"message\":\"Invalid Avro schema\"}"
    };
    struct leat_error error = { 0 };

    expect(sign_up(&answer, &error), LEAT_E_REGISTRY, &error, "Invalid Avro schema");
}

Test(registry_http, no_access_names_the_option)
{
    struct leat_error error = { 0 };

    expect(look_up(&(struct server_answer){ 401, "" }, &error), LEAT_E_REGISTRY, &error,
           "schema.registry.basic.auth.user.info");
    expect(sign_up(&(struct server_answer){ 403, "" }, &error), LEAT_E_REGISTRY, &error,
           "schema.registry.basic.auth.user.info");
}

Test(registry_http, redirects_are_not_followed)
{
    static const struct server_answer target[] = { { 200, answer_a } };
    struct server_answer answer = { 302, "" };
    struct leat_error error = { 0 };
    struct server elsewhere;

    server_start(&elsewhere, target, 1);
    answer.location = elsewhere.url;
    expect(look_up(&answer, &error), LEAT_E_REGISTRY, &error, "redirects");
    cr_assert_eq(server_last(&elsewhere).requests, 0);
    server_stop(&elsewhere);
}

Test(registry_http, schemas_of_other_kinds_are_bad_data)
{
    struct leat_error error = { 0 };

    expect(look_up(&(struct server_answer){ 200,
                                            "{\"schemaType\":\"PROTOBUF\",\"schema\":\"syntax\"}" },
                   &error),
           LEAT_E_DATA, &error, "PROTOBUF");
    cr_assert_eq(look_up(
                     &(struct server_answer){
                         200, "{\"schemaType\":\"AVRO\",\"schema\":\"\\\"string\\\"\"}" },
                     &error),
                 LEAT_OK);
}

/* ---- options ------------------------------------------------------------------------------ */

static void refuse(const char *url, const char *words)
{
    struct leat_error error = { 0 };
    struct registry *registry;

    expect(registry_new(&(struct registry_options){ .url = url }, &registry, &error),
           LEAT_E_ARGUMENT, &error, words);
}

Test(registry_http, urls_that_are_none_are_refused_at_once)
{
    refuse(NULL, "not set");
    refuse("", "not set");
    refuse(" , ", "no address");
    refuse("localhost:8081", "begins with none of");
    refuse("file:///etc/passwd", "begins with none of");
    refuse("http://", "begins with none of");
    refuse("http://a,ftp://b", "begins with none of");
    refuse("mock://", "lacks a name");
    refuse("http://user:password@host", "schema.registry.basic.auth.user.info");
    refuse("http://a,http://a,http://a,http://a,http://a,http://a,http://a,http://a,http://a,"
           "http://a,http://a,http://a,http://a,http://a,http://a,http://a,http://a",
           "more than 16");
}

Test(registry_http, a_tls_file_that_is_missing_is_named)
{
    struct leat_error error = { 0 };
    struct registry *registry = open_with(&(struct registry_options){
        .url = "https://127.0.0.1:9", .ca_file = "/nonexistent/ca.pem" });
    const char *schema;

    cr_assert_eq(registry_schema(registry, 7, &schema, &error), LEAT_E_RETRY, "%s", error.text);
    registry_free(registry);
}
