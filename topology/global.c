/* global.c - filling and reading global tables. */
#include "topology/global.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "schemas/codec.h"

enum { GLOBAL_STAGED_BYTES = 8 << 20 }; /* decoded rows that one reader keeps */

int global_open(struct home *home, const char *name, const struct leat_type *type,
                struct registry *registry, struct global **out, struct leat_error *error)
{
    struct global *global = memory_new(sizeof *global);
    int status;

    global->home = home;
    global->registry = registry;
    global->spec = (struct store_spec){ .name = memory_text(name),
                                        .type = type,
                                        .staged_bytes = GLOBAL_STAGED_BYTES };
    global->codec = codec_new(type, registry);
    status = store_open(home, &global->spec, global->codec, &global->writer, error);
    if (status)
        global_close(global);
    else
        *out = global;
    return status;
}

void global_close(struct global *global)
{
    if (!global)
        return;
    store_close(global->writer);
    codec_free(global->codec);
    memory_free(global->spec.name);
    memory_free(global);
}

enum { DROPPED = 1, UNFIT = 1 };

/* UNFIT, with the reason. */
static int examine(struct global *global, const struct global_record *record, struct arena *arena,
                   const char **reason, struct leat_error *error)
{
    void *value;
    int status;

    *reason = "key";
    if (global->text_keys && (!record->key.data || !utf8_valid(record->key))) {
        error_set(error, LEAT_E_DATA,
                  record->key.data ? "the key is not UTF-8" : "the key is null");
        return UNFIT;
    }
    if (!record->value.data)
        return LEAT_OK;
    *reason = "data";
    status = codec_decode(global->codec, record->value, arena, &value, error);
    return status == LEAT_E_DATA ? UNFIT : status;
}

/* DROPPED: it has no key, and none is asked for. */
static int apply_record(struct global *global, const struct global_batch *batch, size_t place,
                        struct arena *arena, struct leat_error *error)
{
    const struct global_record *record = &batch->records[place];
    const char *reason;
    int status = examine(global, record, arena, &reason, error);

    if (status == UNFIT)
        return batch->reject ? batch->reject(batch->user, place, reason, error->text, error)
                             : LEAT_OK;
    if (status)
        return status;
    if (!record->key.data)
        return DROPPED;
    return store_restore(global->writer, record->key, record->value,
                         record->timestamp_ms > 0 ? record->timestamp_ms : 0, error);
}

int global_apply(struct global *global, const struct global_batch *batch, struct leat_error *error)
{
    unsigned long long dropped = 0;
    struct arena arena;
    int status = LEAT_OK;

    arena_init(&arena, 4096);
    for (size_t i = 0; i < batch->count && status >= 0; i++) {
        arena_reset(&arena);
        status = apply_record(global, batch, i, &arena, error);
        dropped += status == DROPPED;
    }
    arena_free(&arena);
    if (status < 0) {
        home_discard(global->home);
        return status;
    }
    atomic_fetch_add(&global->dropped, dropped);
    home_set_offset(global->home, batch->offsets, batch->next_offset, batch->now_ms);
    status = home_commit(global->home, error);
    atomic_fetch_add(&global->version, 1);
    return status;
}

int global_reader_open(struct global *global, struct global_reader *reader,
                       struct leat_error *error)
{
    reader->global = global;
    reader->codec = codec_new(global->spec.type, global->registry);
    reader->version = atomic_load(&global->version);
    return store_open(global->home, &global->spec, reader->codec, &reader->store, error);
}

void global_reader_close(struct global_reader *reader)
{
    if (!reader->global)
        return;
    store_close(reader->store);
    codec_free(reader->codec);
    *reader = (struct global_reader){ 0 };
}

void global_reader_refresh(struct global_reader *reader)
{
    unsigned long long version = atomic_load(&reader->global->version);

    if (version == reader->version && !store_full(reader->store))
        return;
    store_abort(reader->store);
    reader->version = version;
}

int global_reader_get(struct global_reader *reader, struct leat_bytes key, const void **value,
                      struct leat_error *error)
{
    struct entry *entry;
    int status = store_entry(reader->store, key, &entry, error);

    *value = status ? NULL : entry->value;
    return status;
}
