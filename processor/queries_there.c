/* queries_there.c - a task's rows, wherever the task is: here, or at the owner that the task topic
 * names. A task that moves is followed until the time is over.
 */
#include "base/clock.h"
#include "base/limits.h"
#include "base/memory.h"
#include "processor/peer.h"
#include "processor/queries_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    PAUSE_MS = 100,    /* between two looks for an owner */
    OWNERS_MS = 5000,  /* for reading who they are */
    REFRESH_MS = 100,  /* the owners are read this often at most */
    ANSWER_MORE_BYTES = 4 << 10,
    SENTENCE_BYTES = 300,
};

static int64_t left_ms(const struct findings *findings)
{
    return findings->until_ms - clock_ms(clock_system());
}

/* ---- what the other one said ----------------------------------------------------------------- */

static struct leat_bytes next_line(struct leat_bytes *text)
{
    const char *end = text->size ? memchr(text->data, '\n', text->size) : NULL;
    struct leat_bytes line = { 0 };

    if (!end)
        return line;
    line = leat_bytes(text->data, (size_t)(end - text->data));
    *text = leat_bytes(end + 1, text->size - line.size - 1);
    return line;
}

static bool read_head(struct leat_bytes line, struct findings *findings)
{
    char head[64];
    int stale, more;
    int64_t as_of_ms;

    if (!line.data || line.size >= sizeof head)
        return false;
    snprintf(head, sizeof head, "%.*s", (int)line.size, line.data);
    if (sscanf(head, "rows %d %" SCNd64 " %d", &stale, &as_of_ms, &more) != 3)
        return false;
    findings_add(findings, stale, as_of_ms, more);
    return true;
}

static bool read_lines(struct leat_bytes text, struct findings *findings)
{
    struct leat_bytes line;

    if (!read_head(next_line(&text), findings))
        return false;
    while ((line = next_line(&text)).data) {
        const char *space = memchr(line.data, ' ', line.size);
        size_t size = space ? (size_t)(space - line.data) : 0;

        if (!space || findings_text(findings, leat_bytes(line.data, size),
                                    leat_bytes(space + 1, line.size - size - 1)))
            return false;
    }
    return !text.size;
}

/* The sentence out of {"error":"..."}; what it escapes stays so. */
static void take_sentence(const char *address, long status, struct leat_bytes body,
                          struct leat_error *error)
{
    static const struct leat_bytes head = LEAT_LITERAL("{\"error\":\"");
    struct leat_bytes text = { 0 };

    if (body.size > head.size + 2 && !memcmp(body.data, head.data, head.size))
        text = leat_bytes(body.data + head.size, body.size - head.size);
    while (text.size && text.data[text.size - 1] != '"')
        text.size--;
    text.size = text.size > SENTENCE_BYTES ? SENTENCE_BYTES : text.size ? text.size - 1 : 0;
    error_set(error, LEAT_E_RETRY, "%.200s answers %ld%s%.*s", address, status,
              text.size ? ": " : "", (int)text.size, text.size ? text.data : "");
}

static void take_answer(const char *address, long status, const struct buffer *body,
                        struct findings *findings)
{
    size_t count = findings->count;

    if (status == QUERY_OK && read_lines(buffer_bytes(body), findings))
        return;
    findings->count = count;
    take_sentence(address, status, buffer_bytes(body), &findings->error);
    findings_fail(findings, status == QUERY_NOT_MINE || status == QUERY_LATER ? QUERY_LATER
                                                                             : QUERY_NO_ANSWER);
}

/* ---- asking it ------------------------------------------------------------------------------- */

static void ask(const char *address, size_t task, bool first, const atomic_bool *stop,
                struct findings *findings)
{
    struct query query = *findings->query;
    struct buffer path, body;
    long status;

    query.task = (int64_t)task;
    query.hop = true;
    query.timeout_ms = left_ms(findings);
    if (first)
        query.timeout_ms /= 2; /* the task may have moved: then there is time for who has it now */
    query.timeout_ms = query.timeout_ms < 1 ? 1 : query.timeout_ms;
    buffer_init(&path, 4 * LIMIT_HTTP_QUERY_BYTES);
    buffer_init(&body, LIMIT_QUERY_BYTES + ANSWER_MORE_BYTES);
    if (query_write(&query, &path) || buffer_add(&path, "", 1)) {
        error_set(&findings->error, LEAT_E_LIMIT, "the keys are too long");
        findings_fail(findings, QUERY_WRONG);
    } else if (peer_get(address, path.data, query.timeout_ms, stop, &status, &body,
                        &findings->error)) {
        findings_fail(findings, QUERY_NO_ANSWER);
    } else {
        take_answer(address, status, &body, findings);
    }
    buffer_free(&path);
    buffer_free(&body);
}

/* So many at once, that instances which wait for each other still have threads to answer with. */
static void ask_in_turn(struct queries *queries, const char *address, size_t task, bool first,
                        struct findings *findings)
{
    if (atomic_fetch_add(&queries->asking, 1) < LIMIT_QUERY_PEERS) {
        ask(address, task, first, &queries->stop, findings);
    } else {
        error_set(&findings->error, LEAT_E_RETRY, "%d requests already ask other instances",
                  LIMIT_QUERY_PEERS);
        findings_fail(findings, QUERY_LATER);
    }
    atomic_fetch_sub(&queries->asking, 1);
}

char *queries_owner(struct queries *queries, size_t task, struct findings *findings)
{
    const char *name = queries->options.layout->tasks[task].name;
    char *address = directory_find(queries->directory, name);

    if (!address) {
        error_set(&findings->error, LEAT_E_RETRY, "no instance has task %s now", name);
        findings_fail(findings, QUERY_LATER);
    }
    return address;
}

static void try_owner(struct queries *queries, size_t task, bool first,
                      struct findings *findings)
{
    char *address = queries_owner(queries, task, findings);

    if (!address)
        return;
    findings->status = QUERY_OK;
    ask_in_turn(queries, address, task, first, findings);
    memory_free(address);
}

static bool is_over(const struct findings *findings)
{
    return findings->status != QUERY_NOT_MINE && findings->status != QUERY_LATER &&
           findings->status != QUERY_NO_ANSWER;
}

/* Reading the owners may take longer than this answer has: the next one finds them read. The
 * sentence of the last attempt that was made says why there is no answer. */
static void look_again(struct queries *queries, bool first)
{
    struct leat_error ignored;

    if (!first)
        clock_sleep_ms(PAUSE_MS);
    if (directory_refresh(queries->directory, REFRESH_MS, OWNERS_MS, &ignored))
        clock_sleep_ms(PAUSE_MS);
}

void queries_task(struct queries *queries, size_t task, struct findings *findings)
{
    for (bool first = true; first || !atomic_load(&queries->stop); first = false) {
        findings->status = QUERY_OK;
        queries_here(queries, task, findings);
        if (is_over(findings) || findings->query->hop)
            return;
        if (findings->status == QUERY_NOT_MINE)
            try_owner(queries, task, first, findings);
        if (is_over(findings) || (!first && left_ms(findings) <= PAUSE_MS))
            return;
        look_again(queries, first);
    }
}
