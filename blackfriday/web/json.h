/* json.h - what schemas/print.h does not write of JSON: decimals that stay decimals. */
#ifndef BLACKFRIDAY_WEB_JSON_H
#define BLACKFRIDAY_WEB_JSON_H

#include "base/buffer.h"

#include <stdint.h>

/* Hundredths as a quoted decimal: "12.34". */
int json_money(struct buffer *out, int64_t hundredths) MUST_CHECK;

#endif
