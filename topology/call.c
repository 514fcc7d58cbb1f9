/* call.c - what a callback may ask for: memory, where it is, and to pass a record on. */
#include "base/memory.h"
#include "leat/join.h"
#include "leat/process.h"
#include "leat/stateful.h"
#include "topology/flow.h"

#include <stdarg.h>
#include <stdio.h>

void *leat_alloc(const struct leat_record *record, size_t size)
{
    return arena_zeroed(&record->call->flow->record, size);
}

struct leat_bytes leat_text(const struct leat_record *record, const char *format, ...)
{
    struct arena *arena = &record->call->flow->record;
    va_list arguments;
    char *memory;
    int length;

    va_start(arguments, format);
    length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    memory = arena_new(arena, (size_t)length + 1);
    va_start(arguments, format);
    vsnprintf(memory, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return leat_bytes(memory, (size_t)length);
}

struct leat_bytes leat_join_text(const struct leat_record *record, struct leat_bytes a,
                                 char separator, struct leat_bytes b)
{
    char *memory = arena_new(&record->call->flow->record, a.size + b.size + 2);

    if (a.size)
        memcpy(memory, a.data, a.size);
    memory[a.size] = separator;
    if (b.size)
        memcpy(memory + a.size + 1, b.data, b.size);
    return leat_bytes(memory, a.size + 1 + b.size);
}

void *leat_user(const struct leat_record *record)
{
    return record->call->node->step->user;
}

const char *leat_step(const struct leat_record *record)
{
    const struct leat_call *call = record->call;

    return call->change->late_for ? call->change->late_for : call->node->step->name;
}

const char *leat_source_topic(const struct leat_record *record)
{
    return record->call->flow->source.topic;
}

int32_t leat_source_partition(const struct leat_record *record)
{
    return record->call->flow->source.partition;
}

int64_t leat_source_offset(const struct leat_record *record)
{
    return record->call->flow->source.offset;
}

int64_t leat_wall_ms(const struct leat_record *record)
{
    return clock_wall_ms(record->call->flow->options.clock);
}

int64_t leat_stream_ms(const struct leat_record *record)
{
    return record->call->flow->stream_ms;
}

void leat_none(const struct leat_record *record)
{
    record->call->none = true;
}

/* ---- passing on ------------------------------------------------------------------------------ */

/* A punctuation has no key; it forwards under those that the step has kept. */
static bool key_fits(const struct leat_record *record, struct leat_bytes key)
{
    const struct leat_call *call = record->call;

    if (!call->node->step->key_stays || !call->flow->source.topic ||
        leat_bytes_equal(key, call->change->record.key))
        return true;
    leat_fail(record, "it forwards under another key, but the key is to stay");
    return false;
}

static struct change passed_on(const struct leat_call *call, struct leat_bytes key,
                               const void *value, int64_t timestamp_ms)
{
    struct change change = *call->change;

    change.record.key = key;
    change.record.value = value;
    change.record.type = call->node->step->type;
    change.record.timestamp_ms = timestamp_ms;
    if (!call->node->step->window_ms)
        change.record.window = (struct leat_span){ 0 };
    change.before_known = change.superseded = false;
    return change;
}

/* The call is saved around the walk: the steps behind enter callbacks of their own. */
void leat_forward(const struct leat_record *record, struct leat_bytes key, const void *value,
                  int64_t timestamp_ms)
{
    struct leat_call *call = record->call, saved = *call;
    struct change change;

    if (call->status || !key_fits(record, key))
        return;
    change = passed_on(call, key, value, timestamp_ms);
    saved.status = node_forward(call->node, &change);
    *call = saved;
}

void leat_forward_to(const struct leat_record *record, const char *child, struct leat_bytes key,
                     const void *value, int64_t timestamp_ms)
{
    struct leat_call *call = record->call, saved = *call;
    struct node *node = call->node;
    struct change change;
    size_t place = 0;

    if (call->status || !key_fits(record, key))
        return;
    while (place < node->edge_count && strcmp(node->edges[place].child->step->name, child) != 0)
        place++;
    if (place == node->edge_count) {
        leat_fail(record, "it forwards to '%s', but no step of this name stands behind it", child);
        return;
    }
    change = passed_on(call, key, value, timestamp_ms);
    saved.status = node_forward_to(node, place, &change);
    *call = saved;
}

void leat_fail(const struct leat_record *record, const char *format, ...)
{
    struct leat_call *call = record->call;
    va_list arguments;

    if (call->status)
        return;
    va_start(arguments, format);
    vsnprintf(call->flow->failure, sizeof call->flow->failure, format, arguments);
    va_end(arguments);
    call->status = LEAT_E_CALLBACK;
}
