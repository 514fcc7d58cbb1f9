/* build.h - a scenario's topology, made with Leat's verbs.
 *
 * A grouping, a cogroup and a windowing are no verbs of Leat: their nodes carry what is needed
 * until an aggregation makes one verb of them.
 */
#ifndef CONFORMANCE_BUILD_H
#define CONFORMANCE_BUILD_H

#include "base/arena.h"
#include "function.h"

#include <jansson.h>

enum noun {
    STREAM = 1, TABLE = 2, GLOBAL = 4, GROUPED = 8, ROWS_GROUPED = 16, COGROUPED = 32,
    WINDOWED = 64,
};

struct node {
    const char *id;
    enum noun noun;
    union {
        struct leat_stream *stream;
        struct leat_table *table;
        struct leat_global *global;
        void *step;
    };
    enum sort key, value;
    bool windowed;  /* its keys */
    bool rekeyed;   /* since the last topic: a grouping will repartition */
    const json_t *as;           /* the node as it stands in the scenario */
    struct node *in;            /* of what is grouped, windowed or written: what it was made of */
    struct leat_stream *keyed;  /* of a group with a name: what its aggregations share */
};

struct build {
    const json_t *scenario;
    struct arena *arena;
    struct leat_topology *topology;
    struct node *nodes;
    size_t count;
};

/* Makes the topology of a scenario. What Leat refuses is for leat_topology_check() to say. */
void build_topology(struct build *build);
void build_free(struct build *build);

/* ---- among the builders ---------------------------------------------------------------------- */

struct operation { /* the last of a file's has no name */
    const char *name;
    void (*build)(struct build *build, const json_t *as, struct node *out);
};

extern const struct operation stream_operations[], table_operations[], group_operations[],
    join_operations[];

/* The scenario itself cannot be understood, which is no result: says so and ends the process. */
__attribute__((noreturn, format(printf, 2, 3))) void build_wrong(const struct build *build,
                                                                 const char *format, ...);

/* The input at a place, which is one of these nouns. */
struct node *build_input(const struct build *build, const json_t *as, size_t place, int nouns);
size_t build_input_count(const json_t *as);

/* The node's own name, or one made of its operation and id. */
const char *build_name(struct build *build, const json_t *as);

const char *text_in(const json_t *as, const char *field);            /* NULL: absent */
int64_t long_in(const json_t *as, const char *field, int64_t absent);

/* What sorts of keys and values a topic has; also one that an earlier node writes. */
void build_topic(const struct build *build, const char *topic, struct node *out);

/* Another node than the operation's own one: a branch. */
struct node *build_node(struct build *build, const json_t *as, const char *id);

struct functions *build_functions(struct build *build);

/* The function that a field names, or absent where the field is and absent is not NULL. */
void build_function(const struct build *build, enum catalogue catalogue, const json_t *as,
                    const char *field, const char *absent, struct sorts takes,
                    struct function *out);

static inline struct sorts sorts_of(const struct node *node)
{
    return (struct sorts){ node->key, node->value, node->value };
}

/* The node's step is known now: its callbacks get their functions. */
void build_step(struct node *out, enum noun noun, void *step, void *functions);

#endif
