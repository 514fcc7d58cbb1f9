/* port.c - bytes to changes and changes to bytes, at the edge of a task. */
#include "processor/port.h"

#include "base/limits.h"
#include "base/memory.h"
#include "processor/partition.h"
#include "processor/port_headers.h"
#include "schemas/codec.h"
#include "schemas/wire.h"
#include "state/session_key.h"
#include "state/window_key.h"
#include "topology/operators.h"

#include <stdlib.h>

void port_init(struct port *port, struct node *node, const struct layout *layout,
               struct registry *registry, struct log *log)
{
    const struct step *step = node->step;
    const struct layout_topic *topic = layout_topic(layout, step);
    const struct leat_type *type = step->operator->sink ? step->inputs[0]->type : step->type;

    *port = (struct port){ .node = node, .topic = topic->name, .partitions = topic->partitions };
    port->codec = codec_new(type, registry);
    port->log = log;
    port->framed = step->twin;
    if (step->partial_type)
        port->partial_codec = codec_new(step->partial_type, registry);
    port->mark_ms = TIME_NONE;
    if (step->operator == &repartition_send) {
        port->timed = layout->topology->groups[step->twin->group].timed;
        port->told_ms = memory_array((size_t)port->partitions, sizeof *port->told_ms);
        for (int32_t p = 0; p < port->partitions; p++)
            port->told_ms[p] = TIME_NONE;
    }
    node->port = port;
}

static void free_chosen(struct port *port)
{
    struct leat_bytes name;
    void *topic;

    for (size_t i = 0; map_next(&port->chosen, &i, &name, &topic);) {
        memory_free(((struct port_topic *)topic)->name);
        memory_free(topic);
    }
    map_free(&port->chosen);
}

void port_free(struct port *port)
{
    free_chosen(port);
    codec_free(port->codec);
    codec_free(port->partial_codec);
    memory_free(port->told_ms);
    *port = (struct port){ 0 };
}

int port_register(struct port *port, struct leat_error *error)
{
    int status;
    char *partial;

    if (!port->node->operator->sink || !port->topic)
        return LEAT_OK;
    status = codec_register(port->codec, port->topic, error);
    if (status || !port->partial_codec)
        return status;
    partial = memory_format("%s-partial", port->topic);
    status = codec_register(port->partial_codec, partial, error);
    memory_free(partial);
    return status;
}

void port_attach(struct port *port, struct log_writer *writer)
{
    struct leat_bytes name;
    void *topic;

    port->writer = writer;
    if (port->topic)
        port->handle = log_writer_topic(writer, port->topic);
    for (size_t i = 0; map_next(&port->chosen, &i, &name, &topic);)
        ((struct port_topic *)topic)->handle =
            log_writer_topic(writer, ((struct port_topic *)topic)->name);
}

/* ---- where a record goes --------------------------------------------------------------------- */

/* A topic that is met for the first time: it must be there, and have the schema. What is caused so
 * far by the record at hand cannot wait for an outage to end: it is undone and done again. */
static int meet_topic(struct port *port, struct leat_bytes name, struct port_topic **out,
                      struct leat_error *error)
{
    const char *text = arena_copy(&port->node->flow->record, name).data;
    struct log_topic topic = { .name = text };
    int status = log_topic_look(port->log, &topic, error);

    if (!status && !topic.partitions)
        return error_set(error, LEAT_E_LIMIT,
                         "step '%s' writes to topic '%s', which does not exist; create it",
                         port->node->step->name, text);
    if (!status)
        status = codec_register(port->codec, text, error);
    if (status == LEAT_E_RETRY)
        status = error->code = LEAT_E_ABORTED;
    if (status)
        return status;
    *out = memory_new(sizeof **out);
    **out = (struct port_topic){ memory_text(text), topic.partitions,
                                 log_writer_topic(port->writer, text) };
    map_put(&port->chosen, name, *out);
    return LEAT_OK;
}

static int choose_topic(struct port *port, const struct change *change, struct port_topic *out,
                        struct leat_error *error)
{
    struct port_topic *chosen;
    struct leat_bytes name;
    int status;

    *out = (struct port_topic){ port->topic, port->partitions, port->handle };
    if (port->topic)
        return LEAT_OK;
    status = sink_topic(port->node, change, &name);
    if (status)
        return status;
    chosen = map_get(&port->chosen, name);
    if (!chosen)
        status = meet_topic(port, name, &chosen, error);
    if (!status)
        *out = *chosen;
    return status;
}

/* A windowed key's partition is that of the inner key. A null key goes anywhere. */
static int choose_partition(const struct port *port, const struct change *change,
                            int32_t partitions, int32_t *out)
{
    struct leat_bytes key = change->record.key;

    if (sink_chooses_partition(port->node->step))
        return sink_partition(port->node, change, partitions, out);
    *out = key.data ? partition_of(key, partitions) : (int32_t)(random() % partitions);
    return LEAT_OK;
}

/* ---- writing --------------------------------------------------------------------------------- */

/* The length is known behind the value: five bytes are kept for it, as a padded varint. */
static int encode_old(struct port *port, const void *old, struct buffer *out)
{
    size_t at = out->size, size;
    int status = buffer_room(out, 5);

    if (status)
        return status;
    out->size += 5;
    status = codec_encode(port->codec, old, out);
    size = out->size - at - 5;
    for (int i = 0; i < 5; i++, size >>= 7)
        out->data[at + (size_t)i] = (char)((size & 0x7f) | (i < 4 ? 0x80 : 0));
    return status;
}

static int encode_frame(struct port *port, const struct change *change, int32_t sender,
                        struct buffer *out)
{
    bool old = change->before_known && change->before && port->node->step->carries_before;
    struct frame frame = { .flags = (change->record.value ? 0 : FRAME_NULL) |
                                    (change->partial ? FRAME_DECIDED : 0) | (old ? FRAME_OLD : 0),
                           .sender = sender,
                           .origin = change->origin,
                           .origin_ms = change->origin_ms,
                           .mark_ms = port->mark_ms,
                           .headers = change->record.call->headers };
    struct codec *codec = change->partial ? port->partial_codec : port->codec;
    int status = frame_begin(&frame, out);

    if (!status && old)
        status = encode_old(port, change->before, out);
    if (!status && change->record.value)
        status = codec_encode(codec, change->record.value, out);
    return status;
}

static int encode(struct port *port, const struct change *change, int32_t sender,
                  struct buffer *out, struct log_record *record)
{
    int status = LEAT_OK;

    out->size = 0;
    if (port->framed)
        status = encode_frame(port, change, sender, out);
    else if (change->record.value)
        status = codec_encode(port->codec, change->record.value, out);
    if (port->framed || change->record.value)
        record->value = buffer_bytes(out);
    return status;
}

static int encode_failed(const struct port *port, int status, struct leat_error *error)
{
    return error_set(error, status == LEAT_E_LIMIT ? LEAT_E_LIMIT : LEAT_E_DATA,
                     "step '%s' cannot write a value of type %s: %s", port->node->step->name,
                     codec_type(port->codec)->name,
                     status == LEAT_E_LIMIT ? "it is larger than a record may be"
                                            : "a field does not fit its schema");
}

/* A windowed key is laid out as Kafka Streams' TimeWindowedSerializer does; between tasks with both
 * bounds, whatever made it. */
static struct leat_bytes lay_out_key(const struct port *port, const struct change *change)
{
    const struct leat_span *window = &change->record.window;
    struct arena *arena = &port->node->flow->record;
    struct leat_bytes key = change->record.key;

    if (window->kind == LEAT_SPAN_NONE || !key.data)
        return key;
    if (port->framed || window->kind == LEAT_SPAN_SESSION)
        return session_key_build(arena, key, window->start_ms, window->end_ms);
    return window_key_topic(window_key_build(arena, key, window->start_ms, 0));
}

/* The windowed key of a record that crossed a repartition. */
static int read_key(const struct port *port, struct leat_record *record, struct leat_error *error)
{
    int64_t window_ms = port->node->step->window_ms;
    struct session_key parts;

    if (!window_ms || !record->key.data)
        return LEAT_OK;
    if (!session_key_parse(record->key, &parts))
        return error_set(error, LEAT_E_DATA, "the key is too short for a windowed one");
    record->key = parts.key;
    record->window = (struct leat_span){ parts.start_ms, parts.end_ms,
                                         window_ms == WINDOW_SESSION ? LEAT_SPAN_SESSION
                                                                     : LEAT_SPAN_WINDOW };
    return LEAT_OK;
}

int port_send(struct port *port, struct log_writer *writer, const struct change *change,
              int32_t sender, uint64_t tag, struct buffer *out, struct leat_error *error)
{
    struct log_record record = { .tag = tag, .timestamp_ms = change->record.timestamp_ms };
    struct port_topic topic;
    int status = choose_topic(port, change, &topic, error);

    if (!status)
        status = choose_partition(port, change, topic.partitions, &record.partition);
    if (status)
        return status;
    status = encode(port, change, sender, out, &record);
    if (status)
        return encode_failed(port, status, error);
    record.topic = topic.handle;
    record.key = lay_out_key(port, change);
    if (port->framed)
        port->told_ms[record.partition] = port->mark_ms;
    port->records++;
    if (change->record.call->headers.size && !port->framed)
        return port_send_headed(writer, &record, change->record.call->headers, error);
    return log_writer_send(writer, &record, error);
}

bool port_owes_marks(const struct port *port)
{
    if (!port->timed || port->mark_ms == TIME_NONE)
        return false;
    for (int32_t p = 0; p < port->partitions; p++)
        if (port->told_ms[p] != port->mark_ms)
            return true;
    return false;
}

int port_send_marks(struct port *port, struct log_writer *writer, int32_t sender,
                    struct buffer *out, struct leat_error *error)
{
    struct frame frame = { .flags = FRAME_BARE | FRAME_NULL, .sender = sender,
                           .mark_ms = port->mark_ms };
    int status;

    out->size = 0;
    status = frame_begin(&frame, out);
    for (int32_t p = 0; p < port->partitions && !status; p++) {
        struct log_record record = { .topic = port->handle, .partition = p,
                                     .value = buffer_bytes(out) };

        if (port->told_ms[p] == port->mark_ms)
            continue;
        record.timestamp_ms = port->mark_ms == TIME_MAX ? 0 : port->mark_ms;
        status = log_writer_send(writer, &record, error);
        port->told_ms[p] = port->mark_ms;
    }
    return status;
}

/* ---- reading --------------------------------------------------------------------------------- */

static int decode(struct codec *codec, struct leat_bytes wire, struct arena *arena,
                  const void **value, struct leat_error *error)
{
    void *decoded = NULL;
    int status = wire.data ? codec_decode(codec, wire, arena, &decoded, error) : LEAT_OK;

    *value = decoded;
    return status;
}

static int read_frame(struct port *port, const struct log_message *message, struct change *change,
                      bool *bare, struct leat_error *error)
{
    struct arena *arena = &port->node->flow->record;
    struct codec *codec;
    struct frame frame;
    int status = frame_read(message->value, &frame, error);

    if (status)
        return status;
    if (frame.sender >= port->node->heard.senders)
        return error_set(error, LEAT_E_DATA,
                         "the record's sender, task %d, is none of the %d that write to '%s'",
                         frame.sender, port->node->heard.senders, port->topic);
    flow_hear(port->node, frame.sender, frame.mark_ms);
    *bare = frame.flags & FRAME_BARE;
    if (*bare)
        return LEAT_OK;
    status = read_key(port, &change->record, error);
    if (status)
        return status;
    change->origin = frame.origin;
    change->origin_ms = frame.origin_ms;
    port->headers = frame.headers;
    change->partial = frame.flags & FRAME_DECIDED;
    codec = change->partial && port->partial_codec ? port->partial_codec : port->codec;
    change->record.type = codec_type(codec);
    status = decode(codec, frame.value, arena, &change->record.value, error);
    if (!status && port->node->step->carries_before) {
        change->before_known = true;
        status = decode(port->codec, frame.old, arena, &change->before, error);
    }
    return status;
}

static int read_plain(struct port *port, const struct log_message *message, struct change *change,
                      struct leat_error *error)
{
    struct arena *arena = &port->node->flow->record;
    struct leat_bytes schema;
    void *value = NULL;
    int status = LEAT_OK;

    change->record.type = port->node->step->type;
    port->headers = port_take_headers(message, arena, &schema);
    if (!message->value.data)
        return LEAT_OK;
    if (change->record.type->schema && schema.data)
        status = codec_decode_headed(port->codec, schema, message->value, arena, &value, error);
    else
        status = codec_decode(port->codec, message->value, arena, &value, error);
    change->record.value = value;
    return status;
}

int port_read(struct port *port, const struct log_message *message, struct change *change,
              bool *bare, struct leat_error *error)
{
    *bare = false;
    port->headers = (struct leat_bytes){ 0 };
    change->record = (struct leat_record){ .key = message->key,
                                           .timestamp_ms = message->timestamp_ms,
                                           .call = &port->node->flow->call };
    return port->framed ? read_frame(port, message, change, bare, error)
                        : read_plain(port, message, change, error);
}
