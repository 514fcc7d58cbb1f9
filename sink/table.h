/* table.h - which topic goes to which table, and how.
 *
 * Columns are the fields of the topic's type, key columns first. Those take their values from
 * the record's key, which wins over the body; a null value has no other.
 */
#ifndef SINK_TABLE_H
#define SINK_TABLE_H

#include "base/error.h"
#include "leat/type.h"

enum { SINK_KEY_COLUMNS = 4, SINK_INDEXES = 4 };

enum sink_mode {
    SINK_UPSERT, /* the last value of a key is its row; null deletes it */
    SINK_FACTS,  /* each record is a row of its own, named by its partition and offset */
};

enum sink_key_form {
    SINK_KEY_TEXT,     /* the key is the first key column */
    SINK_KEY_PARTS,    /* '|' divides the key columns; the last one takes what is left */
    SINK_KEY_WINDOWED, /* the window's start, the last eight bytes, is the last key column; the one
                          before it, if there is one, is the inner key */
};

struct sink_table {
    const char *topic, *table;
    const struct leat_type *type;
    enum sink_mode mode;
    enum sink_key_form key_form;                            /* SINK_UPSERT */
    const char *key[SINK_KEY_COLUMNS];                      /* NULL at the end */
    const char *indexes[SINK_INDEXES][SINK_KEY_COLUMNS];    /* columns of each; NULL at the end */
    const char *partition_by; /* SINK_FACTS: a timestamp, for one partition of the table a day */
};

enum column_source { COLUMN_FIELD, COLUMN_KEY, COLUMN_PARTITION, COLUMN_OFFSET };

struct column {
    const char *name;
    enum column_source source;
    enum leat_kind kind;
    const struct leat_field *field; /* NULL: not from the value */
    int key_part;                   /* COLUMN_KEY: which part of the key */
    bool nullable;
};

struct columns {
    struct column *items;
    size_t count;
};

/* The columns of a table, or LEAT_E_ARGUMENT: a name that is no identifier, a key or index over
 * what is no column, a type that has no fields. */
int columns_new(const struct sink_table *table, struct columns *columns,
                struct leat_error *error) MUST_CHECK;
void columns_free(struct columns *columns);
const struct column *columns_find(const struct columns *columns, const char *name);

/* Letters, digits and _, no digit first, 63 bytes at most: what may stand in SQL between quotes. */
bool table_identifier(const char *name);

size_t table_key_count(const struct sink_table *table);

/* The bytes of a record's key that say which row it is; two keys with equal ones are one row. */
struct leat_bytes table_identity(const struct sink_table *table, struct leat_bytes key);

/* One part of a record's key: text, or a window's start in milliseconds. LEAT_E_DATA if the key
 * has not this form. */
int table_key_text(const struct sink_table *table, struct leat_bytes key, int part,
                   struct leat_bytes *text, struct leat_error *error) MUST_CHECK;
int table_key_start(struct leat_bytes key, int64_t *start_ms, struct leat_error *error) MUST_CHECK;

#endif
