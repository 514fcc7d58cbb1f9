/* verify_value.h - two values of one type: equal or not, and a value in words. */
#ifndef BLACKFRIDAY_VERIFY_VALUE_H
#define BLACKFRIDAY_VERIFY_VALUE_H

#include "base/buffer.h"
#include "leat/type.h"

/* Field by field; the field named `except` is not looked at (NULL: all are). Doubles may differ by
 * their last digits. */
bool verify_value_equal(const struct leat_type *type, const void *a, const void *b,
                        const char *except);

/* The first field that differs, or NULL. */
const struct leat_field *verify_value_difference(const struct leat_type *type, const void *a,
                                                 const void *b, const char *except);

/* The same for equal values, and different for others as far as 64 bits go. */
uint64_t verify_value_hash(const struct leat_type *type, const void *value);

void verify_value_field(const struct leat_field *field, const void *value, struct buffer *out);

/* The field of that name; it must exist. */
const struct leat_field *verify_value_find(const struct leat_type *type, const char *name);

/* Unprintable bytes as \xhh. */
void verify_value_bytes(struct leat_bytes bytes, struct buffer *out);

#endif
