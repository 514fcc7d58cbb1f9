/* schema.c - tests of the parser of schemas: what it reads, and the sentences of what it refuses.
 */
#include "schemas/schema.h"

#include "base/limits.h"
#include "base/memory.h"

#include <criterion/criterion.h>

static struct schema_tree *parsed(const char *json)
{
    struct leat_error error = { 0 };
    struct schema_tree *tree;

    cr_assert_eq(schema_parse(json, &tree, &error), LEAT_OK, "%s", error.text);
    return tree;
}

static void refused(const char *json, const char *sentence)
{
    struct leat_error error = { 0 };
    struct schema_tree *tree;

    cr_assert_neq(schema_parse(json, &tree, &error), LEAT_OK, "taken: %s", json);
    cr_assert_null(tree);
    cr_assert(strstr(error.text, sentence), "'%s' does not say '%s'", error.text, sentence);
}

Test(schema, names_take_the_namespace_around_them)
{
    struct schema_tree *tree = parsed(
        "{\"type\":\"record\",\"name\":\"A\",\"namespace\":\"x.y\",\"aliases\":[\"Old\",\"z."
        "Older\"],"
        "\"fields\":[{\"name\":\"b\",\"type\":{\"type\":\"fixed\",\"name\":\"B\",\"size\":2}},"
        "{\"name\":\"c\",\"type\":{\"type\":\"enum\",\"name\":\"q.C\",\"symbols\":[\"S\",\"T\"],"
        "\"default\":\"T\"}},{\"name\":\"again\",\"type\":\"B\"},{\"name\":\"other\",\"type\":\"q."
        "C\"}]}");
    const struct schema *root = tree->root;

    cr_assert_str_eq(root->name, "x.y.A");
    cr_assert_str_eq(root->aliases.at[0], "x.y.Old");
    cr_assert_str_eq(root->aliases.at[1], "z.Older");
    cr_assert_str_eq(root->fields[0].type->name, "x.y.B");
    cr_assert_str_eq(root->fields[1].type->name, "q.C");
    cr_assert_eq(root->fields[1].type->default_symbol, 1);
    cr_assert_eq(root->fields[2].type, root->fields[0].type);
    cr_assert_eq(root->fields[3].type, root->fields[1].type);
    schema_free(tree);
}

Test(schema, a_type_may_name_itself)
{
    struct schema_tree *tree =
        parsed("{\"type\":\"record\",\"name\":\"n\",\"fields\":[{\"name\":\"next\","
               "\"type\":[\"null\",\"n\"]}]}");

    cr_assert_eq(tree->root->fields[0].type->branches[1], tree->root);
    schema_free(tree);
}

Test(schema, logical_types_that_do_not_fit_are_absent)
{
    static const struct {
        const char *json;
        enum schema_logical logical;
    } rows[] = {
        { "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":12,\"scale\":2}",
          SCHEMA_DECIMAL },
        { "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":12}", SCHEMA_DECIMAL },
        { "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":2,\"scale\":3}",
          SCHEMA_PLAIN },
        { "{\"type\":\"bytes\",\"logicalType\":\"decimal\"}", SCHEMA_PLAIN },
        { "{\"type\":\"int\",\"logicalType\":\"decimal\",\"precision\":2}", SCHEMA_PLAIN },
        { "{\"type\":\"fixed\",\"name\":\"f\",\"size\":2,\"logicalType\":\"decimal\",\"precision\":"
          "4}",
          SCHEMA_DECIMAL },
        { "{\"type\":\"fixed\",\"name\":\"f\",\"size\":2,\"logicalType\":\"decimal\",\"precision\":"
          "5}",
          SCHEMA_PLAIN },
        { "{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}", SCHEMA_TIMESTAMP_MILLIS },
        { "{\"type\":\"int\",\"logicalType\":\"timestamp-millis\"}", SCHEMA_PLAIN },
        { "{\"type\":\"string\",\"logicalType\":\"uuid\"}", SCHEMA_PLAIN },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct schema_tree *tree = parsed(rows[i].json);

        cr_assert_eq(tree->root->logical, rows[i].logical, "%s", rows[i].json);
        schema_free(tree);
    }
}

Test(schema, says_what_is_wrong_and_where)
{
    refused("", "line 1");
    refused("{\"type\":", "schema: line 1");
    refused("\"strang\"", "type 'strang' is not defined");
    refused("[]", "no branches");
    refused("[\"int\",\"int\"]", "'int' twice");
    refused("[\"int\",[\"null\"]]", "directly in a union");
    refused("{\"type\":\"array\"}", "names no items");
    refused("{\"name\":\"x\"}", "no 'type'");
    refused("{\"type\":\"record\",\"name\":\"r\"}", "record 'r' has no fields");
    refused("{\"type\":\"record\",\"name\":\"9\",\"fields\":[]}", "'9' is not a name");
    refused("{\"type\":\"record\",\"name\":\"r\",\"fields\":[{\"name\":\"a\",\"type\":\"int\"},"
            "{\"name\":\"a\",\"type\":\"int\"}]}",
            "field 'a' stands twice");
    refused("{\"type\":\"record\",\"name\":\"r\",\"fields\":[{\"name\":\"a\",\"type\":\"B\"}]}",
            "record 'r': field 'a': type 'B' is not defined");
    refused("{\"type\":\"record\",\"name\":\"r\",\"fields\":[{\"name\":\"a\",\"type\":"
            "{\"type\":\"fixed\",\"name\":\"r\",\"size\":1}}]}",
            "type 'r' is defined twice");
    refused("{\"type\":\"enum\",\"name\":\"e\",\"symbols\":[\"A\",\"A\"]}", "'A' stands twice");
    refused("{\"type\":\"enum\",\"name\":\"e\",\"symbols\":[\"A\"],\"default\":\"B\"}",
            "no symbol of it");
    refused("{\"type\":\"fixed\",\"name\":\"f\",\"size\":-1}", "no size");
    refused("{\"type\":\"enum\",\"name\":\"a\\u0000b\",\"symbols\":[\"A\"]}", "no name");
    refused("7", "no text, object or array");
}

/* An array of arrays of ... of int. */
static void nested(int depth, struct buffer *out)
{
    buffer_init(out, LIMIT_SCHEMA_BYTES);
    for (int i = 0; i < depth; i++)
        buffer_text(out, "{\"type\":\"array\",\"items\":");
    buffer_text(out, "\"int\"");
    for (int i = 0; i < depth; i++)
        buffer_text(out, "}");
    cr_assert_eq(buffer_add(out, "", 1), LEAT_OK);
}

Test(schema, nesting_and_size_have_limits)
{
    char *large = memory_new(LIMIT_SCHEMA_BYTES + 2);
    struct buffer deep;

    nested(LIMIT_AVRO_DEPTH - 1, &deep);
    schema_free(parsed(deep.data));
    buffer_free(&deep);
    nested(LIMIT_AVRO_DEPTH, &deep);
    refused(deep.data, "nested deeper");
    buffer_free(&deep);
    nested(10000, &deep);
    refused(deep.data, "schema");
    buffer_free(&deep);
    memset(large, ' ', LIMIT_SCHEMA_BYTES + 1);
    refused(large, "more than");
    memory_free(large);
}

static int default_of(const char *type, const char *value, struct buffer *out)
{
    struct leat_error error = { 0 };
    char *json =
        memory_format("{\"type\":\"record\",\"name\":\"r\",\"fields\":[{\"name\":\"f\",\"type\":%s,"
                      "\"default\":%s}]}",
                      type, value);
    struct schema_tree *tree = parsed(json);
    int code;

    out->size = 0;
    code = schema_default(tree->root->fields[0].type, tree->root->fields[0].fallback, out, &error);
    schema_free(tree);
    memory_free(json);
    return code;
}

Test(schema, defaults_are_encoded_as_their_types)
{
    struct buffer out;

    buffer_init(&out, 1000);
    cr_assert_eq(default_of("\"bytes\"", "\"\\u0000\\u00ff\"", &out), LEAT_OK);
    cr_assert(leat_bytes_equal(buffer_bytes(&out), LEAT_LITERAL("\x04\x00\xff")));
    cr_assert_eq(default_of("[\"null\",\"string\"]", "\"x\"", &out), LEAT_OK);
    cr_assert(leat_bytes_equal(buffer_bytes(&out), LEAT_LITERAL("\x02\x02x")));
    cr_assert_eq(default_of("\"float\"", "\"Infinity\"", &out), LEAT_OK);
    cr_assert(leat_bytes_equal(buffer_bytes(&out), LEAT_LITERAL("\0\0\x80\x7f")));
    cr_assert_eq(default_of("{\"type\":\"array\",\"items\":\"int\"}", "[]", &out), LEAT_OK);
    cr_assert(leat_bytes_equal(buffer_bytes(&out), LEAT_LITERAL("\0")));
    cr_assert_eq(default_of("\"int\"", "2147483648", &out), LEAT_E_DATA);
    cr_assert_eq(default_of("\"int\"", "1.5", &out), LEAT_E_DATA);
    cr_assert_eq(default_of("\"bytes\"", "\"\\u0100\"", &out), LEAT_E_DATA);
    cr_assert_eq(default_of("{\"type\":\"fixed\",\"name\":\"x\",\"size\":2}", "\"a\"", &out),
                 LEAT_E_DATA);
    cr_assert_eq(default_of("\"string\"", "null", &out), LEAT_E_DATA);
    buffer_free(&out);
}
