/* versions_test.c - versions of rows on either kind of home, against a model: for each key a list
 * of what was said of it, by time. */
#include "scene.h"

#include "base/map.h"
#include "state/versions.h"

#include <stdio.h>
#include <stdlib.h>

enum { KEYS = 4, TIMES = 4000, HISTORY_MS = 150, ROUNDS = 6000, LOGGED = 4096 };

static const char *const names[KEYS] = { "", "a", "ab", "b" };

/* values[key][time]: 0 nothing was said, below 0 a deletion, else the value. */
struct said {
    int values[KEYS][TIMES];
    int now_ms;
};

struct logged { /* a changelog, compacted */
    struct leat_bytes key, wire;
    int64_t timestamp_ms;
};

struct past {
    struct scene scene;
    struct codec *codec;
    struct store *store;
    struct arena arena, log_arena;
    struct said said, committed;
    struct logged log[LOGGED], batch[LOGGED];
    size_t log_count, batch_count;
    unsigned random;
};

static unsigned draw(struct past *past, unsigned below)
{
    past->random = past->random * 1103515245u + 12345u;
    return (past->random >> 8) % below;
}

static void open_store(struct past *past)
{
    past->store = scene_store(&past->scene,
                              &(struct store_spec){ .name = "rows", .kind = STORE_VERSIONED,
                                                    .type = &leat_string_type,
                                                    .retention_ms = HISTORY_MS,
                                                    .staged_bytes = 64 << 10 },
                              past->codec);
}

static void start(struct past *past, enum scene_kind kind, unsigned seed)
{
    past->random = seed;
    arena_init(&past->arena, 4096);
    arena_init(&past->log_arena, 1 << 16);
    scene_start(&past->scene, kind);
    past->codec = codec_new(&leat_string_type, NULL);
    open_store(past);
}

static void stop(struct past *past)
{
    store_close(past->store);
    codec_free(past->codec);
    scene_stop(&past->scene);
    arena_free(&past->arena);
    arena_free(&past->log_arena);
    free(past);
}

/* ---- the changelog ------------------------------------------------------------------------------
 */

static int note(void *user, struct store *store, const struct entry *entry, struct leat_bytes wire,
                struct leat_error *error)
{
    struct past *past = user;

    cr_assert(past->batch_count < LOGGED);
    past->batch[past->batch_count++] = (struct logged){
        arena_copy(&past->log_arena, entry->key),
        wire.data ? arena_copy(&past->log_arena, wire) : wire, entry->timestamp_ms
    };
    return LEAT_OK;
}

static void compact(struct past *past, const struct logged *record)
{
    size_t at = 0;

    while (at < past->log_count && !leat_bytes_equal(past->log[at].key, record->key))
        at++;
    if (record->wire.data) {
        cr_assert(at < LOGGED, "the changelog never forgets");
        past->log[at] = *record;
        past->log_count += at == past->log_count;
    } else if (at < past->log_count) {
        past->log[at] = past->log[--past->log_count];
    }
}

/* ---- steps --------------------------------------------------------------------------------------
 */

static int begin_ms(const struct past *past)
{
    return past->said.now_ms - HISTORY_MS;
}

static struct leat_bytes number_text(int number)
{
    static char text[16];

    return leat_bytes(text, (size_t)snprintf(text, sizeof text, "%d", number));
}

static void say(struct past *past)
{
    int key = (int)draw(past, KEYS), at_ms, value = (int)draw(past, 1000) + 1, latest_ms;
    struct leat_bytes bytes;
    bool latest;

    if (!draw(past, 3))
        past->said.now_ms += (int)draw(past, 4);
    at_ms = past->said.now_ms - (int)(draw(past, 2) ? 0 : draw(past, HISTORY_MS + 1));
    if (at_ms < 0 || at_ms >= TIMES)
        return;
    for (latest_ms = TIMES - 1; latest_ms >= 0 && !past->said.values[key][latest_ms];)
        latest_ms--;
    if (!draw(past, 4))
        value = -1;
    past->said.values[key][at_ms] = value;
    bytes = number_text(value);
    OK(versions_add(past->store, leat_bytes_of(names[key]), value > 0 ? &bytes : NULL, at_ms,
                    &past->arena, &latest, &past->scene.error), &past->scene.error);
    cr_assert_eq(latest, at_ms >= latest_ms, "key %d at %d, latest %d", key, at_ms, latest_ms);
}

static void check_at(struct past *past, int key, int64_t at_ms)
{
    struct version version = { 0 };
    int from_ms = at_ms < TIMES ? (int)at_ms : TIMES - 1, value, found;

    while (from_ms >= 0 && !past->said.values[key][from_ms])
        from_ms--;
    value = from_ms < 0 ? 0 : past->said.values[key][from_ms];
    found = versions_find(past->store, leat_bytes_of(names[key]), at_ms, &past->arena, &version,
                          &past->scene.error);
    cr_assert_geq(found, 0, "%s", past->scene.error.text);
    if (value > 0)
        cr_assert(found && version.from_ms == from_ms, "key %d at %lld: %d %lld, not %d", key,
                  (long long)at_ms, found, (long long)version.from_ms, from_ms);
    cr_assert_eq(!!version.value, value > 0, "key %d at %lld", key, (long long)at_ms);
    if (value > 0)
        cr_assert(leat_bytes_equal(*(const struct leat_bytes *)version.value,
                                   number_text(value)));
}

static void look(struct past *past)
{
    int begin = begin_ms(past) < 0 ? 0 : begin_ms(past);

    check_at(past, (int)draw(past, KEYS), begin + (int)draw(past, HISTORY_MS + 5));
    check_at(past, (int)draw(past, KEYS), VERSION_OPEN);
}

static void flush(struct past *past)
{
    struct leat_error *error = &past->scene.error;

    store_expire(past->store, begin_ms(past) + 1);
    OK(store_flush(past->store, note, past, error), error);
    OK(store_sweep(past->store, note, past, error), error);
}

static void commit_all(struct past *past)
{
    flush(past);
    OK(home_commit(past->scene.home, &past->scene.error), &past->scene.error);
    store_committed(past->store);
    for (size_t i = 0; i < past->batch_count; i++)
        compact(past, &past->batch[i]);
    past->batch_count = 0;
    past->committed = past->said;
    arena_reset(&past->arena);
}

static void abort_all(struct past *past)
{
    if (draw(past, 2))
        flush(past);
    home_discard(past->scene.home);
    store_abort(past->store);
    past->batch_count = 0;
    past->said = past->committed;
}

/* The task comes back with what the changelog holds, or with its directory. */
static void reopen(struct past *past)
{
    struct leat_error *error = &past->scene.error;
    bool restores = past->scene.kind == SCENE_MEMORY || draw(past, 2);

    abort_all(past);
    store_close(past->store);
    scene_close(&past->scene);
    scene_open(&past->scene);
    open_store(past);
    if (!restores)
        return;
    OK(home_wipe(past->scene.home, store_number(past->store), error), error);
    for (size_t i = 0; i < past->log_count; i++)
        OK(store_restore(past->store, past->log[i].key, past->log[i].wire,
                         past->log[i].timestamp_ms, error), error);
    OK(home_commit(past->scene.home, error), error);
    store_abort(past->store);
}

EACH_KIND(versions, are_found_as_they_were_said)
{
    struct past *past;

    for (unsigned seed = 1; seed <= 5; seed++) {
        past = calloc(1, sizeof *past);
        start(past, *kind, seed);
        for (int i = 0; i < ROUNDS; i++) {
            unsigned what = draw(past, 100);

            if (what < 60)
                say(past);
            else if (what < 90)
                look(past);
            else if (what < 97)
                commit_all(past);
            else if (what < 99)
                abort_all(past);
            else
                reopen(past);
        }
        stop(past);
    }
}

/* ---- what is forgotten --------------------------------------------------------------------------
 */

static size_t count_rows(struct past *past)
{
    struct home_cursor *cursor;
    struct leat_bytes key, value;
    char bounds[4] = { 0, 0, 0, 1 };
    size_t count = 0;

    cr_assert_eq(store_number(past->store), 0);
    OK(home_range(past->scene.home, leat_bytes(bounds, 2), leat_bytes(bounds + 2, 2), false,
                  &cursor, &past->scene.error), &past->scene.error);
    while (home_next(cursor, &key, &value, &past->scene.error) == 1)
        count++;
    home_cursor_close(cursor);
    return count;
}

EACH_KIND(versions, that_ended_before_the_history_leave_rows_and_changelog_but_the_latest_stays)
{
    struct past *past = calloc(1, sizeof *past);
    struct leat_bytes value = LEAT_LITERAL("v");
    struct version version;
    bool latest;

    start(past, *kind, 1);
    OK(versions_add(past->store, text("quiet"), &value, 1, &past->arena, &latest,
                    &past->scene.error), &past->scene.error);
    for (int at_ms = 10; at_ms < TIMES; at_ms++) {
        past->said.now_ms = at_ms;
        OK(versions_add(past->store, text("busy"), &value, at_ms, &past->arena, &latest,
                        &past->scene.error), &past->scene.error);
        if (at_ms % 10 == 0)
            commit_all(past);
    }
    cr_assert_leq(count_rows(past), 2 * HISTORY_MS + 50);
    cr_assert_leq(past->log_count, 2 * HISTORY_MS + 50);
    cr_assert_geq(count_rows(past), HISTORY_MS);
    cr_assert_eq(count_rows(past), past->log_count);
    cr_assert_eq(versions_find(past->store, text("quiet"), VERSION_OPEN, &past->arena, &version,
                               &past->scene.error), 1);
    cr_assert_eq(version.from_ms, 1);
    stop(past);
}

EACH_KIND(versions, of_keys_that_were_deleted_long_ago_leave_nothing)
{
    struct past *past = calloc(1, sizeof *past);
    struct leat_bytes value = LEAT_LITERAL("v");
    char key[16];
    bool latest;

    start(past, *kind, 1);
    for (int at_ms = 0; at_ms < TIMES; at_ms++) {
        snprintf(key, sizeof key, "%d", at_ms / 2);
        past->said.now_ms = at_ms;
        OK(versions_add(past->store, text(key), at_ms % 2 ? NULL : &value, at_ms, &past->arena,
                        &latest, &past->scene.error), &past->scene.error);
        if (at_ms % 10 == 0)
            commit_all(past);
    }
    cr_assert_leq(count_rows(past), 3 * HISTORY_MS);
    cr_assert_eq(count_rows(past), past->log_count);
    stop(past);
}

EACH_KIND(versions, a_key_that_is_deleted_anew_is_not_forgotten_for_its_old_deletion)
{
    struct past *past = calloc(1, sizeof *past);
    struct leat_bytes value = LEAT_LITERAL("v");
    bool latest;

    start(past, *kind, 1);
    OK(versions_add(past->store, text("k"), NULL, 1, &past->arena, &latest, &past->scene.error),
       &past->scene.error);
    commit_all(past);
    past->said.now_ms = 1000;
    OK(versions_add(past->store, text("k"), NULL, 1000, &past->arena, &latest,
                    &past->scene.error), &past->scene.error);
    commit_all(past);
    abort_all(past);
    OK(versions_add(past->store, text("k"), &value, 950, &past->arena, &latest,
                    &past->scene.error), &past->scene.error);
    cr_assert_not(latest);
    stop(past);
}

EACH_KIND(versions, are_not_mistaken_for_those_of_a_key_that_begins_alike)
{
    struct past *past = calloc(1, sizeof *past);
    struct leat_bytes value = LEAT_LITERAL("v"), longer;
    struct version version;
    bool latest;

    start(past, *kind, 1);
    longer = version_key_build(&past->arena, text("k"), 50, VERSION_VALUE);
    OK(versions_add(past->store, longer, &value, 5, &past->arena, &latest, &past->scene.error),
       &past->scene.error);
    OK(versions_add(past->store, text("k"), &value, 60, &past->arena, &latest,
                    &past->scene.error), &past->scene.error);
    OK(versions_add(past->store, text("k"), NULL, 10, &past->arena, &latest, &past->scene.error),
       &past->scene.error);
    cr_assert_not(latest);
    commit_all(past);
    cr_assert_eq(versions_find(past->store, text("k"), 55, &past->arena, &version,
                               &past->scene.error), 1);
    cr_assert(!version.value && version.from_ms == 10 && version.end_ms == 60);
    cr_assert_eq(versions_find(past->store, text("k"), 9, &past->arena, &version,
                               &past->scene.error), 0);
    stop(past);
}
