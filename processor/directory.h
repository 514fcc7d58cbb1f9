/* directory.h - where each task is, as it was last read; read again when that proves wrong. */
#ifndef PROCESSOR_DIRECTORY_H
#define PROCESSOR_DIRECTORY_H

#include "processor/owners.h"

struct directory;

/* The log outlives it, the name is copied. Nothing is read before somebody asks. */
struct directory *directory_new(struct log *log, const char *application);
void directory_free(struct directory *directory); /* NULL is a no-op */

/* The address of the task's owner: memory_free() it. NULL: nobody has said so. Thread: any. */
char *directory_find(struct directory *directory, const char *task);

/* What is known does not hold: reads again, unless that was done less than least_ms ago. */
int directory_refresh(struct directory *directory, int64_t least_ms, int timeout_ms,
                      struct leat_error *error) MUST_CHECK;

#endif
