/* grow.h - a random scenario grows: nodes that others can be built on.
 *
 * Grown in the form that the conformance scenarios have, so the same player builds and plays it,
 * and Kafka Streams can be asked what it would do.
 */
#ifndef RANDOM_GROW_H
#define RANDOM_GROW_H

#include "conformance/build.h"
#include "draw.h"

enum { LIVES_MAX = 64, ID_SIZE = 16 };

/* A stream or table that may be built upon. */
struct live {
    char id[ID_SIZE];
    enum noun noun;
    enum sort key, value;
    const char *window; /* the kind of its keys' windows; NULL: plain keys */
    int64_t window_ms;
    bool used;      /* something is built on it, so it needs no output */
    bool of_rows;   /* of a table's changes, of which a cache leaves out some */
    bool unsettled; /* with a cache even the last values may be others */
    bool held;      /* behind a suppress that waits for the windows' end */
    bool versioned;
    uint64_t roots; /* the sources it stems from, a bit for each */
    int text;       /* how often texts were put together on its way, which makes them long */
    int crowd;      /* how often one record became many */
};

struct grow {
    struct draw draw;
    json_t *topics, *topology, *stores;
    json_t *settled; /* the topics and stores that are the same with and without a cache */
    struct live lives[LIVES_MAX];
    int count, ids;
    int64_t history_ms; /* of versioned stores, all the same */
};

/* A scenario without what is expected: there, only the stores are described. */
json_t *grow_scenario(uint64_t seed);

/* ---- among those that grow ------------------------------------------------------------------- */

/* False: it does not fit on this one, and nothing was built. */
typedef bool (*verb)(struct grow *grow, struct live *in);

struct growth {
    verb grow;
    int nouns;
    bool windowed; /* goes on windowed keys too */
    int odds;
};

extern const struct growth stream_growths[], table_growths[], group_growths[], join_growths[];

/* A node of the topology. Inputs are ids; the second may be NULL. */
json_t *grow_step(struct grow *grow, const char *op, const char *in, const char *other);
const char *grow_id(const json_t *step);
void grow_put(json_t *step, const char *field, json_t *value);
void grow_long(json_t *step, const char *field, int64_t value);

/* What the step gives; starts as a copy of what it was built on, which is used then. */
struct live *grow_live(struct grow *grow, const json_t *step, struct live *in, enum noun noun);

/* Names the store of a table, in so many of a hundred. type NULL: as the table has it. */
void grow_store(struct grow *grow, json_t *step, const struct live *out, const char *type,
                int64_t retention_ms, int percent);

/* A stream or table with that key to be put beside one: there already, or a new source. */
struct live *grow_other(struct grow *grow, const struct live *beside, enum noun noun);
struct live *grow_source(struct grow *grow, enum noun noun, enum sort key, enum sort value);

#endif
