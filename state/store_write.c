/* store_write.c - writing the entries of a store, and flushing what was written. */
#include "state/store_inside.h"

#include "schemas/codec.h"
#include "state/row.h"

#include <assert.h>

/* An entry that only a cursor knows becomes one of the map when it is written. */
static struct staged_entry *own(struct store *store, struct entry *entry)
{
    struct staged_entry *staged = (struct staged_entry *)entry;

    if (!staged->found)
        staged_add(&store->staged, staged);
    return staged;
}

/* Whether the value is about to change for the first time since the last flush. */
static bool begins(struct store *store, struct staged_entry *entry)
{
    bool first = store->spec.keep_before && !entry->before_taken;

    if (!first)
        return false;
    entry->before_taken = true;
    entry->entry.before = NULL;
    entry->entry.before_ms = entry->entry.timestamp_ms;
    if (!entry->before)
        entry->before = arena_zeroed(&store->staged.arena, sizeof *entry->before);
    return entry->entry.value;
}

void *store_edit(struct store *store, struct entry *entry)
{
    struct staged_entry *staged = own(store, entry);

    if (begins(store, staged)) {
        staged_assign(&store->staged, staged->before, entry->value);
        entry->before = staged->before->value;
    }
    if (!entry->value) {
        staged_assign_zero(&store->staged, &staged->block);
        entry->value = staged->block.value;
    }
    return entry->value;
}

void store_touch(struct store *store, struct entry *entry, int64_t timestamp_ms)
{
    struct staged_entry *staged = own(store, entry);

    assert(entry->value && entry->value == staged->block.value);
    staged_settle(&store->staged, &staged->block);
    entry->value = staged->block.value;
    entry->timestamp_ms = timestamp_ms;
    staged_mark_dirty(&store->staged, staged);
}

/* The value that is replaced whole becomes the one before as it stands: only its block moves. */
static void swap_blocks(struct staged_entry *entry)
{
    struct staged_block block = entry->block;

    entry->block = *entry->before;
    *entry->before = block;
    entry->entry.before = block.value;
}

void store_set(struct store *store, struct entry *entry, const void *value, int64_t timestamp_ms)
{
    struct staged_entry *staged = own(store, entry);

    if (begins(store, staged))
        swap_blocks(staged);
    if (value)
        staged_assign(&store->staged, &staged->block, value);
    entry->value = value ? staged->block.value : NULL;
    entry->timestamp_ms = timestamp_ms;
    staged_mark_dirty(&store->staged, staged);
}

void store_carry(struct store *store, struct entry *entry, struct leat_bytes headers)
{
    struct leat_bytes *copy;

    entry->headers = NULL;
    if (!headers.size)
        return;
    copy = arena_new(&store->staged.arena, sizeof *copy);
    *copy = arena_copy(&store->staged.arena, headers);
    entry->headers = copy;
}

static int encode(struct store *store, const struct entry *entry, struct leat_error *error)
{
    struct buffer *row = &store->encoded;
    int code;

    row->size = 0;
    if (buffer_room(row, ROW_HEAD_BYTES))
        return LEAT_E_LIMIT;
    row_write_head(row->data, entry->timestamp_ms);
    row->size = ROW_HEAD_BYTES;
    code = codec_encode(store->codec, entry->value, row);
    if (code)
        error_set(error, code, "a value of store '%s' cannot be encoded as '%s': %s",
                  store->spec.name, store->spec.type->name,
                  code == LEAT_E_LIMIT ? "it is too large"
                                       : "a number or a text in it does not fit the schema");
    return code;
}

static int flush_entry(struct store *store, struct staged_entry *staged, store_flush_fn each,
                       void *user, struct leat_error *error)
{
    struct entry *entry = &staged->entry;
    struct leat_bytes wire = { 0 };
    int code;

    if (store->spec.scratch)
        return each ? each(user, store, entry, wire, error) : LEAT_OK;
    code = entry->value ? encode(store, entry, error) : LEAT_OK;
    if (code)
        return code;
    if (entry->value)
        wire =
            leat_bytes(store->encoded.data + ROW_HEAD_BYTES, store->encoded.size - ROW_HEAD_BYTES);
    code = each ? each(user, store, entry, wire, error) : LEAT_OK;
    if (code)
        return code;
    if (entry->value)
        home_put(store->home, staged_home_key(staged), buffer_bytes(&store->encoded));
    else
        home_delete(store->home, staged_home_key(staged));
    return LEAT_OK;
}

int store_flush(struct store *store, store_flush_fn each, void *user, struct leat_error *error)
{
    struct staged_entry *staged;

    while ((staged = store->staged.dirty_first)) {
        if (staged->entry.value || staged->existed) {
            int code = flush_entry(store, staged, each, user, error);

            if (code)
                return code;
        }
        assert(staged == store->staged.dirty_first);
        store->unswept++;
        staged_mark_clean(&store->staged, staged);
        staged->existed = staged->entry.value;
        staged->before_taken = false;
        staged->entry.before = NULL;
    }
    return LEAT_OK;
}
