/* binary.c - values in PostgreSQL's binary form.
 *
 * Entry points:  binary_field()   - one field of a record, by its kind
 * See also:      schemas/print.c (records, arrays and maps), copy.c and upsert.c (who sends them)
 */
#include "sink/binary.h"

#include "schemas/print.h"

#include <assert.h>
#include <inttypes.h>

enum {
    NUMERIC_BASE = 10000,
    NUMERIC_GROUP = 4,        /* decimal digits in one of PostgreSQL's */
    NUMERIC_GROUPS = 8,       /* 19 digits, and three of padding, fit in 6 */
    NUMERIC_SCALE_MAX = 18,
    JSONB_VERSION = 1,
};

/* PostgreSQL counts from 2000, and knows the years from 4713 BC to 294276. */
static const int64_t epoch_shift_ms = 946684800000;
static const int64_t first_ms = -210866803200000;
static const int64_t last_ms = 9224318015999999;

enum binary_oid binary_oid_of(enum leat_kind kind)
{
    switch (kind) {
    case LEAT_BOOLEAN: return OID_BOOL;
    case LEAT_INT: return OID_INT4;
    case LEAT_LONG: return OID_INT8;
    case LEAT_FLOAT: return OID_FLOAT4;
    case LEAT_DOUBLE: return OID_FLOAT8;
    case LEAT_BYTES: return OID_BYTEA;
    case LEAT_DECIMAL: return OID_NUMERIC;
    case LEAT_TIMESTAMP: return OID_TIMESTAMPTZ;
    case LEAT_STRING: case LEAT_ENUM: return OID_TEXT;
    case LEAT_RECORD: case LEAT_ARRAY: case LEAT_MAP: return OID_JSONB;
    }
    assert(!"a kind of value");
    return OID_TEXT;
}

const char *binary_name_of(enum leat_kind kind)
{
    switch (binary_oid_of(kind)) {
    case OID_BOOL: return "bool";
    case OID_BYTEA: return "bytea";
    case OID_INT8: return "int8";
    case OID_INT4: return "int4";
    case OID_FLOAT4: return "float4";
    case OID_FLOAT8: return "float8";
    case OID_TIMESTAMPTZ: return "timestamptz";
    case OID_NUMERIC: return "numeric";
    case OID_JSONB: return "jsonb";
    case OID_TEXT: case OID_VARCHAR: return "text";
    }
    return "text";
}

/* ---- bytes -------------------------------------------------------------------------------- */

int binary_raw16(struct buffer *out, int16_t value)
{
    uint16_t wire = __builtin_bswap16((uint16_t)value);

    return buffer_add(out, &wire, sizeof(wire));
}

int binary_raw32(struct buffer *out, int32_t value)
{
    uint32_t wire = __builtin_bswap32((uint32_t)value);

    return buffer_add(out, &wire, sizeof(wire));
}

void binary_patch(struct buffer *out, size_t at, int32_t value)
{
    uint32_t wire = __builtin_bswap32((uint32_t)value);

    assert(at + sizeof(wire) <= out->size);
    memcpy(out->data + at, &wire, sizeof(wire));
}

static int binary_null(struct buffer *out)
{
    return binary_raw32(out, -1);
}

static int binary_bytes(struct buffer *out, struct leat_bytes bytes)
{
    if (!bytes.data)
        return binary_null(out);
    if (binary_raw32(out, (int32_t)bytes.size))
        return LEAT_E_LIMIT;
    return buffer_add(out, bytes.data, bytes.size);
}

int binary_int(struct buffer *out, int32_t value)
{
    return binary_raw32(out, 4) ? LEAT_E_LIMIT : binary_raw32(out, value);
}

int binary_long(struct buffer *out, int64_t value)
{
    uint64_t wire = __builtin_bswap64((uint64_t)value);

    return binary_raw32(out, 8) ? LEAT_E_LIMIT : buffer_add(out, &wire, sizeof(wire));
}

static int binary_bool(struct buffer *out, bool value)
{
    char wire = value;

    return binary_raw32(out, 1) ? LEAT_E_LIMIT : buffer_add(out, &wire, 1);
}

static int binary_float(struct buffer *out, float value)
{
    int32_t bits;

    memcpy(&bits, &value, sizeof(bits));
    return binary_int(out, bits);
}

static int binary_double(struct buffer *out, double value)
{
    int64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    return binary_long(out, bits);
}

/* ---- values ------------------------------------------------------------------------------- */

int binary_text(struct buffer *out, struct leat_bytes text, struct leat_error *error)
{
    if (text.size && memchr(text.data, 0, text.size))
        return error_set(error, LEAT_E_DATA, "text with a NUL in it does not fit in a column");
    return binary_bytes(out, text);
}

int binary_timestamp(struct buffer *out, int64_t ms, struct leat_error *error)
{
    if (ms < first_ms || ms > last_ms)
        return error_set(error, LEAT_E_DATA, "timestamp %" PRId64 " ms is out of range", ms);
    return binary_long(out, (ms - epoch_shift_ms) * 1000);
}

/* PostgreSQL's numeric: digits to base 10000 that meet at the point, the weight of the first of
 * them, the sign, and the number of decimals to show. */
int binary_numeric(struct buffer *out, int64_t unscaled, int scale)
{
    int16_t groups[NUMERIC_GROUPS];
    int count = 0, padding = (NUMERIC_GROUP - scale % NUMERIC_GROUP) % NUMERIC_GROUP;
    __extension__ unsigned __int128 left =
        unscaled < 0 ? -(uint64_t)unscaled : (uint64_t)unscaled;

    assert(scale >= 0 && scale <= NUMERIC_SCALE_MAX);
    for (int i = 0; i < padding; i++)
        left *= 10;
    for (; left; left /= NUMERIC_BASE)
        groups[count++] = (int16_t)(left % NUMERIC_BASE);
    if (buffer_room(out, (size_t)(4 + 8 + 2 * count)))
        return LEAT_E_LIMIT;
    if (binary_raw32(out, 8 + 2 * count) || binary_raw16(out, (int16_t)count) ||
        binary_raw16(out, (int16_t)(count - 1 - (scale + padding) / NUMERIC_GROUP)) ||
        binary_raw16(out, unscaled < 0 ? 0x4000 : 0) || binary_raw16(out, (int16_t)scale))
        return LEAT_E_LIMIT;
    while (count--) {
        if (binary_raw16(out, groups[count]))
            return LEAT_E_LIMIT;
    }
    return LEAT_OK;
}

static int binary_symbol(struct buffer *out, const char *const *symbols, int32_t index,
                         struct leat_error *error)
{
    for (int32_t i = 0; symbols[i]; i++) {
        if (i == index)
            return binary_bytes(out, leat_bytes_of(symbols[i]));
    }
    return error_set(error, LEAT_E_DATA, "enum has no symbol %" PRId32, index);
}

/* The field becomes the only one, without a name, of a type that is made for it. */
static int binary_json(struct buffer *out, const struct leat_field *field, const void *at)
{
    static const char version = JSONB_VERSION;
    struct leat_field bare = { .kind = field->kind, .of = field->of };
    struct leat_type type = { .fields = &bare, .field_count = 1 };
    size_t start = out->size;

    if (binary_raw32(out, 0) || buffer_add(out, &version, 1) || print_value(&type, at, out))
        return LEAT_E_LIMIT;
    binary_patch(out, start, (int32_t)(out->size - start - 4));
    return LEAT_OK;
}

static int binary_value(struct buffer *out, const struct leat_field *field, const char *at,
                        struct leat_error *error)
{
    switch (field->kind) {
    case LEAT_BOOLEAN: return binary_bool(out, *(const bool *)at);
    case LEAT_INT: return binary_int(out, *(const int32_t *)(const void *)at);
    case LEAT_LONG: return binary_long(out, *(const int64_t *)(const void *)at);
    case LEAT_FLOAT: return binary_float(out, *(const float *)(const void *)at);
    case LEAT_DOUBLE: return binary_double(out, *(const double *)(const void *)at);
    case LEAT_STRING: return binary_text(out, *(const struct leat_bytes *)(const void *)at, error);
    case LEAT_BYTES: return binary_bytes(out, *(const struct leat_bytes *)(const void *)at);
    case LEAT_DECIMAL:
        return binary_numeric(out, *(const int64_t *)(const void *)at, field->scale);
    case LEAT_TIMESTAMP:
        return binary_timestamp(out, *(const int64_t *)(const void *)at, error);
    case LEAT_ENUM:
        return binary_symbol(out, field->symbols, *(const int32_t *)(const void *)at, error);
    case LEAT_RECORD: case LEAT_ARRAY: case LEAT_MAP:
        return binary_json(out, field, at);
    }
    assert(!"a kind of value");
    return LEAT_E_DATA;
}

int binary_field(struct buffer *out, const struct leat_field *field, const void *record,
                 struct leat_error *error)
{
    const char *at = (const char *)record + field->offset;
    bool plain = field->kind == LEAT_STRING || field->kind == LEAT_BYTES;
    int status;

    if (field->nullable && !plain) {
        if (!*(const bool *)at)
            return binary_null(out);
        at = (const char *)record + field->value_offset;
    } else if (plain && !field->nullable && !((const struct leat_bytes *)(const void *)at)->data) {
        return error_set(error, LEAT_E_DATA, "field '%s' is null", field->name);
    }
    status = binary_value(out, field, at, error);
    if (status == LEAT_E_DATA)
        return error_wrap(error, "field '%s'", field->name);
    return status;
}
