/* queries_parts.h - what the files behind queries.h have of each other, and nobody else. */
#ifndef PROCESSOR_QUERIES_PARTS_H
#define PROCESSOR_QUERIES_PARTS_H

#include "processor/directory.h"
#include "processor/queries.h"

struct queries {
    struct queries_options options;
    struct directory *directory;
    atomic_int asking; /* requests that ask other instances now */
    atomic_bool stop;
};

/* HTTP's words for what became of a request. */
enum {
    QUERY_OK = 200,
    QUERY_ELSEWHERE = 307,
    QUERY_WRONG = 400,
    QUERY_NONE = 404,
    QUERY_NOT_MINE = 421,
    QUERY_CANNOT = 501,
    QUERY_NO_ANSWER = 502,
    QUERY_LATER = 503,
};

struct found { /* a row: both point into text */
    size_t place, place_size, json, json_size;
};

/* Rows of one or several tasks. A failure is a status and a sentence. */
struct findings {
    const struct query *query;
    const struct query_store *store;
    int64_t until_ms;       /* monotonic */
    struct buffer text;
    struct found *rows;
    size_t count, capacity;
    bool more, stale;
    int64_t as_of_ms;       /* of the task whose rows are the oldest; INT64_MAX: none yet */
    unsigned status;
    struct leat_error error;
};

void findings_init(struct findings *findings, const struct query *query,
                   const struct query_store *store);
void findings_free(struct findings *findings);
void findings_fail(struct findings *findings, unsigned status);
void findings_add(struct findings *findings, bool stale, int64_t as_of_ms, bool more);
int findings_row(struct findings *findings, struct leat_bytes place, struct leat_bytes json);
int findings_text(struct findings *findings, struct leat_bytes hex, struct leat_bytes json);
void findings_sort(struct findings *findings); /* and cut at the limit */

/* queries_here.c. */
bool queries_has(struct queries *queries, size_t task); /* it is open here */

/* QUERY_NOT_MINE: another instance has the task. */
void queries_here(struct queries *queries, size_t task, struct findings *findings);
void queries_global(struct queries *queries, struct findings *findings);

/* queries_there.c: wherever it is. */
void queries_task(struct queries *queries, size_t task, struct findings *findings);
char *queries_owner(struct queries *queries, size_t task, struct findings *findings);

/* Between instances: what was found, as lines. */
int queries_write_lines(const struct findings *findings, struct buffer *out) MUST_CHECK;

#endif
