/* origins.c - one task of several, fed as if by senders of several source partitions. */
#include "origins.h"

#include "state/home.h"
#include "topology/operators.h"

#include <criterion/criterion.h>
#include <inttypes.h>

enum { OUT_BYTES = 1 << 20, STAGED_BYTES = 16 << 20 };

/* ---- what the flow asks for ------------------------------------------------------------------ */

static int keep_sent(struct flow *flow, struct node *sink, const struct change *change)
{
    struct origins *origins = flow->options.owner;
    const struct leat_record *record = &change->record;
    struct leat_bytes none = { "-", 1 };
    struct leat_bytes value = record->value ? *(const struct leat_bytes *)record->value : none;

    return buffer_format(&origins->out, "%.*s=%.*s@%" PRId64 " ", (int)record->key.size,
                         record->key.data ? record->key.data : "", (int)value.size, value.data,
                         record->timestamp_ms);
}

static int no_reject(struct flow *flow, struct node *source, const char *reason,
                     const char *sentence)
{
    return error_set(flow->error, LEAT_E_DATA, "%s", sentence);
}

static int no_failure(struct flow *flow, struct node *node, const char *sentence)
{
    return error_set(flow->error, LEAT_E_DATA, "%s", sentence);
}

static int no_changelog(struct flow *flow, struct store *store, const struct entry *entry,
                        struct leat_bytes wire)
{
    return LEAT_OK;
}

static const struct flow_ops ops = { .send = keep_sent, .reject = no_reject,
                                     .failed = no_failure, .changelog = no_changelog };

/* ---- its life -------------------------------------------------------------------------------- */

#define must(call) cr_assert_eq((call), LEAT_OK, "%s", origins->error.text)

void origins_start(struct origins *origins, struct leat_topology *topology, int32_t count)
{
    struct home_options memory = { .application = "", .task = "" };
    int32_t *each = origins->each;
    int last;

    *origins = (struct origins){ .caching = origins->caching };
    buffer_init(&origins->out, OUT_BYTES);
    must(leat_topology_check(topology, &origins->error));
    cr_assert_leq(topology->group_count, ORIGINS_GROUPS);
    for (int i = 0; i < ORIGINS_GROUPS; i++)
        each[i] = count;
    last = topology->steps[topology->step_count - 1]->group;
    must(home_open(&memory, &origins->home, &origins->error));
    must(flow_new(&(struct flow_options){ .topology = topology, .groups = &last, .group_count = 1,
                                          .origins = each, .partitions = each,
                                          .home = origins->home, .clock = clock_system(),
                                          .staged_bytes = STAGED_BYTES, .ops = &ops,
                                          .caching = origins->caching, .owner = origins },
                  &origins->flow, &origins->error));
    must(flow_load(origins->flow, &origins->error));
}

void origins_stop(struct origins *origins)
{
    flow_free(origins->flow);
    home_close(origins->home);
    buffer_free(&origins->out);
}

/* ---- feeding --------------------------------------------------------------------------------- */

static struct node *receiver(struct origins *origins, const char *repartition)
{
    for (size_t i = 0; i < origins->flow->node_count; i++) {
        struct node *node = &origins->flow->nodes[i];

        if (node->operator == &repartition_receive && !strcmp(node->step->topic, repartition))
            return node;
    }
    cr_assert(false, "no repartition is called '%s'", repartition);
    return NULL;
}

void origins_send(struct origins *origins, const char *repartition, int32_t origin,
                  const char *key, const char *value, int64_t timestamp_ms)
{
    struct node *node = receiver(origins, repartition);
    struct leat_bytes text = leat_bytes_of(value);
    struct change change = { .origin = origin, .origin_ms = timestamp_ms };

    change.record = (struct leat_record){ .key = leat_bytes_of(key), .value = &text,
                                          .type = &leat_string_type, .call = &origins->flow->call,
                                          .timestamp_ms = timestamp_ms };
    must(flow_record(origins->flow, node, &change, &origins->error));
}

void origins_mark(struct origins *origins, const char *repartition, int32_t origin,
                  int64_t mark_ms)
{
    flow_hear(receiver(origins, repartition), origin, mark_ms);
    must(flow_advance(origins->flow, &origins->error));
}

void origins_wall(struct origins *origins)
{
    must(flow_wall(origins->flow, &origins->error));
}

void origins_commit(struct origins *origins)
{
    must(flow_flush(origins->flow, &origins->error));
    must(flow_commit(origins->flow, &origins->error));
    origins->committed = origins->out.size;
}

void origins_undo(struct origins *origins)
{
    must(flow_flush(origins->flow, &origins->error));
    must(flow_abort(origins->flow, &origins->error));
    origins->out.size = origins->committed;
}

const char *origins_take(struct origins *origins)
{
    const char *taken = origins->out.data + origins->taken;

    if (origins->taken == origins->committed)
        return "";
    origins->taken = origins->committed;
    origins->out.data[origins->committed - 1] = 0;
    return taken;
}
