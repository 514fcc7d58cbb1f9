/* health.c - lag, lateness, and instances with their tasks. */
#include "blackfriday/web/health.h"

#include "base/clock.h"
#include "base/logline.h"
#include "base/memory.h"
#include "blackfriday/web/lag.h"
#include "processor/log.h"
#include "processor/owners.h"
#include "schemas/print.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { OWNERS_WAIT_MS = 5000, SAY_MS = 30000 };

struct health {
    struct log *log;
    const char *application;
    struct web_lag *lag;
    struct owner *owners; /* by instance, then by partition */
    size_t owner_count;
    int64_t told; /* what was written to the task topic when they were read; -1: never */
    int64_t said_ms;
    int64_t answered_ms; /* when the log answered last, by the wall clock; 0: never */
};

struct health *health_new(struct log *log, const char *application)
{
    struct health *health = memory_new(sizeof *health);

    health->log = log;
    health->application = application;
    health->lag = web_lag_new(log, application);
    health->told = -1;
    health->said_ms = INT64_MIN / 2;
    return health;
}

void health_free(struct health *health)
{
    if (!health)
        return;
    web_lag_free(health->lag);
    owners_free(health->owners, health->owner_count);
    memory_free(health);
}

/* ---- looking --------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    const struct owner *x = a, *y = b;
    int order = strcmp(x->instance ? x->instance : "", y->instance ? y->instance : "");

    return order ? order : (x->partition > y->partition) - (x->partition < y->partition);
}

/* Offsets only grow, so their sum tells whether anything was written. */
static int told_so_far(const struct health *health, int64_t *told, struct leat_error *error)
{
    char *name = memory_format("%s-tasks", health->application);
    struct log_topic topic = { .name = name };
    int status = log_topic_look(health->log, &topic, error);

    *told = 0;
    for (int32_t p = 0; p < topic.partitions && !status; p++) {
        int64_t first, end;

        status = log_ends(health->log, name, p, &first, &end, error);
        *told += status ? 0 : end;
    }
    memory_free(name);
    return status;
}

/* Reading them takes a client of its own, so they are read when there is something new. */
static int look_at_owners(struct health *health, struct leat_error *error)
{
    struct owner *owners = NULL;
    size_t count = 0;
    int64_t told;
    int status = told_so_far(health, &told, error);

    if (status || told == health->told)
        return status;
    status = owners_read(health->log, health->application, OWNERS_WAIT_MS, &owners, &count, error);
    if (status)
        return status;
    health->told = told;
    if (count)
        qsort(owners, count, sizeof *owners, compare);
    owners_free(health->owners, health->owner_count);
    health->owners = owners;
    health->owner_count = count;
    return LEAT_OK;
}

bool health_look(struct health *health)
{
    struct leat_error error = { 0 };
    int status = web_lag_look(health->lag, &error);
    int64_t now_ms = clock_ms(clock_system());

    if (!status)
        status = look_at_owners(health, &error);
    if (status && now_ms - health->said_ms >= SAY_MS) {
        health->said_ms = now_ms;
        log_warn("web_look_failed", "reason=\"%s\"", error.text);
    }
    if (!status)
        health->answered_ms = clock_wall_ms(clock_system());
    return !status;
}

/* ---- writing --------------------------------------------------------------------------------- */

static bool same_instance(const struct owner *a, const struct owner *b)
{
    return a && a->instance && b->instance && !strcmp(a->instance, b->instance);
}

static int write_instance(const struct owner *owner, bool first, struct buffer *out)
{
    return buffer_text(out, first ? "{\"id\":" : "]},{\"id\":") ||
           print_string(leat_bytes_of(owner->instance), out) || buffer_text(out, ",\"address\":") ||
           print_string(leat_bytes_of(owner->address), out) || buffer_text(out, ",\"tasks\":[");
}

/* Tasks that nobody has are nobody's. */
static int write_instances(const struct health *health, struct buffer *out)
{
    const struct owner *before = NULL;
    int status = buffer_text(out, "[");

    for (size_t i = 0; i < health->owner_count && !status; i++) {
        const struct owner *owner = &health->owners[i];
        bool same = same_instance(before, owner);

        if (!owner->instance || !owner->address)
            continue;
        status = (same ? buffer_text(out, ",") : write_instance(owner, !before, out)) ||
                 print_string(leat_bytes_of(owner->task), out);
        before = owner;
    }
    return status ? status : buffer_text(out, before ? "]}]" : "]");
}

static int write_lateness(const struct health_counts *counts, int64_t now_ms, struct buffer *out)
{
    return counts->newest_ms ? buffer_format(out, "%" PRId64, now_ms - counts->newest_ms)
                             : buffer_text(out, "null");
}

int health_write(const struct health *health, const struct health_counts *counts,
                 struct buffer *out)
{
    int64_t now_ms = clock_wall_ms(clock_system());

    return buffer_format(out, "{\"lag\":%" PRId64 ",\"partitions\":", web_lag_sum(health->lag)) ||
           web_lag_write(health->lag, out) ||
           buffer_format(out, ",\"late\":%" PRId64 ",\"rejected\":%" PRId64 ",\"lateness_ms\":",
                         counts->late, counts->rejected) ||
           write_lateness(counts, now_ms, out) || buffer_text(out, ",\"instances\":") ||
           write_instances(health, out) ||
           buffer_format(out, ",\"updated_ms\":%" PRId64 "}", health->answered_ms);
}
