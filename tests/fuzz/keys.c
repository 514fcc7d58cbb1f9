/* keys.c - fuzz: keys of windows and sessions, and rows. What can be taken apart can be put
 * together to the same bytes. */
#include "state/row.h"
#include "state/session_key.h"
#include "state/window_key.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_window(struct leat_bytes bytes, struct arena *arena)
{
    struct leat_bytes from, to, topic;
    struct window_key key;

    if (!window_key_parse(bytes, &key))
        return;
    topic = window_key_topic(bytes);
    assert(topic.size + WINDOW_KEY_SEQUENCE_BYTES == bytes.size);
    assert(window_key_of(bytes, key.key));
    assert(leat_bytes_equal(window_key_build(arena, key.key, key.start_ms, key.sequence), bytes));
    if (key.start_ms < 0)
        return;
    window_key_bounds(arena, key.key, key.start_ms, key.start_ms, &from, &to);
    assert(leat_bytes_compare(from, bytes) <= 0);
    assert(!to.data || leat_bytes_compare(bytes, to) < 0);
}

static void read_session(struct leat_bytes bytes, struct arena *arena)
{
    struct session_key key;

    if (!session_key_parse(bytes, &key))
        return;
    assert(session_key_of(bytes, key.key));
    assert(leat_bytes_equal(session_key_build(arena, key.key, key.start_ms, key.end_ms), bytes));
}

static void read_row(struct leat_bytes bytes)
{
    struct leat_error error = { 0 };
    char head[ROW_HEAD_BYTES];
    struct row row;

    if (row_parse(bytes, &row, &error))
        return;
    assert(row.wire.size + ROW_HEAD_BYTES == bytes.size);
    row_write_head(head, row.timestamp_ms);
    assert(!memcmp(head + 2, bytes.data + 2, sizeof head - 2));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct leat_bytes bytes = leat_bytes(data, size);
    struct arena arena;

    arena_init(&arena, 4096);
    read_window(bytes, &arena);
    read_session(bytes, &arena);
    read_row(bytes);
    arena_free(&arena);
    return 0;
}
