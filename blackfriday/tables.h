/* tables.h - which topics of the job go to which tables, and the views on top of them. */
#ifndef BLACKFRIDAY_TABLES_H
#define BLACKFRIDAY_TABLES_H

#include "sink/table.h"

/* The eleven output topics that hold records, and the two dimensions. Names are the topics' with
 * _ for -. */
const struct sink_table *tables_all(size_t *count);

/* views.sql: may be run again, with the schema first in search_path. */
const char *tables_views(void);

#endif
