/* json.h - writing JSON: texts that are escaped, decimals that stay decimals. */
#ifndef BLACKFRIDAY_WEB_JSON_H
#define BLACKFRIDAY_WEB_JSON_H

#include "base/buffer.h"

#include <stdint.h>

/* Quoted. Bytes that are no UTF-8 become U+FFFD: keys may hold anything. */
int json_text(struct buffer *out, struct leat_bytes text) MUST_CHECK;

/* Hundredths as a quoted decimal: "12.34". */
int json_money(struct buffer *out, int64_t hundredths) MUST_CHECK;

#endif
