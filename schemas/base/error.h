/* error.h - writing the sentence of an error. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "leat/error.h"

/* Sets code and sentence, and returns code; error may be NULL. The first sentence of a chain is
 * kept by those who pass it on. */
__attribute__((format(printf, 3, 4))) int error_set(struct leat_error *error, int code,
                                                    const char *format, ...);

/* Puts "<context>: " before the sentence that is there, and returns its code. */
__attribute__((format(printf, 2, 3))) int error_wrap(struct leat_error *error, const char *format,
                                                     ...);

#define MUST_CHECK __attribute__((warn_unused_result))

#endif
