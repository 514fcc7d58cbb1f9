/* leat/process.h - a step of one's own: callbacks, key-value stores, and calls by time.
 *
 * Source: Kafka Streams' Processor API.
 */
#ifndef LEAT_PROCESS_H
#define LEAT_PROCESS_H

#include <leat/topology.h>

struct leat_store_spec { /* the last entry has no name */
    const char *name;
    const struct leat_type *type; /* NULL: the store of an earlier process step, shared */
    bool in_memory;
    const struct leat_custom_store *custom; /* who keeps its rows; NULL: Leat. custom_store.h */
};

struct leat_process {
    const struct leat_type *type;   /* of what it forwards; NULL: as its input */
    leat_visit process;             /* calls leat_forward() for what it passes on */
    const struct leat_store_spec *stores;
    leat_duration every;            /* stream time between calls of punctuate */
    leat_duration every_wall;       /* wall-clock time between calls of punctuate_wall */
    leat_visit punctuate;           /* the record has no key and no value, and the time */
    leat_visit punctuate_wall;
    bool key_stays;                 /* it forwards under the key it was given, and a punctuation
                                       under those it has kept (fixed-key) */
    void *user;
};

struct leat_stream *leat_process(struct leat_stream *in, const char *name,
                                 const struct leat_process *process);

/* In the step's callbacks: its store by place in .stores. The row's value, NULL if there is none;
 * valid until the key is next written. */
const void *leat_get(const struct leat_record *record, int store, struct leat_bytes key);
void leat_put(const struct leat_record *record, int store, struct leat_bytes key,
              const void *value); /* NULL deletes */

/* All rows in byte order of the keys, until visit returns false. visit may write the row. */
void leat_each(const struct leat_record *record, int store,
               bool (*visit)(const struct leat_record *record, struct leat_bytes key,
                             const void *value));

/* In .punctuate or .punctuate_wall: it is not called again. */
void leat_cancel(const struct leat_record *record);

#endif
