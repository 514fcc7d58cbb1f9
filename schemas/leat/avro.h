/* leat/avro.h - Avro's binary encoding, one primitive at a time: what generated code is made of.
 *
 * take functions read: they return the place behind what they read, or NULL where the bytes are
 * short or not what they should be. put functions write into room that the caller has made, and
 * return the place behind. Both are inline, since a record's codec is a straight line of them.
 *
 * Entry points:  leat_avro_take_...(), leat_avro_put_...()    - primitives
 *                leat_avro_room(), leat_avro_used()           - room in a buffer
 *                leat_avro_take_block(), leat_avro_grow()     - arrays and maps
 *                leat_avro_copy(), leat_avro_within()         - moving what a value points to
 * Thread: any; nothing here keeps anything.
 */
#ifndef LEAT_AVRO_H
#define LEAT_AVRO_H

#include <leat/type.h>

enum {
    LEAT_AVRO_LONG_BYTES = 10,     /* the longest int or long */
    LEAT_AVRO_DECIMAL_BYTES = 9,   /* the longest decimal, with its length */
    LEAT_AVRO_MAX_DEPTH = 64,      /* nesting of values of recursive records */
    LEAT_AVRO_MAX_ITEMS = 1 << 20, /* of one array or map */
};

/* Room for extra bytes, 1 or more, at the buffer's end, or NULL where its limit is reached; once
 * they are written, leat_avro_used() says where they end. */
uint8_t *leat_avro_room(struct buffer *out, size_t extra);
void leat_avro_used(struct buffer *out, const uint8_t *end);

/* The bytes in the buffer, and back to as many: an encoder that fails leaves nothing behind. */
size_t leat_avro_size(const struct buffer *out);
void leat_avro_cut(struct buffer *out, size_t size);

/* Whether the bytes are UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF. */
bool leat_avro_utf8(const char *data, size_t size);

/* The piece's size as it counts in an extent. */
static inline size_t leat_avro_piece(size_t size)
{
    return (size + 7) & ~(size_t)7;
}

static inline bool leat_avro_ascii(const char *data, size_t size)
{
    uint64_t seen = 0, word;

    for (; size >= sizeof word; data += sizeof word, size -= sizeof word) {
        memcpy(&word, data, sizeof word);
        seen |= word;
    }
    for (; size; data++, size--)
        seen |= (uint64_t)(unsigned char)*data;
    return !(seen & UINT64_C(0x8080808080808080));
}

static inline bool leat_avro_text(struct leat_bytes text)
{
    return leat_avro_ascii(text.data, text.size) || leat_avro_utf8(text.data, text.size);
}

static inline const uint8_t *leat_avro_take_long(const uint8_t *at, const uint8_t *end,
                                                 int64_t *out)
{
    uint64_t raw = 0;
    uint64_t byte;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (at == end)
            return NULL;
        byte = *at++;
        raw |= (byte & 0x7f) << shift;
        if (byte < 0x80) {
            *out = (int64_t)((raw >> 1) ^ -(raw & 1));
            return shift == 63 && byte > 1 ? NULL : at;
        }
    }
    return NULL;
}

static inline const uint8_t *leat_avro_take_int(const uint8_t *at, const uint8_t *end, int32_t *out)
{
    int64_t wide;

    at = leat_avro_take_long(at, end, &wide);
    if (!at || wide < INT32_MIN || wide > INT32_MAX)
        return NULL;
    *out = (int32_t)wide;
    return at;
}

static inline const uint8_t *leat_avro_take_boolean(const uint8_t *at, const uint8_t *end,
                                                    bool *out)
{
    if (at == end || *at > 1)
        return NULL;
    *out = *at;
    return at + 1;
}

static inline uint32_t leat_avro_load32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline const uint8_t *leat_avro_take_float(const uint8_t *at, const uint8_t *end, float *out)
{
    uint32_t raw;

    if (end - at < 4)
        return NULL;
    raw = leat_avro_load32(at);
    memcpy(out, &raw, sizeof raw);
    return at + 4;
}

static inline const uint8_t *leat_avro_take_double(const uint8_t *at, const uint8_t *end,
                                                   double *out)
{
    uint64_t raw;

    if (end - at < 8)
        return NULL;
    raw = leat_avro_load32(at) | (uint64_t)leat_avro_load32(at + 4) << 32;
    memcpy(out, &raw, sizeof raw);
    return at + 8;
}

static inline const uint8_t *leat_avro_take_fixed(const uint8_t *at, const uint8_t *end,
                                                  size_t size, struct leat_bytes *out)
{
    if (size > (size_t)(end - at))
        return NULL;
    *out = leat_bytes(at, size);
    return at + size;
}

static inline const uint8_t *leat_avro_take_bytes(const uint8_t *at, const uint8_t *end,
                                                  struct leat_bytes *out)
{
    int64_t size;

    at = leat_avro_take_long(at, end, &size);
    if (!at || size < 0 || size > end - at)
        return NULL;
    *out = leat_bytes(at, (size_t)size);
    return at + size;
}

static inline const uint8_t *leat_avro_take_string(const uint8_t *at, const uint8_t *end,
                                                   struct leat_bytes *out)
{
    at = leat_avro_take_bytes(at, end, out);
    return at && leat_avro_text(*out) ? at : NULL;
}

/* The index of an enum's symbol or of a union's branch. */
static inline const uint8_t *leat_avro_take_index(const uint8_t *at, const uint8_t *end,
                                                  int32_t count, int32_t *out)
{
    at = leat_avro_take_int(at, end, out);
    return at && *out >= 0 && *out < count ? at : NULL;
}

/* Two's complement, big-endian; bytes that only repeat the sign may stand before it. bound is
 * 10 to the power of the precision. */
bool leat_avro_decimal(struct leat_bytes bytes, int64_t bound, int64_t *out);

static inline const uint8_t *leat_avro_take_decimal(const uint8_t *at, const uint8_t *end,
                                                    int64_t bound, int64_t *out)
{
    struct leat_bytes bytes;

    at = leat_avro_take_bytes(at, end, &bytes);
    return at && leat_avro_decimal(bytes, bound, out) ? at : NULL;
}

static inline const uint8_t *leat_avro_take_fixed_decimal(const uint8_t *at, const uint8_t *end,
                                                          size_t size, int64_t bound, int64_t *out)
{
    struct leat_bytes bytes;

    at = leat_avro_take_fixed(at, end, size, &bytes);
    return at && leat_avro_decimal(bytes, bound, out) ? at : NULL;
}

static inline uint8_t *leat_avro_put_long(uint8_t *at, int64_t value)
{
    uint64_t raw = ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);

    for (; raw >= 0x80; raw >>= 7)
        *at++ = (uint8_t)(raw | 0x80);
    *at++ = (uint8_t)raw;
    return at;
}

static inline uint8_t *leat_avro_put_boolean(uint8_t *at, bool value)
{
    *at = value;
    return at + 1;
}

static inline uint8_t *leat_avro_put_float(uint8_t *at, float value)
{
    uint32_t raw;

    memcpy(&raw, &value, sizeof raw);
    for (int i = 0; i < 4; i++, raw >>= 8)
        at[i] = (uint8_t)raw;
    return at + 4;
}

static inline uint8_t *leat_avro_put_double(uint8_t *at, double value)
{
    uint64_t raw;

    memcpy(&raw, &value, sizeof raw);
    for (int i = 0; i < 8; i++, raw >>= 8)
        at[i] = (uint8_t)raw;
    return at + 8;
}

static inline uint8_t *leat_avro_put_fixed(uint8_t *at, struct leat_bytes value)
{
    if (value.size)
        memcpy(at, value.data, value.size);
    return at + value.size;
}

/* A string or bytes; none is written as an empty one. */
static inline uint8_t *leat_avro_put_bytes(uint8_t *at, struct leat_bytes value)
{
    return leat_avro_put_fixed(leat_avro_put_long(at, (int64_t)value.size), value);
}

/* In exactly size bytes, 1 or more. */
static inline uint8_t *leat_avro_put_fixed_decimal(uint8_t *at, size_t size, int64_t value)
{
    for (size_t i = size; i; i--, value >>= 8)
        at[i - 1] = (uint8_t)value;
    return at + size;
}

/* In as few bytes as hold it, as Java's BigInteger does. */
static inline uint8_t *leat_avro_put_decimal(uint8_t *at, int64_t value)
{
    size_t size = 1;

    for (int64_t rest = value; rest < -128 || rest > 127; rest >>= 8)
        size++;
    *at++ = (uint8_t)(size << 1);
    return leat_avro_put_fixed_decimal(at, size, value);
}

/* Reading an array or a map: zeroed before the first block. */
struct leat_avro_blocks {
    size_t count;        /* items in the block that was just opened; 0: that was the end */
    size_t total;        /* items before it */
    size_t capacity;     /* of what leat_avro_grow() made */
    const uint8_t *stop; /* where the block says that it ends, or NULL */
};

/* Opens the next block; an item takes at least item_bytes; one of none is for the
 * caller to bound. */
const uint8_t *leat_avro_take_block(const uint8_t *at, const uint8_t *end, size_t item_bytes,
                                    struct leat_avro_blocks *blocks);

/* Room for the block's items behind those before it; the items may move. */
void *leat_avro_grow(struct leat_avro_blocks *blocks, void *items, size_t size,
                     struct arena *arena);

/* The copy of a piece at *tail, which is moved on; none stays none. */
static inline struct leat_bytes leat_avro_copy(struct leat_bytes from, char **tail)
{
    struct leat_bytes to = { from.data ? *tail : NULL, from.size };

    if (from.size)
        memcpy(*tail, from.data, from.size);
    *tail += leat_avro_piece(from.size);
    return to;
}

/* An empty piece is never read, so it may point anywhere. */
static inline bool leat_avro_within(const void *data, size_t size, const char *low,
                                    const char *high)
{
    const char *from = data;

    return !size || (from >= low && from <= high && size <= (size_t)(high - from));
}

#endif
