/* query_table.h - answers of instances as a table in the terminal. */
#ifndef BLACKFRIDAY_QUERY_TABLE_H
#define BLACKFRIDAY_QUERY_TABLE_H

#include "base/error.h"
#include "leat/bytes.h"

#include <stdio.h>

/* The text ends with a zero behind its size. False: it is no list and no rows. */
bool query_table_print(struct leat_bytes json, FILE *out);

/* The sentence of {"error":"..."} into error, and its code; 0: it is something else. */
int query_table_error(struct leat_bytes json, struct leat_error *error);

#endif
