/* verify_table.c - an output whose last value of each key is the truth.
 *
 * Older values of a key are history and are not decoded: the wire bytes of the last one are kept
 * until the topic is read.
 */
#include "blackfriday/verify_table.h"

#include "base/memory.h"
#include "blackfriday/verify_value.h"
#include "schemas/codec.h"

enum { KEY_TEXT_BYTES = 512, TEXT_BYTES = 2048 };

struct verify_row {
    const void *expected; /* NULL: no such key */
    char *wire;           /* the last value found, NULL: none */
    size_t wire_size, wire_capacity;
    bool found;
};

void verify_table_init(struct verify_table *table, struct verify_world *world, const char *topic,
                       const struct leat_type *type, bool windowed)
{
    *table = (struct verify_table){ .world = world, .topic = topic, .type = type,
                                    .windowed = windowed };
}

void verify_table_free(struct verify_table *table)
{
    struct leat_bytes key;
    void *value;

    for (size_t i = 0; map_next(&table->rows, &i, &key, &value);) {
        memory_free(((struct verify_row *)value)->wire);
        memory_free(value);
    }
    map_free(&table->rows);
}

static struct verify_row *row_of(struct verify_table *table, struct leat_bytes key)
{
    struct verify_row *row = map_get(&table->rows, key);

    if (row)
        return row;
    row = memory_new(sizeof *row);
    map_put(&table->rows, key, row);
    return row;
}

void verify_table_expect(struct verify_table *table, struct leat_bytes key, const void *value)
{
    row_of(table, key)->expected = value;
}

static void say_extra(struct verify_table *table, struct verify_output *output,
                      struct leat_bytes key)
{
    char text[KEY_TEXT_BYTES];

    verify_key_text(key, table->windowed, text, sizeof text);
    verify_differ(output, VERIFY_EXTRA, text, "expected no such key, found one");
}

static void say_wrong(struct verify_table *table, struct verify_output *output,
                      struct leat_bytes key, const void *expected, const void *found,
                      const struct leat_field *field)
{
    char text[KEY_TEXT_BYTES];
    struct buffer left, right;

    buffer_init(&left, TEXT_BYTES);
    buffer_init(&right, TEXT_BYTES);
    verify_value_field(field, expected, &left);
    verify_value_field(field, found, &right);
    verify_key_text(key, table->windowed, text, sizeof text);
    verify_differ(output, VERIFY_WRONG, text, "expected %s %.*s, found %.*s", field->name,
                  (int)left.size, left.data ? left.data : "", (int)right.size,
                  right.data ? right.data : "");
    buffer_free(&left);
    buffer_free(&right);
}

static void compare(struct verify_table *table, struct verify_output *output,
                    struct leat_bytes key, const void *expected, const void *found)
{
    const struct leat_field *field = verify_value_difference(table->type, expected, found, NULL);

    if (field)
        say_wrong(table, output, key, expected, found, field);
}

void verify_table_take(struct verify_table *table, struct verify_output *output,
                       struct leat_bytes key, const void *value)
{
    struct verify_row *row = row_of(table, key);
    char text[KEY_TEXT_BYTES];

    output->found++;
    if (row->found) {
        verify_key_text(key, table->windowed, text, sizeof text);
        verify_differ(output, VERIFY_EXTRA, text, "expected one row, found another");
        return;
    }
    row->found = true;
    if (!row->expected)
        say_extra(table, output, key);
    else
        compare(table, output, key, row->expected, value);
}

void verify_table_finish(struct verify_table *table, struct verify_output *output)
{
    struct leat_bytes key;
    char text[KEY_TEXT_BYTES];
    void *value;

    for (size_t i = 0; map_next(&table->rows, &i, &key, &value);) {
        struct verify_row *row = value;

        output->expected += row->expected != NULL;
        if (row->expected && !row->found) {
            verify_key_text(key, table->windowed, text, sizeof text);
            verify_differ(output, VERIFY_MISSING, text, "expected a value, found none");
        }
        row->found = false;
    }
}

/* ---- the topic ---------------------------------------------------------------------------- */

static int each_record(void *user, const struct verify_record *record)
{
    struct verify_table *table = user;
    struct verify_row *row = row_of(table, record->key.data ? record->key : LEAT_LITERAL(""));

    row->found = record->value.data != NULL;
    if (!row->found)
        return LEAT_OK;
    if (record->value.size > row->wire_capacity) {
        row->wire = memory_resize(row->wire, record->value.size, 1);
        row->wire_capacity = record->value.size;
    }
    if (record->value.size)
        memcpy(row->wire, record->value.data, record->value.size);
    row->wire_size = record->value.size;
    return LEAT_OK;
}

static int compare_wire(struct verify_table *table, struct verify_output *output,
                        struct codec *codec, struct leat_bytes key, const struct verify_row *row)
{
    struct verify_record record = { .key = key, .value = { row->wire ? row->wire : "",
                                                           row->wire_size } };
    char text[KEY_TEXT_BYTES];
    void *found = NULL;
    int code = verify_decode(table->world, codec, &record, &found);

    if (code == LEAT_E_DATA) {
        verify_key_text(key, table->windowed, text, sizeof text);
        verify_differ(output, VERIFY_WRONG, text, "expected a value, found one that cannot be "
                      "decoded");
        return LEAT_OK;
    }
    if (!code)
        compare(table, output, key, row->expected, found);
    return code;
}

static int compare_all(struct verify_table *table, struct verify_output *output,
                       struct codec *codec)
{
    struct leat_bytes key;
    void *value;
    int code = LEAT_OK;

    for (size_t i = 0; !code && map_next(&table->rows, &i, &key, &value);) {
        struct verify_row *row = value;

        if (!row->found)
            continue;
        output->found++;
        if (row->expected)
            code = compare_wire(table, output, codec, key, row);
        else
            say_extra(table, output, key);
    }
    return code;
}

static void drop_wire(struct verify_table *table)
{
    struct leat_bytes key;
    void *value;

    for (size_t i = 0; map_next(&table->rows, &i, &key, &value);) {
        struct verify_row *row = value;

        memory_free(row->wire);
        row->wire = NULL;
        row->wire_size = row->wire_capacity = 0;
    }
}

int verify_table_topic(struct verify_table *table)
{
    struct verify_world *world = table->world;
    struct verify_output *output = verify_report_add(world->report, table->topic);
    struct codec *codec = codec_new(table->type, world->registry);
    int code = world->input->read(world->input, table->topic, each_record, table, world->error);

    if (!code)
        code = compare_all(table, output, codec);
    if (!code)
        verify_table_finish(table, output);
    drop_wire(table);
    codec_free(codec);
    return code;
}
