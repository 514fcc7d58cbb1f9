/* peer.c - our side of the comparison: answers one line for each that it reads.
 *
 *   resolve <TAB> writer's schema <TAB> reader's schema <TAB> body in hex
 *       same|other <TAB> the body for the reader in hex     (same: the plan is the identity)
 *   type <TAB> name <TAB> body in hex
 *       ok <TAB> the value encoded again <TAB> the same of a deep copy <TAB> the value as JSON
 *   default <TAB> schema of a record
 *       ok <TAB> the fields' defaults, one after the other
 *   error <TAB> sentence     where that cannot be
 */
#include "base/limits.h"
#include "base/memory.h"
#include "generated_types.h"
#include "schemas/print.h"
#include "schemas/resolve.h"
#include "schemas/schema.h"

#include <stdio.h>
#include <stdlib.h>

static void hex_print(struct leat_bytes bytes)
{
    putchar('\t');
    for (size_t i = 0; i < bytes.size; i++)
        printf("%02x", (unsigned char)bytes.data[i]);
}

static int hex_digit(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* In memory of exactly its size, so that the sanitizer sees a read behind the end. */
static struct leat_bytes hex_read(const char *text)
{
    size_t size = strlen(text) / 2;
    char *bytes = memory_new(size);

    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)(hex_digit(text[2 * i]) << 4 | hex_digit(text[2 * i + 1]));
    return leat_bytes(bytes, size);
}

static void answer_error(const struct leat_error *error)
{
    printf("error\t%s\n", error->text);
}

static void answer_resolve(char **parts)
{
    struct leat_error error = { 0 };
    struct leat_bytes body = hex_read(parts[3]);
    struct buffer out;
    struct plan *plan;

    buffer_init(&out, LIMIT_VALUE_BYTES);
    if (plan_new(parts[1], parts[2], &plan, &error) || plan_run(plan, body, &out, &error)) {
        answer_error(&error);
    } else {
        printf("%s", plan_identity(plan) ? "same" : "other");
        hex_print(buffer_bytes(&out));
        putchar('\n');
    }
    plan_free(plan);
    buffer_free(&out);
    memory_free(body.data);
}

static const struct leat_type *type_find(const char *name)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (!strcmp(types[i]->name, name))
            return types[i];
    fprintf(stderr, "avro-peer: no type '%s'\n", name);
    exit(2);
}

/* Encodes a copy that lies wholly within one block, with what it was made from gone. */
static void answer_copy(const struct leat_type *type, const void *value, struct buffer *out)
{
    size_t extent = type->extent(value);
    char *block = memory_new(type->size + extent), *tail = block + type->size;

    type->copy(block, value, &tail);
    if (tail != block + type->size + extent)
        fprintf(stderr, "avro-peer: the copy is not as large as its extent\n"), exit(2);
    if (!type->within(block, block + type->size, tail) ||
        (extent && type->within(block, block, block + type->size)))
        fprintf(stderr, "avro-peer: the copy does not lie where it should\n"), exit(2);
    if (type->encode(block, out))
        exit(2);
    memory_free(block);
}

static void answer_type(char **parts)
{
    const struct leat_type *type = type_find(parts[1]);
    struct leat_bytes body = hex_read(parts[2]);
    struct buffer once, twice, json;
    struct arena arena;
    void *value;

    arena_init(&arena, 4096);
    buffer_init(&once, LIMIT_VALUE_BYTES);
    buffer_init(&twice, LIMIT_VALUE_BYTES);
    buffer_init(&json, LIMIT_VALUE_BYTES);
    value = memory_new(type->size);
    if (type->decode(value, body, &arena)) {
        puts("error\tit is malformed");
    } else {
        if (type->encode(value, &once) || print_value(type, value, &json))
            exit(2);
        answer_copy(type, value, &twice);
        printf("ok");
        hex_print(buffer_bytes(&once));
        hex_print(buffer_bytes(&twice));
        printf("\t%.*s\n", (int)json.size, json.data);
    }
    memory_free(value);
    buffer_free(&once);
    buffer_free(&twice);
    buffer_free(&json);
    arena_free(&arena);
    memory_free(body.data);
}

static void answer_default(char **parts)
{
    struct leat_error error = { 0 };
    struct schema_tree *tree;
    struct buffer out;
    int code = schema_parse(parts[1], &tree, &error);

    buffer_init(&out, LIMIT_VALUE_BYTES);
    for (size_t i = 0; !code && i < tree->root->field_count; i++)
        code = schema_default(tree->root->fields[i].type, tree->root->fields[i].fallback, &out,
                              &error);
    if (code) {
        answer_error(&error);
    } else {
        printf("ok");
        hex_print(buffer_bytes(&out));
        putchar('\n');
    }
    schema_free(tree);
    buffer_free(&out);
}

int main(void)
{
    char *line = NULL, *parts[5] = { NULL };
    size_t room = 0;
    ssize_t size;

    setvbuf(stdout, NULL, _IOLBF, 0);
    while ((size = getline(&line, &room, stdin)) > 0) {
        char *rest = line;

        line[size - 1] = 0;
        for (size_t i = 0; i < 5; i++)
            parts[i] = strsep(&rest, "\t");
        if (!strcmp(parts[0], "resolve"))
            answer_resolve(parts);
        else if (!strcmp(parts[0], "type"))
            answer_type(parts);
        else
            answer_default(parts);
    }
    free(line);
    return 0;
}
