/* damage_test.c - files of a state directory that are cut, flipped or gone: an error that names the
 * directory, or rows that are right after all; never a crash, never a wrong row. */
#include "scene.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ROWS = 2000, FILE_MOST = 1 << 20 };

static struct scene scene;
static struct codec *codec;
static char table[512]; /* the file with the rows */
static char *whole;
static size_t whole_size;

/* Past the runner's own printing of log lines: the damage is expected. */
static struct home_options options(void)
{
    return (struct home_options){
        .path = scene.path, .application = "shop", .task = "task-0", .budget = scene.budget
    };
}

static struct leat_bytes row_value(int row, char *to)
{
    return leat_bytes(to, (size_t)snprintf(to, 64, "value %d of the row, %d", row, row * 7919));
}

static void fill(void)
{
    struct store_spec spec = { .name = "stock", .type = &leat_string_type };
    struct store *store = scene_store(&scene, &spec, codec);
    char key[16], value[64];

    for (int i = 0; i < ROWS; i++) {
        struct leat_bytes bytes = row_value(i, value);
        struct entry *entry;

        snprintf(key, sizeof key, "key-%05d", i);
        OK(store_entry(store, text(key), &entry, &scene.error), &scene.error);
        store_set(store, entry, &bytes, i);
    }
    commit(&scene, store);
    store_close(store);
}

/* The largest one: the other has the owner's rows alone. */
static void find_table(void)
{
    DIR *directory = opendir(scene.path);
    struct dirent *file;
    long most = 0;

    cr_assert(directory);
    while ((file = readdir(directory))) {
        char path[512];
        FILE *stream;

        if (!strstr(file->d_name, ".sst"))
            continue;
        snprintf(path, sizeof path, "%s/%.255s", scene.path, file->d_name);
        stream = fopen(path, "rb");
        cr_assert(stream);
        fseek(stream, 0, SEEK_END);
        if (ftell(stream) > most) {
            most = ftell(stream);
            snprintf(table, sizeof table, "%s", path);
        }
        fclose(stream);
    }
    closedir(directory);
    cr_assert(most > ROWS * 10 && most < FILE_MOST);
}

static void read_table(void)
{
    FILE *stream = fopen(table, "rb");

    whole = malloc(FILE_MOST);
    whole_size = fread(whole, 1, FILE_MOST, stream);
    fclose(stream);
}

static void write_table(const char *data, size_t size)
{
    FILE *stream = fopen(table, "wb");

    cr_assert_eq(fwrite(data, 1, size, stream), size);
    fclose(stream);
}

static void start(void)
{
    scene_start(&scene, SCENE_ROCKS);
    codec = codec_new(&leat_string_type, NULL);
    fill();
    scene_close(&scene);
    find_table();
    read_table();
}

static void stop(void)
{
    codec_free(codec);
    free(whole);
    scene_stop(&scene);
}

static int read_rows(struct store *store, struct leat_error *error)
{
    struct store_cursor *cursor;
    struct entry *entry;
    char value[64];
    int count = 0, code = store_range(store, (struct leat_bytes){ 0 }, (struct leat_bytes){ 0 },
                                      false, &cursor, error);

    if (code)
        return code;
    for (; (code = store_next(cursor, &entry, error)) > 0; count++)
        cr_assert(leat_bytes_equal(*(struct leat_bytes *)entry->value, row_value(count, value)));
    store_cursor_close(cursor);
    if (!code)
        cr_assert_eq(count, ROWS, "only %d rows, and no error", count);
    if (!code && (code = store_entry(store, text("key-01000"), &entry, error)) == 0)
        cr_assert(leat_bytes_equal(*(struct leat_bytes *)entry->value, row_value(1000, value)));
    return code;
}

static int open_and_read(struct leat_error *error)
{
    struct store_spec spec = { .name = "stock", .type = &leat_string_type };
    struct home_options how = options();
    struct store *store;
    struct home *home;
    int code = home_open(&how, &home, error);

    if (code)
        return code;
    code = store_open(home, &spec, codec, &store, error);
    if (!code) {
        code = read_rows(store, error);
        store_close(store);
    }
    home_close(home);
    return code;
}

static bool damage_is_told(void)
{
    struct leat_error error = { 0 };
    int code = open_and_read(&error);

    if (!code)
        return false;
    cr_assert_eq(code, LEAT_E_STATE, "%s", error.text);
    cr_assert(strstr(error.text, scene.path), "%s", error.text);
    return true;
}

Test(damage, is_told_of_a_table_that_was_cut, .init = start, .fini = stop)
{
    static const size_t parts[] = { 0, 1, 50, 99 };

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        write_table(whole, whole_size * parts[i] / 100);
        cr_assert(damage_is_told(), "cut to %zu of a hundred", parts[i]);
    }
    write_table(whole, whole_size);
    cr_assert_not(damage_is_told());
}

Test(damage, is_told_of_a_table_that_is_gone, .init = start, .fini = stop)
{
    unlink(table);
    cr_assert(damage_is_told());
    write_table(whole, whole_size);
}

/* Rows and index stand first and take most of the file. A byte that nothing depends on may be
 * flipped unnoticed (among what the table says of itself), but then the rows are right. */
Test(damage, is_told_of_bits_that_were_flipped, .init = start, .fini = stop)
{
    int told = 0, tried = 0;

    for (size_t at = 11; at < whole_size; at += whole_size / 200) {
        whole[at] ^= 0x10;
        write_table(whole, whole_size);
        told += damage_is_told();
        tried++;
        whole[at] ^= 0x10;
    }
    cr_assert(told > tried / 2, "%d of %d", told, tried);
    write_table(whole, whole_size);
    cr_assert_not(damage_is_told());
}

Test(damage, is_told_of_a_pointer_to_nowhere, .init = start, .fini = stop)
{
    char path[512];
    FILE *stream;

    snprintf(path, sizeof path, "%s/CURRENT", scene.path);
    stream = fopen(path, "wb");
    fputs("MANIFEST-999999\n", stream);
    fclose(stream);
    cr_assert(damage_is_told());
}
