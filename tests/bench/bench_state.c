/* bench_state.c - what the calls of a store cost, in nanoseconds of the calling thread's CPU, on
 * either kind of home.
 *
 *   bench-state [rows] [directory]
 */
#include "base/logline.h"
#include "schemas/codec.h"
#include "state/budget.h"
#include "state/home.h"
#include "state/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROWS = 200000, COMMIT_EVERY = 10000, WALKED = 1000 };

struct bench {
    struct home *home;
    struct store *numbers, *texts;
    struct codec *number_codec, *text_codec;
    size_t rows;
    const char *kind;
    int64_t began_ns;
    struct leat_error error;
};

static void check(struct bench *bench, int code)
{
    if (code >= 0)
        return;
    fprintf(stderr, "bench-state: %s\n", bench->error.text);
    exit(1);
}

/* Not the time that passes: other programs take that too. */
static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * (int64_t)1000000000 + now.tv_nsec;
}

static void begin(struct bench *bench)
{
    bench->began_ns = now_ns();
}

static void end(struct bench *bench, const char *what, size_t count)
{
    int64_t ns = now_ns() - bench->began_ns;

    printf("%-7s %-44s %8.0f ns\n", bench->kind, what, (double)ns / (double)count);
}

static struct leat_bytes key_of(size_t number, char *text)
{
    return leat_bytes(
        text, (size_t)snprintf(text, 32, "P%05zu|S%03zu", number % 10000, number / 10000 % 1000));
}

static struct store *open_store(struct bench *bench, const char *name, const struct leat_type *type,
                                struct codec *codec)
{
    struct store_spec spec = { .name = name, .type = type, .staged_bytes = (size_t)1 << 30 };
    struct store *store;

    check(bench, store_open(bench->home, &spec, codec, &store, &bench->error));
    return store;
}

static struct entry *entry_of(struct bench *bench, struct store *store, size_t number)
{
    struct entry *entry;
    char text[32];

    check(bench, store_entry(store, key_of(number, text), &entry, &bench->error));
    return entry;
}

static void commit(struct bench *bench, struct store *store)
{
    check(bench, store_flush(store, NULL, NULL, &bench->error));
    check(bench, home_commit(bench->home, &bench->error));
    store_committed(store);
}

static void add_one(struct bench *bench, size_t number)
{
    struct entry *entry = entry_of(bench, bench->numbers, number);
    int64_t *value = store_edit(bench->numbers, entry);

    ++*value;
    store_touch(bench->numbers, entry, (int64_t)number);
}

/* Keys in an order that has nothing to do with theirs. */
static size_t shuffled(const struct bench *bench, size_t i)
{
    return i * 7919 % bench->rows;
}

static void fill(struct bench *bench)
{
    begin(bench);
    for (size_t i = 0; i < bench->rows; i++)
        add_one(bench, shuffled(bench, i));
    end(bench, "entry (no row) + edit + touch", bench->rows);
    begin(bench);
    check(bench, store_flush(bench->numbers, NULL, NULL, &bench->error));
    end(bench, "flush, a dirty entry", bench->rows);
    begin(bench);
    check(bench, home_commit(bench->home, &bench->error));
    end(bench, "home commit, a row", bench->rows);
    store_committed(bench->numbers);
}

static void staged_calls(struct bench *bench)
{
    size_t sum = 0;

    begin(bench);
    for (size_t i = 0; i < bench->rows; i++)
        sum += entry_of(bench, bench->numbers, shuffled(bench, i))->key.size;
    end(bench, "entry, staged (with making the key)", bench->rows);
    begin(bench);
    for (size_t i = 0; i < bench->rows * 10; i++)
        sum += entry_of(bench, bench->numbers, i % 1000)->key.size;
    end(bench, "entry, staged, 1000 hot keys", bench->rows * 10);
    begin(bench);
    for (size_t i = 0; i < bench->rows * 10; i++)
        add_one(bench, i % 1000);
    end(bench, "entry + edit + touch, 1000 hot keys", bench->rows * 10);
    commit(bench, bench->numbers);
    if (!sum)
        abort();
}

static void only_keys(struct bench *bench)
{
    size_t sum = 0;
    char text[32];

    begin(bench);
    for (size_t i = 0; i < bench->rows; i++)
        sum += key_of(i, text).size;
    end(bench, "(making the key alone)", bench->rows);
    if (!sum)
        abort();
}

static void committed_calls(struct bench *bench)
{
    store_abort(bench->numbers);
    begin(bench);
    for (size_t i = 0; i < bench->rows; i++)
        entry_of(bench, bench->texts, shuffled(bench, i));
    end(bench, "entry, no row in the home", bench->rows);
    store_abort(bench->texts);
    begin(bench);
    for (size_t i = 0; i < bench->rows; i++)
        entry_of(bench, bench->numbers, shuffled(bench, i));
    end(bench, "entry, from the home, at random", bench->rows);
    store_abort(bench->numbers);
    begin(bench);
    for (size_t i = 0; i < bench->rows; i++) {
        add_one(bench, shuffled(bench, i));
        if (i % COMMIT_EVERY == COMMIT_EVERY - 1)
            commit(bench, bench->numbers);
    }
    end(bench, "read, add, write, with commits of 10000", bench->rows);
}

static size_t walk(struct bench *bench, struct leat_bytes from, size_t most)
{
    struct store_cursor *cursor;
    struct entry *entry;
    size_t count = 0;

    check(bench,
          store_range(bench->numbers, from, leat_bytes(NULL, 0), false, &cursor, &bench->error));
    while (count < most && store_next(cursor, &entry, &bench->error) > 0)
        count++;
    store_cursor_close(cursor);
    return count;
}

static void ranges(struct bench *bench)
{
    size_t count;
    char text[32];

    store_abort(bench->numbers);
    begin(bench);
    count = walk(bench, leat_bytes(NULL, 0), SIZE_MAX);
    end(bench, "range, a committed row", count);
    begin(bench);
    for (size_t i = 0; i < WALKED; i++)
        walk(bench, key_of(shuffled(bench, i), text), 10);
    end(bench, "range of ten rows, opened and closed", WALKED);
}

/* An aggregate with a text in it, which changes or does not. */
static void text_calls(struct bench *bench)
{
    static const char *const words[] = { "some words of forty bytes, more or less.",
                                         "other words of forty bytes, more or less" };
    struct leat_bytes word = leat_bytes_of(words[0]);

    for (size_t i = 0; i < 1000; i++)
        store_set(bench->texts, entry_of(bench, bench->texts, i), &word, 1);
    begin(bench);
    for (size_t i = 0; i < bench->rows; i++) {
        struct entry *entry = entry_of(bench, bench->texts, i % 1000);

        store_edit(bench->texts, entry);
        store_touch(bench->texts, entry, 2);
    }
    end(bench, "entry + touch, text unchanged", bench->rows);
    begin(bench);
    for (size_t i = 0; i < bench->rows; i++) {
        struct entry *entry = entry_of(bench, bench->texts, i % 1000);

        *(struct leat_bytes *)store_edit(bench->texts, entry) = leat_bytes_of(words[i & 1]);
        store_touch(bench->texts, entry, 2);
    }
    end(bench, "entry + touch, text new", bench->rows);
    commit(bench, bench->texts);
}

static void run(struct bench *bench, const struct home_options *options)
{
    check(bench, home_open(options, &bench->home, &bench->error));
    bench->kind = options->path ? "rocks" : "memory";
    bench->number_codec = codec_new(&leat_long_type, NULL);
    bench->text_codec = codec_new(&leat_string_type, NULL);
    bench->numbers = open_store(bench, "numbers", &leat_long_type, bench->number_codec);
    bench->texts = open_store(bench, "texts", &leat_string_type, bench->text_codec);
    only_keys(bench);
    fill(bench);
    staged_calls(bench);
    committed_calls(bench);
    ranges(bench);
    text_calls(bench);
    store_close(bench->numbers);
    store_close(bench->texts);
    codec_free(bench->number_codec);
    codec_free(bench->text_codec);
    home_close(bench->home);
}

int main(int count, char **arguments)
{
    struct bench bench = { .rows = count > 1 ? strtoul(arguments[1], NULL, 10) : ROWS };
    char directory[] = "/tmp/leat-bench-XXXXXX";
    struct budget *budget;

    logline_set_level(LOG_LEVEL_WARN);
    budget = budget_new(0);
    run(&bench, &(struct home_options){ .budget = budget });
    run(&bench, &(struct home_options){
                    .path = count > 2 ? arguments[2] : mkdtemp(directory),
                    .application = "bench",
                    .task = "bench-0",
                    .budget = budget,
                });
    budget_free(budget);
    return 0;
}
