/* driver_io.c - the driver's records in and out, and the rows of its stores. */
#include "base/limits.h"
#include "base/memory.h"
#include "processor/driver_parts.h"
#include "processor/port_headers.h"
#include "schemas/codec.h"
#include "state/big_endian.h"
#include "state/session_key.h"
#include "state/version_key.h"
#include "state/window_key.h"
#include "topology/global.h"
#include "topology/headers.h"
#include "topology/operators.h"

enum { DRIVER_OUTPUT_BYTES = 64 << 20 };

/* ---- in -------------------------------------------------------------------------------------- */

static bool is_input(const struct leat_driver *driver, const char *topic)
{
    const struct leat_topology *topology = driver->layout->topology;

    for (size_t i = 0; i < topology->step_count; i++)
        if (topology->steps[i]->operator->source && !topology->steps[i]->twin &&
            !strcmp(topology->steps[i]->topic, topic))
            return true;
    return false;
}

int leat_driver_send_bytes(struct leat_driver *driver, const char *topic, struct leat_bytes key,
                           struct leat_bytes value, int64_t timestamp_ms)
{
    struct log_record record = { .timestamp_ms = timestamp_ms, .key = key, .value = value };
    int status;

    if (driver->error.code)
        return driver->error.code;
    if (!is_input(driver, topic))
        return error_set(&driver->error, LEAT_E_ARGUMENT, "no step reads topic '%s'", topic);
    if (timestamp_ms < 0)
        return error_set(&driver->error, LEAT_E_ARGUMENT,
                         "a record of topic '%s' has the negative timestamp %lld", topic,
                         (long long)timestamp_ms);
    record.topic = log_writer_topic(driver->feeder, topic);
    status = port_send_headed(driver->feeder, &record, driver->headers, &driver->error);
    driver->headers = (struct leat_bytes){ 0 };
    arena_reset(&driver->header_arena);
    if (!status)
        status = log_writer_flush(driver->feeder, &driver->error);
    return status ? status : driver_run(driver);
}

void leat_driver_give_header(struct leat_driver *driver, const char *name,
                             struct leat_bytes value)
{
    driver->headers = headers_add(&driver->header_arena, driver->headers,
                                  &(struct header){ name, value });
}

static struct codec *codec_for(struct leat_driver *driver, const char *topic,
                               const struct leat_type *type)
{
    struct driver_codec *added;

    for (size_t i = 0; i < driver->codec_count; i++)
        if (codec_type(driver->codecs[i].codec) == type && !strcmp(driver->codecs[i].topic, topic))
            return driver->codecs[i].codec;
    driver->codecs = memory_grow(driver->codecs, driver->codec_count, &driver->codec_capacity,
                                 sizeof *driver->codecs);
    added = &driver->codecs[driver->codec_count++];
    *added = (struct driver_codec){ codec_new(type, driver->registry), memory_text(topic) };
    return codec_register(added->codec, topic, &driver->error) ? NULL : added->codec;
}

int leat_driver_send(struct leat_driver *driver, const char *topic, struct leat_bytes key,
                     const struct leat_type *type, const void *value, int64_t timestamp_ms)
{
    struct leat_bytes none = { 0 };
    struct codec *codec;
    int status;

    if (driver->error.code)
        return driver->error.code;
    if (!value)
        return leat_driver_send_bytes(driver, topic, key, none, timestamp_ms);
    codec = codec_for(driver, topic, type);
    if (!codec)
        return driver->error.code;
    driver->scratch.size = 0;
    status = codec_encode(codec, value, &driver->scratch);
    if (status)
        return error_set(&driver->error, status, "a value for topic '%s' does not fit its schema",
                         topic);
    return leat_driver_send_bytes(driver, topic, key, buffer_bytes(&driver->scratch),
                                  timestamp_ms);
}

/* ---- out ------------------------------------------------------------------------------------- */

/* A topic that records may choose. */
static bool is_option(const struct leat_driver *driver, const char *topic)
{
    const char *const *option = driver->options.topics;

    while (option && *option && strcmp(*option, topic) != 0)
        option++;
    return option && *option;
}

static const struct step *writer_of(const struct leat_driver *driver, const char *topic)
{
    const struct leat_topology *topology = driver->layout->topology;

    for (size_t i = 0; i < topology->step_count; i++) {
        const struct step *step = topology->steps[i];

        if (step->operator == &to_topic &&
            (step->topic ? !strcmp(step->topic, topic) : is_option(driver, topic)))
            return step;
    }
    return NULL;
}

static int open_output(struct leat_driver *driver, const char *topic, struct driver_output *output)
{
    struct log_reader_options options = { .queue_bytes = DRIVER_OUTPUT_BYTES };
    struct log_position first = { topic, 0, 0 };
    const struct step *step = writer_of(driver, topic);
    struct leat_error ignored = { 0 };
    int status = log_reader_new(driver->log, &options, &output->reader, &ignored);

    if (status)
        return status;
    status = log_reader_assign(output->reader, &first, 0, &ignored);
    if (status) {
        log_reader_free(output->reader);
        return status;
    }
    output->topic = memory_text(topic);
    output->codec = step ? codec_new(step->inputs[0]->type, driver->registry) : NULL;
    output->window_ms = step ? step->window_ms : 0;
    arena_init(&output->arena, 4096);
    return LEAT_OK;
}

static struct driver_output *find_output(struct leat_driver *driver, const char *topic)
{
    struct driver_output output = { 0 };

    for (size_t i = 0; i < driver->output_count; i++)
        if (!strcmp(driver->outputs[i].topic, topic))
            return &driver->outputs[i];
    if (open_output(driver, topic, &output))
        return NULL;
    driver->outputs = memory_grow(driver->outputs, driver->output_count, &driver->output_capacity,
                                  sizeof *driver->outputs);
    driver->outputs[driver->output_count] = output;
    return &driver->outputs[driver->output_count++];
}

static void read_window(const struct driver_output *output, struct leat_driver_record *out)
{
    struct leat_bytes key = out->key;
    struct session_key session;
    int64_t start_ms;

    if (output->window_ms == WINDOW_SESSION && session_key_parse(key, &session)) {
        out->key = session.key;
        out->window = (struct leat_span){ session.start_ms, session.end_ms, LEAT_SPAN_SESSION };
    } else if (output->window_ms && key.size >= 8) {
        out->key.size -= 8;
        start_ms = (int64_t)big_endian_get_64(key.data + out->key.size);
        out->window = leat_window_span(start_ms, output->window_ms > 0
                                                     ? start_ms + output->window_ms
                                                     : INT64_MAX);
    }
}

static void fill_record(struct leat_driver *driver, struct driver_output *output,
                        struct leat_driver_record *out)
{
    const struct log_message *message = &output->message;
    struct leat_error ignored = { 0 };
    void *value = NULL;

    *out = (struct leat_driver_record){ .key = message->key, .bytes = message->value,
                                        .timestamp_ms = message->timestamp_ms,
                                        .message = message };
    read_window(output, out);
    if (!output->codec)
        return;
    out->type = codec_type(output->codec);
    if (message->value.data &&
        !codec_decode(output->codec, message->value, &output->arena, &value, &ignored))
        out->value = value;
}

int leat_driver_take(struct leat_driver *driver, const char *topic, struct leat_driver_record *out)
{
    struct driver_output *output = find_output(driver, topic);
    struct leat_error ignored = { 0 };

    if (!output)
        return 0;
    if (output->taken)
        log_message_free(&output->message);
    output->taken = false;
    arena_reset(&output->arena);
    while (log_reader_poll(output->reader, &output->message, 1, 0, &ignored) == 1) {
        if (output->message.event == LOG_RECORD) {
            output->taken = true;
            fill_record(driver, output, out);
            return 1;
        }
        log_message_free(&output->message);
    }
    return 0;
}

struct leat_bytes leat_driver_header(const struct leat_driver_record *record, const char *name)
{
    struct log_header headers[LIMIT_HEADERS];
    size_t count = log_message_headers(record->message, headers, LIMIT_HEADERS);

    while (count--)
        if (!strcmp(headers[count].name, name))
            return headers[count].value;
    return (struct leat_bytes){ 0 };
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* Of a versioned store's rows only the latest of a key is shown; a deletion is none. */
static bool is_shown(const struct store *store, struct leat_bytes key)
{
    struct version_key version;

    if (store_spec(store)->kind != STORE_VERSIONED || !version_key_parse(key, &version))
        return true;
    return version.end_ms == VERSION_OPEN && version.kind == VERSION_VALUE;
}

static void show_row(const struct store *store, const struct entry *entry, int64_t window_ms,
                     leat_driver_visit visit, void *user)
{
    struct leat_driver_record row = { .key = entry->key,
                                      .type = store_spec(store)->type,
                                      .value = entry->value,
                                      .timestamp_ms = entry->timestamp_ms };
    struct window_key parts;
    struct session_key session;
    struct version_key version;

    if (store_spec(store)->kind == STORE_VERSIONED && version_key_parse(entry->key, &version))
        row.key = version.key;
    if (window_ms > 0 && window_key_parse(entry->key, &parts)) {
        row.key = parts.key;
        row.window = leat_window_span(parts.start_ms, parts.start_ms + window_ms);
    }
    if (window_ms < 0 && session_key_parse(entry->key, &session)) {
        row.key = session.key;
        row.window = (struct leat_span){ session.start_ms, session.end_ms,
                                         window_ms == WINDOW_SESSION ? LEAT_SPAN_SESSION
                                                                     : LEAT_SPAN_WINDOW };
    }
    visit(user, &row);
}

static int show_store(struct leat_driver *driver, struct store *store, int64_t window_ms,
                      leat_driver_visit visit, void *user)
{
    struct leat_bytes all = { "", 0 }, none = { 0 };
    struct store_cursor *cursor;
    struct entry *entry;
    int rows = 0, status = store_range(store, all, none, false, &cursor, &driver->error);

    if (status)
        return status;
    while ((status = store_next(cursor, &entry, &driver->error)) == 1) {
        if (!is_shown(store, entry->key))
            continue;
        show_row(store, entry, window_ms, visit, user);
        rows++;
    }
    store_cursor_close(cursor);
    return status < 0 ? status : rows;
}

static bool keeps(const struct step *step, const char *store)
{
    return step->store_count && !strcmp(step->stores[0].spec.name, store);
}

static const struct step *find_global_step(const struct leat_driver *driver, const char *name)
{
    const struct leat_topology *topology = driver->layout->topology;

    for (size_t i = 0; i < topology->step_count; i++)
        if (topology->steps[i]->operator == &source_global &&
            (!strcmp(topology->steps[i]->name, name) || keeps(topology->steps[i], name)))
            return topology->steps[i];
    return NULL;
}

static int show_global(struct leat_driver *driver, const struct step *step, leat_driver_visit visit,
                       void *user)
{
    struct global_reader reader = { 0 };
    int rows = global_reader_open(globals_find(driver->globals, step), &reader, &driver->error);

    if (rows)
        return rows;
    rows = show_store(driver, reader.store, 0, visit, user);
    global_reader_close(&reader);
    return rows;
}

/* NULL: there is no such store. */
static const struct flow_store *find_store(const struct leat_driver *driver, const char *store)
{
    const struct flow *flow = driver->task->flow;

    for (size_t i = 0; i < flow->store_count; i++)
        if (flow->stores[i].node && !strcmp(flow->stores[i].spec.name, store))
            return &flow->stores[i];
    return NULL;
}

int leat_driver_rows(struct leat_driver *driver, const char *store, leat_driver_visit visit,
                     void *user)
{
    const struct step *global = find_global_step(driver, store), *step;
    const struct flow_store *at;

    if (global)
        return show_global(driver, global, visit, user);
    at = find_store(driver, store);
    if (!at)
        return LEAT_E_ARGUMENT;
    step = at->node->step;
    return show_store(driver, at->store, step->noun == NOUN_TABLE ? step->window_ms : 0, visit,
                      user);
}

int leat_driver_as_of(struct leat_driver *driver, const char *store, struct leat_bytes key,
                      int64_t at_ms, struct leat_driver_record *out)
{
    const struct flow_store *at = find_store(driver, store);
    struct flow *flow = driver->task->flow;
    struct row row = { 0 };
    int status;

    if (!at || at->spec.kind != STORE_VERSIONED)
        return LEAT_E_ARGUMENT;
    flow->error = &driver->error;
    arena_reset(&flow->record);
    status = at->node->operator->get_as_of(at->node, key, at_ms, &row);
    if (status || !row.value)
        return status;
    *out = (struct leat_driver_record){ .key = key, .type = at->spec.type, .value = row.value,
                                        .timestamp_ms = row.timestamp_ms };
    return 1;
}

void driver_io_close(struct leat_driver *driver)
{
    for (size_t i = 0; i < driver->output_count; i++) {
        struct driver_output *output = &driver->outputs[i];

        if (output->taken)
            log_message_free(&output->message);
        log_reader_free(output->reader);
        codec_free(output->codec);
        arena_free(&output->arena);
        memory_free(output->topic);
    }
    for (size_t i = 0; i < driver->codec_count; i++) {
        codec_free(driver->codecs[i].codec);
        memory_free(driver->codecs[i].topic);
    }
    memory_free(driver->codecs);
    memory_free(driver->outputs);
    memory_free(driver->committed);
}
