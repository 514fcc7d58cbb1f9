/* decode.c - fuzz: generated decoders. The first byte picks the type, the rest is the body.
 *
 * What decodes must encode, and decode to the same again; its copy must lie in its block. */
#include "../avro/generated_types.h"
#include "base/arena.h"
#include "base/limits.h"
#include "base/memory.h"
#include "schemas/print.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void copy_again(const struct leat_type *type, const void *value, struct leat_bytes expected)
{
    size_t extent = type->extent(value);
    char *block = memory_new(type->size + extent), *tail = block + type->size;
    struct buffer out;

    buffer_init(&out, LIMIT_VALUE_BYTES);
    type->copy(block, value, &tail);
    assert(tail == block + type->size + extent);
    assert(type->within(block, block + type->size, tail));
    assert(!type->encode(block, &out));
    assert(leat_bytes_equal(buffer_bytes(&out), expected));
    buffer_free(&out);
    memory_free(block);
}

static void check(const struct leat_type *type, const void *value, struct arena *arena)
{
    void *again = memory_new(type->size);
    struct buffer out, json;

    buffer_init(&out, LIMIT_VALUE_BYTES);
    buffer_init(&json, LIMIT_VALUE_BYTES);
    assert(!type->encode(value, &out));
    assert(!type->decode(again, buffer_bytes(&out), arena));
    assert(!print_value(type, again, &json));
    copy_again(type, again, buffer_bytes(&out));
    buffer_free(&out);
    buffer_free(&json);
    memory_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct leat_type *type;
    struct arena arena;
    void *value;

    if (!size)
        return 0;
    type = types[*data % (sizeof types / sizeof *types)];
    value = memory_new(type->size);
    arena_init(&arena, 4096);
    if (!type->decode(value, leat_bytes(data + 1, size - 1), &arena))
        check(type, value, &arena);
    arena_free(&arena);
    memory_free(value);
    return 0;
}
