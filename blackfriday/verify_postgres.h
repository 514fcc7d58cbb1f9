/* verify_postgres.h - the tables of a database against the same truth as the topics. */
#ifndef BLACKFRIDAY_VERIFY_POSTGRES_H
#define BLACKFRIDAY_VERIFY_POSTGRES_H

#include "blackfriday/verify_world.h"
#include "leat/type.h"

struct verify_database;

int verify_database_open(const char *conninfo, const char *schema, struct verify_database **out,
                         struct leat_error *error) MUST_CHECK;
void verify_database_close(struct verify_database *database);

/* Hands each row of a topic's table to each(); value lives until it returns. Returns 1 if there is
 * no such table. */
int verify_database_read(struct verify_database *database, const char *topic,
                         const struct leat_type *type, struct arena *scratch,
                         void (*each)(void *user, const void *value), void *user,
                         struct leat_error *error) MUST_CHECK;

#endif
