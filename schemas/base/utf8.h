/* utf8.h - whether bytes are well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms). */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "leat/bytes.h"

bool utf8_valid(struct leat_bytes text);

#endif
