/* resolve.c - fuzz: writer's schema, line feed, reader's schema, line feed, body.
 *
 * What a plan gives must be a body of the reader: its own plan takes it as it is. */
#include "base/limits.h"
#include "base/memory.h"
#include "schemas/resolve.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *line_take(const uint8_t **data, size_t *size)
{
    const uint8_t *end = memchr(*data, '\n', *size);
    size_t length = end ? (size_t)(end - *data) : *size;
    char *line = memory_format("%.*s", (int)length, (const char *)*data);

    *data += end ? length + 1 : length;
    *size -= end ? length + 1 : length;
    return line;
}

static void read_again(const char *reader, const struct buffer *out)
{
    struct leat_error error = { 0 };
    struct buffer again;
    struct plan *plan;

    buffer_init(&again, 1 << 20);
    if (!plan_new(reader, reader, &plan, &error)) {
        int code = plan_run(plan, buffer_bytes(out), &again, &error);

        /* Depth and items without bytes may be counted otherwise, so a limit may be passed. */
        assert(!code || code == LEAT_E_LIMIT || strstr(error.text, "too"));
        assert(code || leat_bytes_equal(buffer_bytes(out), buffer_bytes(&again)) ||
               !plan_identity(plan));
        plan_free(plan);
    }
    buffer_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *writer = line_take(&data, &size), *reader = line_take(&data, &size);
    struct leat_error error = { 0 };
    struct buffer out;
    struct plan *plan;

    buffer_init(&out, 1 << 20);
    if (!plan_new(writer, reader, &plan, &error)) {
        if (!plan_run(plan, leat_bytes(data, size), &out, &error))
            read_again(reader, &out);
        else
            assert(!out.size && error.code && *error.text);
        plan_free(plan);
    }
    buffer_free(&out);
    memory_free(writer);
    memory_free(reader);
    return 0;
}
