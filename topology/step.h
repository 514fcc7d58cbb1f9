/* step.h - a row of the graph: one step as it was described. Runs nothing; node.h does.
 *
 * leat_stream, leat_table and leat_global are steps; the public names only keep users from mixing
 * them up. A repartition is two rows: the half that sends and the half that receives.
 */
#ifndef TOPOLOGY_STEP_H
#define TOPOLOGY_STEP_H

#include "base/arena.h"
#include "base/error.h"
#include "base/map.h"
#include "leat/join.h"
#include "leat/process.h"
#include "leat/stateful.h"
#include "state/store.h"

struct operator;

/* A step's window_ms where each record says it itself, and where the keys are sessions. */
enum { WINDOW_OF_ITS_OWN = -1, WINDOW_SESSION = -2 };

enum noun { NOUN_STREAM, NOUN_TABLE, NOUN_GLOBAL, NOUN_SINK };

struct store_plan {
    struct store_spec spec;
    bool in_memory, cached, queryable;
    const struct leat_custom_store *custom; /* who keeps its rows; NULL: we do */
    bool scratch; /* lives from commit to commit: no changelog, no rows */
    bool on_close; /* its rows are passed on when their windows have closed (on_close.h) */
};

struct step_edge {
    struct step *child;
    int input; /* which of the child's inputs this is */
};

struct step_use { /* a store in the hands of a process step: its own, or an earlier step's */
    struct step *owner;
    int place;
};

struct step {
    struct leat_topology *topology;
    const char *name;
    const struct operator *operator;
    enum noun noun;
    const struct leat_type *type; /* of the values it passes on; NULL: a sink */
    int number;                   /* its row */
    struct step **inputs;
    int input_count;
    struct step_edge *edges;
    size_t edge_count, edge_capacity;
    const void *options;          /* the verb's own, in the topology's arena */
    struct step *global;          /* the global table that it reads, or NULL */
    void *user;
    bool key_changed;             /* since the last partitioned topic: a grouping repartitions */
    bool key_stays;               /* what its callback forwards has the key that it was given */
    int64_t window_ms;            /* size of the windows of its keys; 0: not windowed */
    const struct leat_window *window; /* what made its windowed keys, while they stay; or NULL */
    bool keeps_null_keys;         /* a sending half that passes them on */
    const struct step *partitions_of; /* a sending half: whose input has as many; or NULL */
    struct store_plan *stores;
    int store_count;
    struct step_use *uses;        /* of a process step, as its callbacks number them */
    int use_count;
    struct step *repartitioned[2]; /* the receiving halves that already carry this stream: without
                                      null keys, and with them */
    struct step *twin;            /* the other half of a repartition */
    const struct leat_type *partial_type; /* of the partial aggregates it carries beside; or NULL */
    const char *topic;            /* of sources, sinks and repartitions (its name part) */
    bool needs_before;            /* those behind want to know the row before */
    bool carries_before;          /* a repartition whose records hold an old and a new value */
    int group;                    /* the sub-topology; set by the cut */
};

struct group { /* a sub-topology */
    const char *name; /* of its first step */
    struct step **steps;
    size_t step_count;
    bool timed;       /* a windowed step stands in it or behind it: clocks and marks are kept */
};

struct leat_topology {
    struct arena arena;
    struct step **steps;
    size_t step_count, step_capacity;
    struct map names, stores;
    struct leat_error mistake;
    struct group *groups;
    size_t group_count;
    bool is_cut;
};

/* Adds a row. The name is checked (present, unique, fit for a topic's); the first mistake sticks.
 * Always returns a step, so that verbs go on. */
struct step *step_new(struct leat_topology *topology, const struct operator *operator,
                      const char *name, enum noun noun, const struct leat_type *type);

/* Gives a step a name, the first or another: present, unique, fit for a topic's. */
void step_alias(struct step *step, const char *name);

/* Joins parent to child as its next input. */
void step_connect(struct step *parent, struct step *child);

/* A copy of the verb's struct (zeroes for NULL), kept with the topology. */
const void *step_options(struct step *step, const void *options, size_t size);

struct store_plan *step_store(struct step *step, const char *name, enum store_kind kind,
                              const struct leat_type *type);

/* The store of a table's own rows, first of its stores; it has the step's name where keep names
 * none, and then cannot be queried. */
struct store_plan *step_keep(struct step *step, enum store_kind kind, const struct leat_type *type,
                             const struct leat_keep *keep);

/* The stream that a grouping or a join may take: in itself, or what a repartition of it receives,
 * made once for each stream. null_keys: those are wanted too, by who keeps what joins nothing. */
struct step *step_partitioned(struct step *in, bool null_keys);

/* A repartition of in called name; returns the receiving half. */
struct step *step_repartition(struct step *in, const char *name, int32_t partitions);

__attribute__((format(printf, 3, 4))) void step_mistake(struct step *step, int code,
                                                        const char *format, ...);
void topology_mistake(struct leat_topology *topology, int code, const char *step, const char *what);

#define step_require(step, condition, ...)                                                         \
    do {                                                                                           \
        if (!(condition))                                                                          \
            step_mistake((step), LEAT_E_ARGUMENT, __VA_ARGS__);                                    \
    } while (0)

/* What a table must keep for those behind it; passed on to the inputs of tables without a store. */
void table_need_values(struct step *table);
void table_need_before(struct step *table);
void table_need_told(struct step *table); /* and values, for rows_get_told() */
bool table_offers_before(const struct step *table); /* and no source needs a new store for it */
bool table_has_store(const struct step *table);     /* of its rows */
void table_keep_rows(struct step *table); /* of an operator that .keeps_on_need: makes its store */
struct store_plan *table_keep_as(struct step *table, enum store_kind kind); /* the same by kind */

bool step_keeps_time(const struct step *step); /* has a clock, or is called by stream time */

/* Divides the steps into groups; once. */
void topology_cut(struct leat_topology *topology);

/* Its keys are windowed as those of another step are, or not at all. */
static inline void step_keys_like(struct step *step, const struct step *from)
{
    step->window_ms = from->window_ms;
    step->window = from->window;
}

static inline struct step *step_of(const void *noun)
{
    return (struct step *)(uintptr_t)noun;
}

#endif
