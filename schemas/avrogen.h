/* avrogen.h - the generator's picture of a schema: how each type stands in C.
 *
 * The model is made first (avrogen_model.c) and says what C cannot hold; the writers after it
 * (avrogen_struct.c, _table.c, _take.c, _put.c, _copy.c) cannot fail but by running out of room.
 */
#ifndef SCHEMAS_AVROGEN_H
#define SCHEMAS_AVROGEN_H

#include "leat/type.h"
#include "schemas/schema.h"

struct gen_record;

/* One type where it is used. */
struct gen_shape {
    const struct schema *schema; /* the union with null taken off */
    enum leat_kind kind;
    bool nullable;
    bool boxed;                      /* nullable, and not a string or bytes: { set, value } */
    bool lone;                       /* the only branch of a union: index 0 stands before it */
    int null_branch;                 /* of a nullable: 0 or 1 */
    const struct gen_record *record; /* of a record */
    const struct gen_shape *items;   /* of an array or map */
    const char *tag;                 /* of an array or map: <record>_<field>, for its functions */
    const char *item_type;           /* of an array or map: the C type of what items points to */
    struct gen_shape *next;          /* in gen.lists */
};

struct gen_field {
    const char *name;   /* in Avro */
    const char *member; /* in C */
    const char *doc;
    const struct gen_shape *shape;
};

struct gen_record {
    const struct schema *schema;
    const char *name; /* the struct's tag */
    struct gen_field *fields;
    size_t field_count;
    int state; /* while the model is made */
    struct gen_record *next;
};

struct gen_enum {
    const struct schema *schema;
    const char *name;
    struct gen_enum *next;
};

struct gen {
    struct arena arena;
    struct map claimed;         /* C names that are taken, to the Avro name that took them */
    struct map by_name;         /* full names to struct gen_record or gen_enum */
    struct gen_record *records; /* a struct before those that hold it */
    struct gen_record **records_end;
    struct gen_shape *lists; /* arrays and maps */
    struct gen_enum *enums;
    struct gen_record *root;
    const char *schema; /* the root's JSON text */
    const char *file;   /* the .avsc, for comments */
    struct leat_error *error;
};

/* avrogen_names.c: an Avro name that C can use; claims are refused when another has the name. */
const char *gen_member(struct gen *gen, const char *name);
int gen_claim(struct gen *gen, const char *name, const char *by) MUST_CHECK;
const char *gen_upper(struct gen *gen, const char *name);

/* avrogen_model.c */
int gen_model(struct gen *gen, const struct schema *root) MUST_CHECK;
bool gen_has_lists(const struct gen_shape *shape);  /* arrays or maps, at any depth */
bool gen_has_pieces(const struct gen_shape *shape); /* anything that a copy must move */
size_t gen_least_bytes(const struct gen_shape *shape);
bool gen_is_text(const struct gen_shape *shape); /* stands in C as struct leat_bytes */
bool gen_is_list(const struct gen_shape *shape);
const char *gen_scalar(const struct gen_shape *shape); /* its C type; NULL of a list */

/* avrogen_schema.c: a record's schema by itself, as JSON text made in the arena. */
const char *gen_schema(struct gen *gen, const struct schema *schema);

/* Each appends its part of the text. 0 or LEAT_E_LIMIT. */
int gen_header(struct gen *gen, struct buffer *out) MUST_CHECK;
int gen_tables(struct gen *gen, struct buffer *out) MUST_CHECK;
int gen_take(struct gen *gen, struct buffer *out) MUST_CHECK;
int gen_put(struct gen *gen, struct buffer *out) MUST_CHECK;
int gen_copy(struct gen *gen, struct buffer *out) MUST_CHECK;

#endif
