/* suite.c - the registry client against a real registry, whose address is in LEAT_REGISTRY_URL. */
#include "schemas/registry.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RECORD(name, fields) "{\"type\":\"record\",\"name\":\"" name "\",\"fields\":[" fields "]}"
#define FIELD(name, type)    "{\"name\":\"" name "\",\"type\":\"" type "\"}"

static struct registry *open_registry(void)
{
    const char *url = getenv("LEAT_REGISTRY_URL");
    struct leat_error error = { 0 };
    struct registry *registry;

    cr_assert(url, "LEAT_REGISTRY_URL is not set: start this by tests/registry/run.sh");
    cr_assert_eq(registry_new(&(struct registry_options){ .url = url }, &registry, &error), LEAT_OK,
                 "%s", error.text);
    return registry;
}

static int32_t sign_up(struct registry *registry, const char *subject, const char *schema)
{
    struct leat_error error = { 0 };
    int32_t id = -1;

    cr_assert_eq(registry_register(registry, subject, schema, &id, &error), LEAT_OK, "%s",
                 error.text);
    cr_assert_geq(id, 0);
    return id;
}

Test(registry, another_client_reads_what_one_registered)
{
    static const char schema[] = RECORD("first", FIELD("a", "string"));
    struct registry *writer = open_registry(), *reader = open_registry();
    int32_t id = sign_up(writer, "first-value", schema);
    struct leat_error error = { 0 };
    const char *text;

    cr_assert_eq(registry_schema(reader, id, &text, &error), LEAT_OK, "%s", error.text);
    cr_assert(strstr(text, "\"first\"") && strstr(text, "\"a\""), "%s", text);
    registry_free(writer);
    registry_free(reader);
}

Test(registry, one_schema_has_one_id_in_every_subject_and_process)
{
    static const char schema[] = RECORD("second", FIELD("a", "string"));
    struct registry *one = open_registry(), *two = open_registry();
    int32_t id = sign_up(one, "second-value", schema);

    cr_assert_eq(sign_up(two, "second-value", schema), id);
    cr_assert_eq(sign_up(two, "other-value", schema), id);
    cr_assert_neq(sign_up(two, "third-value", RECORD("second", FIELD("b", "string"))), id);
    registry_free(one);
    registry_free(two);
}

Test(registry, subjects_of_any_topic_name_are_taken)
{
    struct registry *registry = open_registry();

    sign_up(registry, "app-sales_by.store-changelog-value", RECORD("third", ""));
    registry_free(registry);
}

Test(registry, an_unknown_id_is_bad_data)
{
    struct registry *registry = open_registry();
    struct leat_error error = { 0 };
    const char *text;

    cr_assert_eq(registry_schema(registry, 2000000000, &text, &error), LEAT_E_DATA, "%d: %s",
                 error.code, error.text);
    registry_free(registry);
}

Test(registry, an_unknown_guid_is_bad_data)
{
    static const uint8_t guid[16] = { 1, 2, 3 };
    struct registry *registry = open_registry();
    struct leat_error error = { 0 };
    const char *text;

    cr_assert_eq(registry_schema_by_guid(registry, guid, &text, &error), LEAT_E_DATA, "%d: %s",
                 error.code, error.text);
    registry_free(registry);
}

Test(registry, a_schema_that_is_none_is_refused)
{
    struct registry *registry = open_registry();
    struct leat_error error = { 0 };
    int32_t id;

    cr_assert_eq(registry_register(registry, "bad-value", "{\"type\":\"nonsense\"}", &id, &error),
                 LEAT_E_REGISTRY, "%d: %s", error.code, error.text);
    cr_assert(strstr(error.text, "bad-value"), "%s", error.text);
    registry_free(registry);
}

Test(registry, an_incompatible_schema_is_refused)
{
    struct registry *registry = open_registry();
    struct leat_error error = { 0 };
    int32_t id;

    /* run.sh has set compatibility to BACKWARD, as it is elsewhere by default. */
    sign_up(registry, "strict-value", RECORD("strict", FIELD("a", "string")));
    cr_assert_eq(registry_register(registry, "strict-value",
                                   RECORD("strict", FIELD("a", "string") "," FIELD("b", "int")),
                                   &id, &error),
                 LEAT_E_REGISTRY, "%d: %s", error.code, error.text);
    cr_assert(strstr(error.text, "HTTP 409"), "%s", error.text);
    registry_free(registry);
}

Test(registry, a_wrong_path_is_named)
{
    struct leat_error error = { 0 };
    char url[256];
    struct registry *registry;
    const char *text;

    snprintf(url, sizeof url, "%s/elsewhere", getenv("LEAT_REGISTRY_URL"));
    cr_assert_eq(registry_new(&(struct registry_options){ .url = url }, &registry, &error),
                 LEAT_OK);
    cr_assert_eq(registry_schema(registry, 1, &text, &error), LEAT_E_REGISTRY, "%d: %s", error.code,
                 error.text);
    registry_free(registry);
}
