/* resolve.h - reading what another schema wrote, by Avro's rules of schema resolution.
 *
 * A plan is compiled once for a pair of schemas. It transcodes: the writer's Avro body goes in,
 * the reader's comes out, so that a decoder knows its own schema only. Records are reordered,
 * skipped and filled with defaults, numbers promoted, names matched by alias, unions resolved both
 * ways.
 *
 * Entry points:  plan_new(), plan_free()
 *                plan_identity()  - both schemas have one encoding: plan_run() is not needed
 *                plan_run()       - one body
 * Thread: plan_new() any; a plan never changes, so any number of threads may run it at once.
 */
#ifndef SCHEMAS_RESOLVE_H
#define SCHEMAS_RESOLVE_H

#include "base/buffer.h"
#include "base/error.h"

struct plan;

/* Both schemas as JSON text. LEAT_E_DATA: a schema is wrong, or the reader can read nothing that
 * the writer writes; the sentence names the field. What only some values make impossible (a branch
 * of a union, a symbol of an enum) is an error of plan_run(), for those values.
 * Owner: the caller, of *out. */
int plan_new(const char *writer_json, const char *reader_json, struct plan **out,
             struct leat_error *error) MUST_CHECK;
void plan_free(struct plan *plan);

/* Every body of the writer is one of the reader, with the same meaning, byte for byte. */
bool plan_identity(const struct plan *plan);

/* Appends in, transcoded, to out. in is not trusted: lengths, counts, depth, UTF-8, enums and
 * booleans are checked, and all of it must be used. LEAT_E_DATA: malformed, or of a shape that the
 * reader cannot hold; LEAT_E_LIMIT: out is full. On an error out is as long as before. */
int plan_run(const struct plan *plan, struct leat_bytes in, struct buffer *out,
             struct leat_error *error) MUST_CHECK;

#endif
