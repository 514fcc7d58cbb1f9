/* csv.c - fuzz: CSV as a file and as bytes that are pushed in pieces. Rows are as wide as the
 * first, what is wrong has a place in it, and both read the same to the end. */
#include "blackfriday/csv.h"

#include "file.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct pushed {
    struct csv *csv;
    const uint8_t *data;
    size_t size, piece;
    bool over;
};

/* Pieces of 1 to 16 bytes, as the last byte says, so that a seed has its cuts. */
static int next_pushed(struct pushed *pushed, struct leat_error *error)
{
    int status;

    while (!(status = csv_next(pushed->csv, error)) && !pushed->over) {
        size_t piece = pushed->piece < pushed->size ? pushed->piece : pushed->size, took;

        if (!piece) {
            csv_end(pushed->csv);
            pushed->over = true;
            continue;
        }
        took = csv_push(pushed->csv, pushed->data, piece);
        assert(took == piece);
        pushed->data += took;
        pushed->size -= took;
        pushed->piece = pushed->piece % 16 + 1;
    }
    return status;
}

static void same_row(const struct csv *one, const struct csv *other, size_t size)
{
    size_t bytes = 0;

    assert(csv_count(one) == csv_count(other));
    for (size_t i = 0; i < csv_count(one); i++) {
        assert(leat_bytes_equal(csv_field(one, i), csv_field(other, i)));
        bytes += csv_field(one, i).size;
    }
    assert(bytes <= size);
}

static void same_fault(const struct csv *one, const struct csv *other, size_t size)
{
    const struct csv_fault *a = csv_fault(one), *b = csv_fault(other);

    assert(a->line == b->line && a->column == b->column && a->field == b->field);
    assert(a->row_line == b->row_line && !strcmp(a->sentence, b->sentence));
    assert(a->line >= 1 && a->line <= size + 1 && a->column >= 1 && a->column <= size + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct leat_error error = { 0 }, other = { 0 };
    struct csv *csv = NULL;
    struct pushed pushed = { csv_new("pushed"), data, size, size ? data[size - 1] % 16 + 1u : 1 };
    char path[64];
    int file = file_of(data, size, path), status = csv_open(path, &csv, &error), same;
    size_t width = 0;

    assert(!status);
    while ((status = csv_next(csv, &error))) {
        same = next_pushed(&pushed, &other);
        assert(same == status);
        if (status < 0) {
            assert(strstr(error.text, path) == error.text);
            same_fault(csv, pushed.csv, size);
            continue;
        }
        width = width ? width : csv_count(csv);
        assert(csv_count(csv) == width);
        same_row(csv, pushed.csv, size);
    }
    same = next_pushed(&pushed, &other);
    assert(!same && pushed.over);
    csv_close(pushed.csv);
    csv_close(csv);
    close(file);
    return 0;
}
