/* queries_here.c - rows of this instance: of its tasks, and of global tables. */
#include "base/clock.h"
#include "base/limits.h"
#include "processor/globals_parts.h"
#include "processor/queries_parts.h"
#include "topology/flow.h"

#include <inttypes.h>

struct collecting {
    struct findings *findings;
    struct buffer json;
};

static int collect(void *user, const struct query_row *row, struct leat_error *error)
{
    struct collecting *collecting = user;

    collecting->json.size = 0;
    if (query_row_json(collecting->findings->store, row, &collecting->json) ||
        findings_row(collecting->findings, row->place, buffer_bytes(&collecting->json)))
        return error_set(error, LEAT_E_LIMIT, "the answer has more than %d bytes: lower limit",
                         LIMIT_QUERY_BYTES);
    return LEAT_OK;
}

static void read_rows(const struct query_source *source, bool stale, int64_t as_of_ms,
                      struct findings *findings)
{
    struct collecting collecting = { .findings = findings };
    bool more;
    int status;

    buffer_init(&collecting.json, LIMIT_QUERY_BYTES);
    status = query_rows(findings->query, findings->store, source, collect, &collecting, &more,
                        &findings->error);
    buffer_free(&collecting.json);
    if (!status)
        findings_add(findings, stale, as_of_ms, more);
    else
        findings_fail(findings, status == LEAT_E_LIMIT ? QUERY_WRONG : QUERY_LATER);
}

static const struct flow_store *find_store(const struct task *task, const char *name)
{
    for (size_t i = 0; i < task->flow->store_count; i++)
        if (!strcmp(task->flow->stores[i].spec.name, name))
            return &task->flow->stores[i];
    return NULL;
}

static void read_task(struct queries *queries, const struct worker_hold *hold, const char *name,
                      struct findings *findings)
{
    bool sure = control_sure(queries->options.control), stale = !hold->running || !sure;
    const struct flow_store *store = find_store(hold->task, findings->store->name);
    struct query_source source = { .registry = queries->options.registry,
                                   .until_ms = findings->until_ms,
                                   .closing = hold->closing };

    if (stale && !findings->query->stale) {
        error_set(&findings->error, LEAT_E_RETRY,
                  sure ? "task %s is being restored"
                       : "task %s may have moved: this instance stood still", name);
        findings_fail(findings, QUERY_LATER);
        return;
    }
    source.home = store->home;
    source.number = store_number(store->store);
    read_rows(&source, stale, hold->committed_ms, findings);
}

void queries_here(struct queries *queries, size_t task, struct findings *findings)
{
    const struct crew *crew = queries->options.crew;
    const char *name = queries->options.layout->tasks[task].name;
    struct worker_hold hold;

    for (size_t i = 0; i < crew_size(crew); i++) {
        struct worker *worker = crew_worker(crew, i);

        if (!worker_hold(worker, (int)task, &hold))
            continue;
        read_task(queries, &hold, name, findings);
        worker_let_go(worker, &hold);
        return;
    }
    error_set(&findings->error, LEAT_E_RETRY, "task %s is not here", name);
    findings_fail(findings, QUERY_NOT_MINE);
}

bool queries_has(struct queries *queries, size_t task)
{
    const struct crew *crew = queries->options.crew;
    struct worker_hold hold;

    for (size_t i = 0; i < crew_size(crew); i++)
        if (worker_hold(crew_worker(crew, i), (int)task, &hold)) {
            worker_let_go(crew_worker(crew, i), &hold);
            return true;
        }
    return false;
}

void queries_global(struct queries *queries, struct findings *findings)
{
    struct global *global = globals_find(queries->options.globals, findings->store->step);
    bool stale = !globals_ready(queries->options.globals);
    struct query_source source = { .home = global->home,
                                   .number = store_number(global->writer),
                                   .registry = queries->options.registry,
                                   .until_ms = findings->until_ms };

    if (stale && !findings->query->stale) {
        error_set(&findings->error, LEAT_E_RETRY, "table %s is not read to its end yet",
                  findings->store->name);
        findings_fail(findings, QUERY_LATER);
        return;
    }
    read_rows(&source, stale, clock_wall_ms(clock_system()), findings);
}
