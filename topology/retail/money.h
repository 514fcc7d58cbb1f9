/* money.h - sums of amounts that stay within decimal(18,2).
 *
 * A sale of the greatest amount is valid, and so are two of them: their sum stays at the greatest
 * figure that fits, where it would otherwise stop the job for good.
 */
#ifndef RETAIL_MONEY_H
#define RETAIL_MONEY_H

#include <stdint.h>

#define MONEY_MAX INT64_C(999999999999999999)

/* Neither is negative or greater than MONEY_MAX. */
static inline int64_t money_add(int64_t a, int64_t b)
{
    return a <= MONEY_MAX - b ? a + b : MONEY_MAX;
}

#endif
