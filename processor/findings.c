/* findings.c - rows from several tasks, put into one order. */
#include "base/clock.h"
#include "base/limits.h"
#include "base/memory.h"
#include "processor/queries_parts.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

void findings_init(struct findings *findings, const struct query *query,
                   const struct query_store *store)
{
    *findings = (struct findings){ .query = query, .store = store, .as_of_ms = INT64_MAX,
                                   .status = QUERY_OK };
    findings->until_ms = clock_ms(clock_system()) + query->timeout_ms;
    buffer_init(&findings->text, LIMIT_QUERY_BYTES);
}

void findings_free(struct findings *findings)
{
    buffer_free(&findings->text);
    memory_free(findings->rows);
}

void findings_fail(struct findings *findings, unsigned status)
{
    assert(status != QUERY_OK && findings->error.text[0]);
    findings->status = status;
}

void findings_add(struct findings *findings, bool stale, int64_t as_of_ms, bool more)
{
    findings->stale |= stale;
    findings->more |= more;
    if (as_of_ms < findings->as_of_ms)
        findings->as_of_ms = as_of_ms;
}

static void add(struct findings *findings, size_t place_size, size_t json_size)
{
    size_t place = findings->text.size - place_size - json_size;

    findings->rows = memory_grow(findings->rows, findings->count, &findings->capacity,
                                 sizeof *findings->rows);
    findings->rows[findings->count++] =
        (struct found){ place, place_size, place + place_size, json_size };
}

int findings_row(struct findings *findings, struct leat_bytes place, struct leat_bytes json)
{
    static const char digits[] = "0123456789abcdef";
    struct buffer *text = &findings->text;

    if (buffer_room(text, 2 * place.size + json.size))
        return LEAT_E_LIMIT;
    for (size_t i = 0; i < place.size; i++) {
        unsigned char byte = (unsigned char)place.data[i];

        text->data[text->size++] = digits[byte >> 4];
        text->data[text->size++] = digits[byte & 15];
    }
    memcpy(text->data + text->size, json.data, json.size);
    text->size += json.size;
    add(findings, 2 * place.size, json.size);
    return LEAT_OK;
}

int findings_text(struct findings *findings, struct leat_bytes hex, struct leat_bytes json)
{
    if (buffer_room(&findings->text, hex.size + json.size) ||
        buffer_add(&findings->text, hex.data, hex.size) ||
        buffer_add(&findings->text, json.data, json.size))
        return LEAT_E_LIMIT;
    add(findings, hex.size, json.size);
    return LEAT_OK;
}

/* In hexadecimal, places have the order of their bytes. */
static int compare(const void *a, const void *b, void *user)
{
    const struct findings *findings = user;
    const struct found *left = a, *right = b;
    const char *text = findings->text.data;
    int order = leat_bytes_compare(leat_bytes(text + left->place, left->place_size),
                                   leat_bytes(text + right->place, right->place_size));

    return findings->query->reverse ? -order : order;
}

void findings_sort(struct findings *findings)
{
    size_t limit = (size_t)findings->query->limit;

    if (findings->count)
        qsort_r(findings->rows, findings->count, sizeof *findings->rows, compare, findings);
    if (findings->count <= limit)
        return;
    findings->count = limit;
    findings->more = true;
}

int queries_write_lines(const struct findings *findings, struct buffer *out)
{
    int status = buffer_format(out, "rows %d %" PRId64 " %d\n", findings->stale,
                               findings->as_of_ms, findings->more);

    for (size_t i = 0; i < findings->count && !status; i++) {
        const struct found *row = &findings->rows[i];

        if (buffer_add(out, findings->text.data + row->place, row->place_size) ||
            buffer_text(out, " ") ||
            buffer_add(out, findings->text.data + row->json, row->json_size) ||
            buffer_text(out, "\n"))
            status = LEAT_E_LIMIT;
    }
    return status;
}
