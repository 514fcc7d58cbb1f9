/* leat/type.h - what the engine knows of a value's type.
 *
 * One struct leat_type describes one C struct that holds a value: generated from an Avro record by
 * leat-avrogen, or one of the built-in types, whose bytes are those of Kafka's own serialisers.
 * Nothing here allocates but from the arena that is passed in.
 *
 * Shape of generated structs:   string, bytes -> struct leat_bytes (union with null: data NULL)
 *   int, long, timestamp-millis -> int32_t, int64_t       decimal(p <= 18, s) -> int64_t, unscaled
 *   float, double, boolean, enum -> float, double, bool, int32_t (the symbol's index)
 *   record -> the struct itself     array -> struct { size_t count; const T *items; }
 *   map -> struct { size_t count; const struct { struct leat_bytes key; T value; } *items; }
 *   [null, T], T a number, record, array or map -> struct { bool set; T value; }
 */
#ifndef LEAT_TYPE_H
#define LEAT_TYPE_H

#include <leat/bytes.h>
#include <leat/error.h>

struct arena;  /* memory that is given back all at once; see leat_alloc() */
struct buffer; /* bytes that grow at the end, up to a limit */

enum leat_kind {
    LEAT_BOOLEAN, LEAT_INT, LEAT_LONG, LEAT_FLOAT, LEAT_DOUBLE, LEAT_STRING, LEAT_BYTES,
    LEAT_DECIMAL,   /* int64_t, unscaled: 1234 with scale 2 is 12.34 */
    LEAT_TIMESTAMP, /* int64_t, milliseconds since 1970, UTC */
    LEAT_ENUM, LEAT_RECORD, LEAT_ARRAY, LEAT_MAP,
};

/* A field of a record, for those who walk values without knowing them: printing, SQL, JSON. */
struct leat_field {
    const char *name;
    enum leat_kind kind;
    size_t offset;
    bool nullable;                /* may be null: data NULL, or .set false at the offset */
    int precision, scale;         /* of a decimal */
    size_t value_offset;          /* nullable, not string or bytes: where .value stands */
    const char *const *symbols;   /* of an enum, NULL at the end */
    const struct leat_type *of;   /* the record's type, or that of an array's or map's items */
};

struct leat_type {
    const char *name;             /* Avro's full name, or "string", "long", ... */
    const char *schema;           /* the Avro schema as JSON; NULL: built-in, and no wire prefix */
    size_t size;                  /* of the C struct */
    const struct leat_field *fields;
    size_t field_count;

    /* Appends the body (without the wire prefix). 0, LEAT_E_LIMIT, or LEAT_E_DATA for a value
     * that the schema cannot hold, such as a decimal with too many digits. */
    int (*encode)(const void *value, struct buffer *out);

    /* Fills value, whose strings point into body; arrays come from the arena. All of body must be
     * used. 0 or LEAT_E_DATA. */
    int (*decode)(void *value, struct leat_bytes body, struct arena *arena);

    /* Bytes that value points to, each piece rounded up to 8: what a deep copy needs on top. */
    size_t (*extent)(const void *value);

    /* Copies value with all it points to; *tail is where the pieces go, and is moved on. */
    void (*copy)(void *to, const void *from, char **tail);

    /* Whether all that value points to lies within [low, high). */
    bool (*within)(const void *value, const char *low, const char *high);
};

/* Built-in types. C form: struct leat_bytes, struct leat_bytes, int32_t, int64_t, double. */
extern const struct leat_type leat_string_type, leat_bytes_type, leat_int_type, leat_long_type,
    leat_double_type;

#endif
