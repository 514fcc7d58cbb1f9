/* headers.c - the headers of a record, and what callbacks may do with them. */
#include "topology/headers.h"

#include "state/big_endian.h"
#include "topology/flow.h"

enum { HEADER_HEAD_BYTES = 8, VALUE_NULL = -1 };

bool headers_next(struct leat_bytes *headers, struct header *out)
{
    uint32_t name_size, value_size, present;

    if (headers->size < HEADER_HEAD_BYTES)
        return false;
    name_size = big_endian_get_32(headers->data);
    value_size = big_endian_get_32(headers->data + 4);
    present = value_size == (uint32_t)VALUE_NULL ? 0 : value_size;
    headers->data += HEADER_HEAD_BYTES;
    headers->size -= HEADER_HEAD_BYTES;
    if (!name_size || name_size > headers->size || present > headers->size - name_size ||
        headers->data[name_size - 1])
        return false;
    out->name = headers->data;
    out->value = leat_bytes(value_size == present ? headers->data + name_size : NULL, present);
    headers->data += name_size + present;
    headers->size -= name_size + present;
    return true;
}

struct leat_bytes headers_find(struct leat_bytes headers, const char *name)
{
    struct leat_bytes found = { 0 };
    struct header header;

    while (headers_next(&headers, &header))
        if (!strcmp(header.name, name))
            found = header.value;
    return found;
}

struct leat_bytes headers_add(struct arena *arena, struct leat_bytes headers,
                              const struct header *header)
{
    size_t name_size = strlen(header->name) + 1;
    size_t size = headers.size + HEADER_HEAD_BYTES + name_size + header->value.size;
    char *all = arena_new(arena, size), *at = all + headers.size;

    assert(header->value.size < UINT32_MAX && name_size < UINT32_MAX);
    if (headers.size)
        memcpy(all, headers.data, headers.size);
    big_endian_put_32(at, (uint32_t)name_size);
    big_endian_put_32(at + 4, (uint32_t)(header->value.data ? (int64_t)header->value.size
                                                            : VALUE_NULL));
    memcpy(at + HEADER_HEAD_BYTES, header->name, name_size);
    if (header->value.size)
        memcpy(at + HEADER_HEAD_BYTES + name_size, header->value.data, header->value.size);
    return leat_bytes(all, size);
}

struct leat_bytes headers_remove(struct arena *arena, struct leat_bytes headers, const char *name)
{
    char *all = arena_new(arena, headers.size);
    size_t size = 0;
    struct header header;

    for (struct leat_bytes rest = headers; headers_next(&rest, &header);) {
        const char *from = header.name - HEADER_HEAD_BYTES;

        if (!strcmp(header.name, name))
            continue;
        memcpy(all + size, from, (size_t)(rest.data - from));
        size += (size_t)(rest.data - from);
    }
    return size ? leat_bytes(all, size) : (struct leat_bytes){ 0 };
}

/* ---- in callbacks ---------------------------------------------------------------------------- */

struct leat_bytes leat_header(const struct leat_record *record, const char *name)
{
    return headers_find(record->call->headers, name);
}

void leat_remove_header(const struct leat_record *record, const char *name)
{
    struct leat_call *call = record->call;

    if (call->headers.size)
        call->headers = headers_remove(&call->flow->record, call->headers, name);
}

void leat_set_header(const struct leat_record *record, const char *name, struct leat_bytes value)
{
    struct leat_call *call = record->call;

    leat_remove_header(record, name);
    call->headers = headers_add(&call->flow->record, call->headers,
                                &(struct header){ name, value });
}
