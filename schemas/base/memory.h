/* memory.h - the one allocation policy: memory that is asked for is there.
 *
 * Sizes that come from data are checked against limits.h before they reach these. A machine that
 * cannot give what is left then has no way on: the process says so and ends, and a restart resumes
 * at the last commit.
 */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>

void *memory_new(size_t size);                      /* zeroed */
void *memory_array(size_t count, size_t size);      /* zeroed; the product is checked */
void *memory_resize(void *memory, size_t count, size_t size);
char *memory_text(const char *text);                /* a copy; NULL gives NULL */
__attribute__((format(printf, 1, 2))) char *memory_format(const char *format, ...);
void memory_free(const void *memory);               /* of any of the above; NULL is a no-op */

/* Room for one more item in a growing array: doubles *capacity as needed. */
void *memory_grow(void *items, size_t count, size_t *capacity, size_t size);

#endif
