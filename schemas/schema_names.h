/* schema_names.h - Avro's names: what is one, and in which namespace. Only for the parser. */
#ifndef SCHEMAS_SCHEMA_NAMES_H
#define SCHEMAS_SCHEMA_NAMES_H

#include "schemas/schema.h"

/* A letter or underscore, then those and digits. */
bool schema_name_valid(const char *name);

/* Simple names between dots; a namespace may hold dashes, since those in use do. */
bool schema_full_name_valid(const char *name);

/* name in a namespace, made in the arena: name itself where it has a dot or there is none. */
const char *schema_full_name(struct arena *arena, const char *name, const char *space);

/* The namespace of a full name, made in the arena; "" for none. */
const char *schema_namespace(struct arena *arena, const char *name);

/* Copies a member's text; NULL where it is absent or no text. */
const char *schema_member(struct arena *arena, const json_t *json, const char *member);

/* The names of an array of text: aliases (space set: made full) or symbols (space NULL). Each must
 * be valid, and none stand twice. */
int schema_names_read(struct arena *arena, const json_t *json, const char *space,
                      struct schema_names *out, struct leat_error *error) MUST_CHECK;

#endif
