/* schema.c - fuzz: a schema's JSON text. What parses is compared with itself, which makes a plan,
 * and the defaults of its fields are encoded. */
#include "base/limits.h"
#include "base/memory.h"
#include "schemas/resolve.h"
#include "schemas/schema.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fill_all(const struct schema *schema, struct leat_error *error)
{
    struct buffer out;

    buffer_init(&out, 1 << 16);
    for (size_t i = 0; i < schema->field_count; i++)
        if (schema->fields[i].fallback &&
            schema_default(schema->fields[i].type, schema->fields[i].fallback, &out, error))
            break;
    buffer_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = memory_format("%.*s", (int)size, (const char *)data);
    struct leat_error error = { 0 };
    struct schema_tree *tree;
    struct plan *plan = NULL;

    if (!schema_parse(text, &tree, &error)) {
        assert(tree->root->id < tree->count);
        fill_all(tree->root, &error);
        if (!plan_new(text, text, &plan, &error))
            plan_free(plan);
    } else {
        assert(!tree && error.code && *error.text);
    }
    schema_free(tree);
    memory_free(text);
    return 0;
}
