/* leat/bytes.h - a borrowed piece of memory: keys, strings and encoded values.
 *
 * A struct leat_bytes never owns what it points to. data NULL means "none" (a null key, a
 * tombstone, an absent string); size 0 with data set is an empty one.
 */
#ifndef LEAT_BYTES_H
#define LEAT_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct leat_bytes {
    const char *data;
    size_t size;
};

/* The bytes of a string literal. */
#define LEAT_LITERAL(text) ((struct leat_bytes){ (text), sizeof(text) - 1 })

static inline struct leat_bytes leat_bytes(const void *data, size_t size)
{
    return (struct leat_bytes){ (const char *)data, size };
}

/* The bytes of a C string, without its final zero; NULL gives none. */
static inline struct leat_bytes leat_bytes_of(const char *text)
{
    return (struct leat_bytes){ text, text ? strlen(text) : 0 };
}

/* Bytewise, a prefix before what it begins: the order of stores and of memcmp. */
static inline int leat_bytes_compare(struct leat_bytes a, struct leat_bytes b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common ? memcmp(a.data, b.data, common) : 0;

    return order ? order : (a.size > b.size) - (a.size < b.size);
}

/* Equal bytes; none equals only none. */
static inline bool leat_bytes_equal(struct leat_bytes a, struct leat_bytes b)
{
    return a.size == b.size && !a.data == !b.data && (!a.size || !memcmp(a.data, b.data, a.size));
}

#endif
