/* headers.h - the headers of a record, as one piece of bytes.
 *
 *   each: size of the name with its final zero (4), size of the value (4; all ones: null), name,
 *   value
 *
 * So they pass through steps as a pointer, lie behind a repartition's head as they are, and where
 * there are none nothing is done. What is written once is never changed: who sets or removes one
 * makes another piece.
 */
#ifndef TOPOLOGY_HEADERS_H
#define TOPOLOGY_HEADERS_H

#include "base/arena.h"

struct header {
    const char *name;
    struct leat_bytes value;
};

/* Takes the first off headers; false where there is none, or what there is was cut short. */
bool headers_next(struct leat_bytes *headers, struct header *out);

/* The last one of a name: its value, data NULL if there is none. */
struct leat_bytes headers_find(struct leat_bytes headers, const char *name);

/* A copy, in the arena, with one more at the end; and one without those of a name. */
struct leat_bytes headers_add(struct arena *arena, struct leat_bytes headers,
                              const struct header *header);
struct leat_bytes headers_remove(struct arena *arena, struct leat_bytes headers, const char *name);

#endif
