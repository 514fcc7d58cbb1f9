/* audit.h - what the parts of the audit share. */
#ifndef TESTS_CHAOS_AUDIT_H
#define TESTS_CHAOS_AUDIT_H

#include "processor/log.h"

/* Reads committed records of one partition until its end, or until the offset `until` (-1: the
 * end); each goes to take. Complains and returns false if the end does not come. */
bool audit_read(struct log *log, const char *topic, int32_t partition, int64_t from, int64_t until,
                void (*take)(void *user, const struct log_message *message), void *user);

/* Each copy of each store under state directories against the fold of its changelog. Returns how
 * many differ, and prints one line for each. */
int audit_stores(struct log *log, const char *application, char **directories, int count);

#endif
