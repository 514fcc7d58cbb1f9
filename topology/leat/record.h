/* leat/record.h - what a callback sees, and what it may ask for.
 *
 * Thread: the worker that runs the task. Lifetime: all of it until the callback returns; memory
 * from leat_alloc() until the record, with all it caused, is done. Users never free.
 */
#ifndef LEAT_RECORD_H
#define LEAT_RECORD_H

#include <leat/bytes.h>
#include <leat/type.h>

#include <assert.h>

struct leat_call; /* the record's way into the engine; opaque */

enum leat_span_kind {
    LEAT_SPAN_NONE,    /* not windowed */
    LEAT_SPAN_WINDOW,  /* [start, end), or [start, end] of a sliding window */
    LEAT_SPAN_SESSION, /* [start, end]: its first and its last record */
};

struct leat_span { /* the window of a windowed key */
    int64_t start_ms, end_ms;
    enum leat_span_kind kind;
};

static inline struct leat_span leat_window_span(int64_t start_ms, int64_t end_ms)
{
    return (struct leat_span){ start_ms, end_ms, LEAT_SPAN_WINDOW };
}

struct leat_record {
    struct leat_bytes key;        /* data NULL: none */
    const void *value;            /* NULL: none (a tombstone) */
    const struct leat_type *type; /* of the value */
    int64_t timestamp_ms;
    struct leat_span window;      /* of a windowed key */
    struct leat_call *call;
};

/* The value, if it is of this type: what the generated sale_of(record) calls. */
static inline const void *leat_value(const struct leat_record *record, const struct leat_type *type)
{
    assert(record->type == type);
    return record->value;
}

/* Values of the built-in types. The record must have one. */
static inline struct leat_bytes leat_string_of(const struct leat_record *record)
{
    return *(const struct leat_bytes *)leat_value(record, &leat_string_type);
}

static inline int64_t leat_long_of(const struct leat_record *record)
{
    return *(const int64_t *)leat_value(record, &leat_long_type);
}

/* Memory for keys and for what an output points to; zeroed, aligned to 8. */
void *leat_alloc(const struct leat_record *record, size_t size);
__attribute__((format(printf, 2, 3))) struct leat_bytes leat_text(const struct leat_record *record,
                                                                  const char *format, ...);

/* a, the separator, b: a composed key. */
struct leat_bytes leat_join_text(const struct leat_record *record, struct leat_bytes a,
                                 char separator, struct leat_bytes b);

/* The step's .user, or what leat_with() gave it. */
void *leat_user(const struct leat_record *record);

/* The name of the step that calls, or for a late record the step that it came too late for. */
const char *leat_step(const struct leat_record *record);

/* Where the input record came from that is being processed. topic NULL in a punctuation. */
const char *leat_source_topic(const struct leat_record *record);
int32_t leat_source_partition(const struct leat_record *record);
int64_t leat_source_offset(const struct leat_record *record);

/* Headers. A record carries those of the input record that caused it, through steps and across
 * repartitions, and into the topics that it is written to; as in Kafka Streams, every record that
 * a step forwards has the headers of the one that it was given. So
 *   - what a join makes has those of the record that came last, the stream's in one with a table;
 *   - what an aggregate passes on at once, and what a window's closing sets free, has those of the
 *     record at work, and what its cache held back until the commit those of the last one that
 *     wrote the row (none where windows are kept as panes);
 *   - what a buffer held back (suppress, a join's unmatched records) has those of the record that
 *     set it free, where Kafka Streams has kept the buffered one's;
 *   - a punctuation has none.
 * Tables, changelogs and what is read back from them have none either. The header that names the
 * schema of the input's bytes is not carried: the output has a schema of its own. Of a record with
 * more than 64, the first 64 are.
 *
 * leat_header(): the value of the last one of that name, valid like the record; data NULL where
 * there is none, or its value is null. What is set or removed holds for what this step forwards
 * from there on, and all behind it; not for the steps beside it. Set replaces those of the name:
 * it is Headers.remove(name).add(name, value). name and value are copied.
 * A record without headers costs nothing for them; one with some is written by a slower call of
 * the client, so remove what no one reads before a topic of many records. */
struct leat_bytes leat_header(const struct leat_record *record, const char *name);
void leat_set_header(const struct leat_record *record, const char *name, struct leat_bytes value);
void leat_remove_header(const struct leat_record *record, const char *name);

int64_t leat_wall_ms(const struct leat_record *record);
int64_t leat_stream_ms(const struct leat_record *record); /* the task's stream time; -1 at first */

/* In a callback that fills an output: the result is "no value" (null, a deletion). */
void leat_none(const struct leat_record *record);

/* In a flat-map's or a process's callback: passes a record on to the steps behind. value is of
 * the step's output type, NULL for none. */
void leat_forward(const struct leat_record *record, struct leat_bytes key, const void *value,
                  int64_t timestamp_ms);

/* The same to one of the steps behind only, by its name; there must be such a one. Source: Kafka
 * Streams' ProcessorContext.forward(record, childName). */
void leat_forward_to(const struct leat_record *record, const char *child, struct leat_bytes key,
                     const void *value, int64_t timestamp_ms);

/* The record cannot be processed: processing.exception.handler decides. What the callback did
 * before is undone only if the handler fails the task. */
__attribute__((format(printf, 2, 3))) void leat_fail(const struct leat_record *record,
                                                     const char *format, ...);

#endif
