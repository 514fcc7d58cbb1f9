/* wire.c - the two wire forms of a schema's name, read and written. */
#include "schemas/wire.h"

#include <assert.h>
#include <stdio.h>

enum { MAGIC_ID = 0, MAGIC_GUID = 1 };

int wire_split(struct leat_bytes wire, int32_t *id, struct leat_bytes *body,
               struct leat_error *error)
{
    const uint8_t *at = (const uint8_t *)wire.data;

    if (wire.size < WIRE_PREFIX_BYTES)
        return error_set(error, LEAT_E_DATA,
                         "value of %zu bytes is too short for a schema's id (5 bytes)", wire.size);
    if (at[0] != MAGIC_ID)
        return error_set(error, LEAT_E_DATA,
                         "value begins with byte %u instead of 0: not written with a schema",
                         at[0]);
    *id = (int32_t)((uint32_t)at[1] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 8 | at[4]);
    *body = leat_bytes(wire.data + WIRE_PREFIX_BYTES, wire.size - WIRE_PREFIX_BYTES);
    if (*id < 0)
        return error_set(error, LEAT_E_DATA, "value names schema id %d: ids are not negative", *id);
    return LEAT_OK;
}

int wire_prefix(struct buffer *out, int32_t id)
{
    uint32_t bits = (uint32_t)id;
    uint8_t prefix[WIRE_PREFIX_BYTES] = { MAGIC_ID, (uint8_t)(bits >> 24), (uint8_t)(bits >> 16),
                                          (uint8_t)(bits >> 8), (uint8_t)bits };

    assert(id >= 0);
    return buffer_add(out, prefix, sizeof prefix);
}

bool wire_guid(struct leat_bytes header, uint8_t guid[WIRE_GUID_BYTES])
{
    if (header.size != 1 + WIRE_GUID_BYTES || header.data[0] != MAGIC_GUID)
        return false;
    memcpy(guid, header.data + 1, WIRE_GUID_BYTES);
    return true;
}

void wire_guid_text(const uint8_t guid[WIRE_GUID_BYTES], char text[WIRE_GUID_TEXT])
{
    size_t at = 0;

    for (int i = 0; i < WIRE_GUID_BYTES; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            text[at++] = '-';
        at += (size_t)snprintf(text + at, WIRE_GUID_TEXT - at, "%02x", guid[i]);
    }
    assert(at == WIRE_GUID_TEXT - 1);
}
