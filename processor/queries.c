/* queries.c - which tasks a question is for, and the answer as JSON.
 *
 * See also:  query.h (one store's rows), queries_here.c, queries_there.c (tasks), findings.c
 */
#include "processor/queries.h"

#include "base/limits.h"
#include "base/memory.h"
#include "processor/partition.h"
#include "processor/queries_parts.h"
#include "schemas/print.h"

#include <inttypes.h>
enum { OWNERS_FRESH_MS = 1000 };

struct queries *queries_new(const struct queries_options *options)
{
    struct queries *queries = memory_new(sizeof *queries);

    queries->options = *options;
    queries->directory = directory_new(options->log, options->layout->application);
    return queries;
}

void queries_stop(struct queries *queries)
{
    if (queries)
        atomic_store(&queries->stop, true);
}

void queries_free(struct queries *queries)
{
    if (!queries)
        return;
    directory_free(queries->directory);
    memory_free(queries);
}

/* ---- replies --------------------------------------------------------------------------------- */

static void say(struct http_reply *reply, unsigned status, const char *sentence)
{
    struct buffer *out = reply->out;

    reply->status = status;
    out->size = 0;
    if (buffer_text(out, "{\"error\":") || print_string(leat_bytes_of(sentence), out) ||
        buffer_text(out, "}\n"))
        out->size = 0;
}

static int print_name(const char *name, bool first, struct buffer *out)
{
    int status = first ? LEAT_OK : buffer_text(out, ",");

    return status ? status : print_string(leat_bytes_of(name), out);
}

/* ---- the list -------------------------------------------------------------------------------- */

static int list_tasks(const struct layout *layout, int group, struct buffer *out)
{
    bool first = true;
    int status = buffer_text(out, ",\"tasks\":[");

    for (size_t t = 0; t < layout->task_count && !status; t++) {
        if (layout->tasks[t].group != group)
            continue;
        status = print_name(layout->tasks[t].name, first, out);
        first = false;
    }
    return status ? status : buffer_text(out, "]");
}

static int list_store(const struct layout *layout, const struct query_store *store, bool first,
                      struct buffer *out)
{
    int status;

    buffer_text(out, first ? "{\"name\":" : ",\n{\"name\":");
    status = print_string(leat_bytes_of(store->name), out);
    buffer_format(out, ",\"kind\":\"%s\",\"key\":\"bytes\",\"value\":", query_store_kind(store));
    if (!status)
        status = print_string(leat_bytes_of(query_store_type(store)->name), out);
    if (store->window_ms)
        buffer_format(out, ",\"window_ms\":%" PRId64, store->window_ms);
    if (!status && store->plan)
        status = list_tasks(layout, store->step->group, out);
    return status ? status : buffer_text(out, "}");
}

static void list(const struct queries *queries, struct http_reply *reply)
{
    const struct layout *layout = queries->options.layout;
    struct query_store store;
    int status = buffer_text(reply->out, "{\"stores\":[");

    for (size_t place = 0; !status && query_store_at(layout, place, &store); place++)
        status = list_store(layout, &store, !place, reply->out);
    if (status || buffer_text(reply->out, "]}\n"))
        say(reply, QUERY_CANNOT, "the list is too long");
}

static void say_unknown(const struct queries *queries, const char *name,
                        struct http_reply *reply)
{
    struct query_store store;
    struct buffer text;

    buffer_init(&text, LEAT_ERROR_TEXT * 4);
    buffer_format(&text, "there is no store '%.100s'", name);
    for (size_t i = 0; query_store_at(queries->options.layout, i, &store); i++)
        buffer_format(&text, "%s%s", i ? ", " : "; there are ", store.name);
    if (buffer_add(&text, "", 1))
        text.data[text.size - 1] = 0;
    say(reply, QUERY_NONE, text.data);
    buffer_free(&text);
}

/* ---- which tasks ----------------------------------------------------------------------------- */

static int32_t partition_for(const struct query *query, const struct query_store *store)
{
    return query->what == QUERY_KEY && store->partitions && !query->anywhere
             ? partition_of(query->key, store->partitions)
             : -1;
}

/* The tasks that can have it, in order; the caller frees them. */
static size_t choose_tasks(const struct queries *queries, const struct query *query,
                           const struct query_store *store, size_t **out)
{
    const struct layout *layout = queries->options.layout;
    int32_t partition = partition_for(query, store);
    size_t count = 0;

    *out = memory_array(layout->task_count, sizeof **out);
    for (size_t t = 0; t < layout->task_count; t++) {
        const struct layout_task *task = &layout->tasks[t];

        if (task->group != store->step->group ||
            (query->task >= 0 ? query->task != (int64_t)t
                              : partition >= 0 && task->partition != partition))
            continue;
        (*out)[count++] = t;
    }
    return count;
}

/* ---- the answer ------------------------------------------------------------------------------ */

static int write_tasks(const struct queries *queries, const size_t *tasks, size_t count,
                       struct buffer *out)
{
    const struct layout *layout = queries->options.layout;
    int status;

    if (count <= 1) {
        buffer_text(out, ",\"task\":");
        return print_name(count ? layout->tasks[tasks[0]].name : "global", true, out);
    }
    status = buffer_text(out, ",\"tasks\":[");
    for (size_t i = 0; i < count && !status; i++)
        status = print_name(layout->tasks[tasks[i]].name, !i, out);
    return status ? status : buffer_text(out, "]");
}

static int write_rows(const struct findings *findings, struct buffer *out)
{
    int status = buffer_format(out, ",\"stale\":%s,\"as_of_ms\":%" PRId64 ",\"rows\":[",
                               findings->stale ? "true" : "false", findings->as_of_ms);

    for (size_t i = 0; i < findings->count && !status; i++) {
        const struct found *row = &findings->rows[i];

        status = buffer_text(out, i ? ",\n" : "\n");
        if (!status)
            status = buffer_add(out, findings->text.data + row->json, row->json_size);
    }
    if (status)
        return status;
    return buffer_format(out, "%s],\"more\":%s}\n", findings->count ? "\n" : "",
                         findings->more ? "true" : "false");
}

/* One key that has no row is not found, as a page is not; the body says so in the same form. */
static void reply_found(const struct queries *queries, struct findings *findings,
                        const size_t *tasks, size_t count, struct http_reply *reply)
{
    struct buffer *out = reply->out;
    int status;

    findings_sort(findings);
    if (findings->query->hop) {
        reply->is_text = true;
        status = queries_write_lines(findings, out);
    } else {
        buffer_text(out, "{\"store\":");
        status = print_string(leat_bytes_of(findings->store->name), out);
        if (!status)
            status = write_tasks(queries, tasks, count, out);
        if (!status)
            status = write_rows(findings, out);
        if (!findings->count && findings->query->what == QUERY_KEY)
            reply->status = QUERY_NONE;
    }
    if (status)
        say(reply, QUERY_WRONG, "the answer is too long: lower limit");
}

/* Whoever asks goes to the owner by itself. False: there is no need for it, or nobody to go to. */
static bool redirect(struct queries *queries, size_t task, struct findings *findings,
                     struct http_reply *reply)
{
    struct leat_error ignored;
    struct buffer path;
    char *address;

    if (queries_has(queries, task) ||
        directory_refresh(queries->directory, OWNERS_FRESH_MS, (int)findings->query->timeout_ms,
                          &ignored) ||
        !(address = queries_owner(queries, task, findings)))
        return false;
    buffer_init(&path, LIMIT_QUERY_BYTES);
    if (!query_write(findings->query, &path))
        reply->location = memory_format("http://%s%.*s", address, (int)path.size, path.data);
    say(reply, QUERY_ELSEWHERE, address);
    buffer_free(&path);
    memory_free(address);
    return reply->location;
}

static void gather(struct queries *queries, const size_t *tasks, size_t count,
                   struct findings *findings)
{
    findings->status = QUERY_OK;
    if (!findings->store->plan) {
        queries_global(queries, findings);
    } else if (!count) {
        error_set(&findings->error, LEAT_E_ARGUMENT, "task %" PRId64 " has no store '%s'",
                  findings->query->task, findings->store->name);
        findings_fail(findings, QUERY_WRONG);
    }
    for (size_t i = 0; i < count && findings->status == QUERY_OK; i++)
        queries_task(queries, tasks[i], findings);
}

static void find(struct queries *queries, const struct query *query,
                 const struct query_store *store, struct http_reply *reply)
{
    bool moves = query->redirect && !query->hop;
    struct findings findings;
    size_t *tasks, count = 0;

    findings_init(&findings, query, store);
    if (store->plan)
        count = choose_tasks(queries, query, store, &tasks);
    else
        tasks = NULL;
    if (!moves || count != 1 || !redirect(queries, tasks[0], &findings, reply)) {
        gather(queries, tasks, count, &findings);
        if (findings.status == QUERY_OK)
            reply_found(queries, &findings, tasks, count, reply);
        else
            say(reply, findings.status, findings.error.text);
    }
    findings_free(&findings);
    memory_free(tasks);
}

/* The panes of hopping windows are added up when they are passed on; a row here is no window. */
static bool is_readable(const struct query_store *store, struct http_reply *reply)
{
    bool rows = store->plan && store->step->noun == NOUN_TABLE &&
                store->plan == &store->step->stores[0];

    if (!rows || store->plan->spec.type == store->step->type)
        return true;
    say(reply, QUERY_CANNOT,
        "this store keeps parts of windows that are added up when they are passed on: read the "
        "topic that they go to, or give the aggregate no .merge");
    return false;
}

void queries_answer(struct queries *queries, const struct http_request *request,
                    struct http_reply *reply)
{
    struct query query = { 0 };
    struct query_store store;
    struct leat_error error = { 0 };

    reply->status = QUERY_OK;
    if (!*request->path || !strcmp(request->path, "/")) {
        list(queries, reply);
        return;
    }
    if (query_parse(&query, request->path + 1, request->value, request->user, &error))
        say(reply, QUERY_WRONG, error.text);
    else if (!query_store_find(queries->options.layout, query.store, &store))
        say_unknown(queries, query.store, reply);
    else if (is_readable(&store, reply))
        find(queries, &query, &store, reply);
    query_free(&query);
}
