/* query_rows.c - reading committed rows on whatever thread asks, beside the worker that writes.
 *
 * The home's cursor shows the rows as they were when it was opened. Keys with a time behind them
 * have other keys' rows in between, where one key begins as another does: each row's own key is
 * looked at.
 */
#include "processor/query.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "schemas/codec.h"
#include "schemas/print.h"
#include "state/big_endian.h"
#include "state/row.h"
#include "state/session_key.h"
#include "state/version_key.h"

#include <inttypes.h>

enum {
    NUMBER_BYTES = 2,
    TAIL_BYTES = 16, /* the longest that stands behind a key */
    ARENA_BYTES = 16 << 10,
    LOOKS_A_CLOCK = 64,
};

_Static_assert((int)TAIL_BYTES >= (int)SESSION_KEY_TAIL_BYTES &&
                   (int)TAIL_BYTES >= (int)WINDOW_KEY_TAIL_BYTES,
               "bounds reach behind every row of a key");

struct look {
    const struct query *query;
    const struct query_store *store;
    const struct query_source *source;
    struct codec *codec;
    struct arena arena; /* rewound after each row */
    query_each each;
    void *user;
    int64_t rows, seen;
    bool *more;
};

/* ---- bounds ---------------------------------------------------------------------------------- */

/* The store's number, the key, eight bytes of time, and what lies behind all that begins so. */
struct bound {
    struct leat_bytes key;
    bool timed, behind;
    int64_t at_ms;
};

static struct leat_bytes bound_at(struct look *look, const struct bound *bound)
{
    size_t size = NUMBER_BYTES + bound->key.size;
    char *bytes = arena_new(&look->arena, size + sizeof bound->at_ms + TAIL_BYTES + 1);

    big_endian_put_16(bytes, look->source->number);
    if (bound->key.size)
        memcpy(bytes + NUMBER_BYTES, bound->key.data, bound->key.size);
    if (bound->timed) {
        big_endian_put_64(bytes + size, (uint64_t)bound->at_ms);
        size += sizeof bound->at_ms;
    }
    if (bound->behind && look->store->shape == QUERY_PLAIN) {
        bytes[size++] = 0;
    } else if (bound->behind) {
        memset(bytes + size, 0xff, TAIL_BYTES + 1);
        size += TAIL_BYTES + 1;
    }
    return leat_bytes(bytes, size);
}

static struct leat_bytes end_of_store(struct look *look)
{
    char *bytes = arena_new(&look->arena, NUMBER_BYTES);

    big_endian_put_16(bytes, (uint16_t)(look->source->number + 1));
    return leat_bytes(bytes, NUMBER_BYTES);
}

/* One key: its times are in order, though those before 1970 stand last. */
static void bounds_of_key(struct look *look, struct leat_bytes *from, struct leat_bytes *to)
{
    const struct query *query = look->query;
    enum query_shape shape = look->store->shape;
    struct bound first = { query->key, query->from_ms > 0 && shape != QUERY_PLAIN, false,
                           query->from_ms };
    struct bound last = { query->key, false, true, query->to_ms };

    if (shape == QUERY_VERSIONS && !query->timed)
        first = (struct bound){ query->key, true, false, VERSION_OPEN };
    if (shape == QUERY_WINDOWS && first.timed)
        last.timed = query->to_ms != INT64_MAX && query->to_ms > 0;
    *from = bound_at(look, &first);
    *to = bound_at(look, &last);
}

/* A key that `to` begins with lies before it; its row, with a time behind the key, lies there too
 * where that begins with a zero that `to` has not. */
static void bounds_of_range(struct look *look, struct leat_bytes *from, struct leat_bytes *to)
{
    const struct query *query = look->query;
    struct bound first = { .key = query->from }, last = { .key = query->to, .behind = true };
    enum query_shape shape = look->store->shape;
    bool open = !query->to.data || shape == QUERY_VERSIONS ||
                (shape != QUERY_PLAIN && memchr(query->to.data, 0, query->to.size));

    *from = bound_at(look, &first);
    *to = open ? end_of_store(look) : bound_at(look, &last);
}

/* ---- what a row is --------------------------------------------------------------------------- */

/* False: damage, or another shape than was thought. */
static bool take_apart(const struct look *look, struct query_row *row)
{
    struct window_key window;
    struct session_key session;
    struct version_key version;

    switch (look->store->shape) {
    case QUERY_PLAIN:
        row->key = row->place;
        return true;
    case QUERY_WINDOWS:
        if (!window_key_parse(row->place, &window))
            return false;
        row->key = window.key;
        row->window = leat_window_span(window.start_ms, window.start_ms + look->store->window_ms);
        return true;
    case QUERY_SESSIONS:
        if (!session_key_parse(row->place, &session))
            return false;
        row->key = session.key;
        row->window = (struct leat_span){ session.start_ms, session.end_ms, LEAT_SPAN_SESSION };
        return true;
    case QUERY_VERSIONS:
        if (!version_key_parse(row->place, &version) || version.kind == VERSION_DELETION)
            return false;
        row->key = version.key;
        row->end_ms = version.end_ms;
        return true;
    }
    return false;
}

static bool key_fits(const struct query *query, struct leat_bytes key)
{
    if (query->what == QUERY_KEY)
        return leat_bytes_equal(key, query->key);
    return (!query->from.data || leat_bytes_compare(key, query->from) >= 0) &&
           (!query->to.data || leat_bytes_compare(key, query->to) <= 0);
}

/* Without times, of versions the latest is meant. */
static bool time_fits(const struct look *look, const struct query_row *row)
{
    const struct query *query = look->query;

    switch (look->store->shape) {
    case QUERY_WINDOWS:
        return row->window.start_ms >= query->from_ms && row->window.start_ms <= query->to_ms;
    case QUERY_SESSIONS:
        return row->window.end_ms >= query->from_ms && row->window.start_ms <= query->to_ms;
    case QUERY_VERSIONS:
        return query->timed ? row->end_ms > query->from_ms && row->timestamp_ms <= query->to_ms
                            : row->end_ms == VERSION_OPEN;
    case QUERY_PLAIN:
        break;
    }
    return true;
}

/* ---- one row --------------------------------------------------------------------------------- */

static int check_time(struct look *look, struct leat_error *error)
{
    const struct query_source *source = look->source;

    if (source->closing && atomic_load(source->closing))
        return error_set(error, LEAT_E_RETRY, "the task is moving to another instance");
    if (look->seen++ % LOOKS_A_CLOCK == 0 && clock_ms(clock_system()) > source->until_ms)
        return error_set(error, LEAT_E_RETRY,
                         "there was no answer in %" PRId64 " ms: ask for fewer rows, or raise "
                         "timeout_ms", look->query->timeout_ms);
    return LEAT_OK;
}

static int show(struct look *look, struct query_row *row, struct leat_bytes wire,
                struct leat_error *error)
{
    void *value;
    int status;

    if (look->rows == look->query->limit) {
        *look->more = true;
        return LEAT_OK;
    }
    status = codec_decode(look->codec, wire, &look->arena, &value, error);
    if (status)
        return status;
    row->value = value;
    look->rows++;
    return look->each(look->user, row, error);
}

static int take_row(struct look *look, struct leat_bytes key, struct leat_bytes bytes,
                    struct leat_error *error)
{
    struct arena_mark mark = arena_mark(&look->arena);
    struct query_row row = { .place = leat_bytes(key.data + NUMBER_BYTES,
                                                 key.size - NUMBER_BYTES) };
    struct row parsed;
    int status = check_time(look, error);

    if (!status)
        status = row_parse(bytes, &parsed, error);
    if (status || home_expired(look->source->home, key) || !take_apart(look, &row))
        return status;
    row.timestamp_ms = parsed.timestamp_ms;
    if (key_fits(look->query, row.key) && time_fits(look, &row))
        status = show(look, &row, parsed.wire, error);
    arena_rewind(&look->arena, mark);
    return status;
}

static int walk(struct look *look, struct home_cursor *cursor, struct leat_error *error)
{
    struct leat_bytes key, value;
    int status;

    while (!*look->more && (status = home_next(cursor, &key, &value, error)) == 1) {
        status = take_row(look, key, value, error);
        if (status)
            return status;
    }
    return *look->more ? LEAT_OK : status;
}

int query_rows(const struct query *query, const struct query_store *store,
               const struct query_source *source, query_each each, void *user, bool *more,
               struct leat_error *error)
{
    struct look look = { .query = query, .store = store, .source = source, .each = each,
                         .user = user, .more = more };
    struct leat_bytes from, to;
    struct home_cursor *cursor;
    int status;

    *more = false;
    arena_init(&look.arena, ARENA_BYTES);
    if (query->what == QUERY_KEY)
        bounds_of_key(&look, &from, &to);
    else
        bounds_of_range(&look, &from, &to);
    look.codec = codec_new(query_store_type(store), source->registry);
    status = home_range(source->home, from, to, query->reverse, &cursor, error);
    if (!status) {
        status = walk(&look, cursor, error);
        home_cursor_close(cursor);
    }
    codec_free(look.codec);
    arena_free(&look.arena);
    return status;
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static int print_key(struct leat_bytes key, struct buffer *out)
{
    int status;

    if (utf8_valid(key)) {
        buffer_text(out, "\"key\":");
        return print_string(key, out);
    }
    status = buffer_text(out, "\"key_hex\":\"");
    for (size_t i = 0; i < key.size && !status; i++)
        status = buffer_format(out, "%02x", (unsigned char)key.data[i]);
    return status ? status : buffer_text(out, "\"");
}

static int print_span(const struct query_store *store, const struct query_row *row,
                      struct buffer *out)
{
    switch (store->shape) {
    case QUERY_WINDOWS:
        buffer_format(out, ",\"window\":{\"start_ms\":%" PRId64, row->window.start_ms);
        if (store->window_ms)
            buffer_format(out, ",\"end_ms\":%" PRId64, row->window.end_ms);
        return buffer_text(out, "}");
    case QUERY_SESSIONS:
        return buffer_format(out, ",\"window\":{\"start_ms\":%" PRId64 ",\"end_ms\":%" PRId64 "}",
                             row->window.start_ms, row->window.end_ms);
    case QUERY_VERSIONS:
        return row->end_ms == VERSION_OPEN
                 ? LEAT_OK
                 : buffer_format(out, ",\"valid_to_ms\":%" PRId64, row->end_ms);
    case QUERY_PLAIN:
        break;
    }
    return LEAT_OK;
}

int query_row_json(const struct query_store *store, const struct query_row *row,
                   struct buffer *out)
{
    int status = buffer_text(out, "{");

    if (!status)
        status = print_key(row->key, out);
    if (!status)
        status = buffer_text(out, ",\"value\":");
    if (!status)
        status = print_value(query_store_type(store), row->value, out);
    if (!status)
        status = buffer_format(out, ",\"timestamp_ms\":%" PRId64, row->timestamp_ms);
    if (!status)
        status = print_span(store, row, out);
    return status ? status : buffer_text(out, "}");
}
