/* csv.c - a strict CSV reader: a machine that is fed byte by byte, with one row in memory.
 *
 * The machine looks at no byte twice and never ahead, so that it does not matter where what comes
 * in is cut. The row's own bytes are kept until it is over, for the case that it is broken and has
 * to be read anew from its second line on.
 *
 * Entry points:  csv_open(), csv_new(), csv_push(), csv_next()
 */
#include "blackfriday/csv.h"

#include "base/buffer.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/utf8.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

enum {
    SHOWN_BYTES = 60,
    START_BYTES = 4, /* what tells a ZIP archive and UTF-16 from text */
    /* A row's text, doubled where all of it is quotes, with the commas and quotes around it, and
     * as much room again for what comes behind it. */
    INPUT_BYTES = 4 * LIMIT_CSV_LINE_BYTES,
};

enum state {
    FILE_START,
    ROW_START,
    FIELD_START,
    PLAIN,    /* in a field without quotes */
    QUOTED,   /* in one with quotes */
    CLOSING,  /* behind a quote in it: the closing one, or the first of a doubled one */
    RETURNED, /* behind a carriage return */
    SKIPPING, /* what is left of a line that was refused */
};

struct field {
    size_t start, size; /* in the row's text */
    size_t line, column;
};

struct csv {
    char *name;
    FILE *file; /* NULL: bytes are pushed */
    bool over;  /* nothing comes behind what is in input */
    enum state state;
    char *input;
    size_t row, at, end;    /* in input: where the row begins, the next byte, behind the last */
    size_t row_line;        /* the line that the row begins on */
    size_t line, column;    /* of the byte that was read last; columns count characters */
    bool fresh_line;        /* the next byte begins a line */
    size_t quote_line, quote_column; /* of the opening quote */
    struct buffer text;     /* of the row, unquoted, field behind field */
    struct field fields[LIMIT_CSV_FIELDS];
    size_t count, expected; /* expected: fields of the first row; 0 until it was read */
    struct csv_fault fault;
};

_Static_assert(2 * LIMIT_CSV_LINE_BYTES + 4 * LIMIT_CSV_FIELDS < INPUT_BYTES,
               "the longest row leaves room to push");

/* ---- saying what is wrong ------------------------------------------------------------------ */

static int say(struct csv *csv, struct leat_error *error)
{
    const struct csv_fault *fault = &csv->fault;

    return error_set(error, LEAT_E_ARGUMENT, "%s:%zu:%zu: %s", csv->name, fault->line,
                     fault->column, fault->sentence);
}

/* Of the field that is being read. */
__attribute__((format(printf, 5, 6))) static int wrong(struct csv *csv, size_t line, size_t column,
                                                       struct leat_error *error,
                                                       const char *format, ...)
{
    va_list arguments;

    csv->fault.line = line;
    csv->fault.column = column;
    csv->fault.field = csv->count;
    csv->fault.row_line = csv->row_line;
    va_start(arguments, format);
    vsnprintf(csv->fault.sentence, sizeof csv->fault.sentence, format, arguments);
    va_end(arguments);
    return say(csv, error);
}

/* Not through the middle of a character. */
static int shown(struct leat_bytes text)
{
    size_t size = text.size < SHOWN_BYTES ? text.size : SHOWN_BYTES;

    while (size && size < text.size && ((unsigned char)text.data[size] & 0xc0) == 0x80)
        size--;
    return (int)size;
}

int csv_expected(struct csv *csv, size_t index, struct leat_error *error, const char *format, ...)
{
    bool inside = index < csv->count;
    struct leat_bytes found = inside ? csv_field(csv, index) : LEAT_LITERAL("");
    char text[LEAT_ERROR_TEXT];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (!csv->line)
        return wrong(csv, 1, 1, error, "expected %s, found an empty file", text);
    if (!inside)
        return wrong(csv, csv->line, csv->column, error, "expected %s, found the end of the row",
                     text);
    wrong(csv, csv->fields[index].line, csv->fields[index].column, error,
          "expected %s, found '%.*s%s'", text, shown(found), found.data,
          found.size > SHOWN_BYTES ? "..." : "");
    csv->fault.field = index;
    return LEAT_E_ARGUMENT;
}

const struct csv_fault *csv_fault(const struct csv *csv)
{
    return &csv->fault;
}

/* ---- fields -------------------------------------------------------------------------------- */

static bool is_control(int c)
{
    return (c < 0x20 && c != '\t') || c == 0x7f;
}

static bool ends_field(int c)
{
    return c == ',' || c == '\n' || c == '\r' || c == EOF;
}

static int keep(struct csv *csv, int c, struct leat_error *error)
{
    char byte = (char)c;

    if (buffer_add(&csv->text, &byte, 1))
        return wrong(csv, csv->line, csv->column, error, "expected a row of at most %d bytes",
                     LIMIT_CSV_LINE_BYTES);
    return 0;
}

/* The first character that is not well-formed is what the message should point at. */
static int check_utf8(struct csv *csv, const struct field *field, struct leat_error *error)
{
    struct leat_bytes text;
    size_t column = field->column;

    if (!field->size)
        return 0;
    text = leat_bytes(csv->text.data + field->start, field->size);
    if (utf8_valid(text))
        return 0;
    while (text.size) {
        unsigned char lead = (unsigned char)text.data[0];
        size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;

        if (size > text.size || !utf8_valid(leat_bytes(text.data, size)))
            break;
        text = leat_bytes(text.data + size, text.size - size);
        column++;
    }
    return wrong(csv, field->line, column, error, "expected UTF-8, found the byte 0x%02x",
                 text.size ? (unsigned)(unsigned char)text.data[0] : 0);
}

static int end_row(struct csv *csv, struct leat_error *error)
{
    const struct field *last = &csv->fields[csv->count - 1];
    int code;

    csv->state = ROW_START;
    csv->row = csv->at;
    if (!csv->expected)
        csv->expected = csv->count;
    if (csv->count == csv->expected)
        return 1;
    code = wrong(csv, last->line, last->column, error,
                 "expected %zu fields as in the first line, found %zu", csv->expected, csv->count);
    csv->fault.field = csv->count - 1;
    return code;
}

static void begin_field(struct csv *csv)
{
    csv->fields[csv->count] = (struct field){ .start = csv->text.size,
                                              .line = csv->line,
                                              .column = csv->column };
}

static int end_field(struct csv *csv, int c, struct leat_error *error)
{
    struct field *field = &csv->fields[csv->count];
    int code;

    field->size = csv->text.size - field->start;
    code = check_utf8(csv, field, error);
    if (code)
        return code;
    csv->count++;
    if (c == ',') {
        csv->state = FIELD_START;
        return csv->count < LIMIT_CSV_FIELDS
                   ? 0
                   : wrong(csv, csv->line, csv->column, error, "expected at most %d fields",
                           LIMIT_CSV_FIELDS);
    }
    if (c != '\r')
        return end_row(csv, error);
    csv->state = RETURNED;
    return 0;
}

/* ---- the machine: 0: go on, 1: a row is over ------------------------------------------------- */

static int plain(struct csv *csv, int c, struct leat_error *error)
{
    if (ends_field(c))
        return end_field(csv, c, error);
    if (c == '"')
        return wrong(csv, csv->line, csv->column, error,
                     "expected a comma or the end of the line, found a quote inside a field; "
                     "quote the whole field and double the quotes in it");
    if (is_control(c))
        return wrong(csv, csv->line, csv->column, error,
                     "expected text, found the control character 0x%02x", (unsigned)c);
    return keep(csv, c, error);
}

static int quoted(struct csv *csv, int c, struct leat_error *error)
{
    if (c == EOF)
        return wrong(csv, csv->quote_line, csv->quote_column, error,
                     "expected a closing quote for this one before the file's end");
    if (c == '"') {
        csv->state = CLOSING;
        return 0;
    }
    if (is_control(c) && c != '\r' && c != '\n')
        return wrong(csv, csv->line, csv->column, error,
                     "expected text, found the control character 0x%02x", (unsigned)c);
    return keep(csv, c, error);
}

static int closing(struct csv *csv, int c, struct leat_error *error)
{
    if (ends_field(c))
        return end_field(csv, c, error);
    if (c != '"')
        return wrong(csv, csv->line, csv->column, error,
                     "expected a comma or the end of the line after the closing quote");
    csv->state = QUOTED;
    return keep(csv, c, error);
}

static int begin(struct csv *csv, int c, struct leat_error *error)
{
    begin_field(csv);
    csv->state = c == '"' ? QUOTED : PLAIN;
    if (c != '"')
        return plain(csv, c, error);
    csv->quote_line = csv->line;
    csv->quote_column = csv->column;
    return 0;
}

static int step(struct csv *csv, int c, struct leat_error *error)
{
    switch (csv->state) {
    case ROW_START:
        csv->text.size = csv->count = 0;
        csv->row_line = csv->line;
        return begin(csv, c, error);
    case FIELD_START:
        return begin(csv, c, error);
    case PLAIN:
        return plain(csv, c, error);
    case QUOTED:
        return quoted(csv, c, error);
    case CLOSING:
        return closing(csv, c, error);
    case RETURNED:
        return c == '\n' ? end_row(csv, error)
                         : wrong(csv, csv->line, csv->column, error,
                                 "expected a line feed after a carriage return");
    case SKIPPING:
        csv->row = csv->at;
        csv->state = c == '\n' ? ROW_START : SKIPPING;
        return 0;
    case FILE_START:
        break;
    }
    assert(!"the start of the file was read");
    return 0;
}

/* Continuation bytes belong to the character before them, if there is one. */
static void move_on(struct csv *csv, int c)
{
    bool first = csv->fresh_line || csv->state == FIELD_START;

    if (csv->fresh_line) {
        csv->line++;
        csv->column = 0;
    }
    csv->fresh_line = c == '\n';
    if (first || (c & 0xc0) != 0x80 || c == EOF)
        csv->column++;
}

/* A broken row ends with its first line. */
static void recover(struct csv *csv)
{
    const char *row = csv->input + csv->row;
    const char *end = csv->at > csv->row ? memchr(row, '\n', csv->at - csv->row) : NULL;

    if (csv->state == ROW_START)
        return;
    csv->state = SKIPPING;
    if (end) {
        csv->state = ROW_START;
        csv->at = csv->row + (size_t)(end - row) + 1;
        csv->line = csv->row_line;
        csv->fresh_line = true;
    }
    csv->row = csv->at;
}

/* ---- input --------------------------------------------------------------------------------- */

/* What lies before the row is not needed any more. */
static size_t make_room(struct csv *csv)
{
    memmove(csv->input, csv->input + csv->row, csv->end - csv->row);
    csv->at -= csv->row;
    csv->end -= csv->row;
    csv->row = 0;
    return INPUT_BYTES - csv->end;
}

static int fill(struct csv *csv, struct leat_error *error)
{
    size_t room = make_room(csv), size = fread(csv->input + csv->end, 1, room, csv->file);

    csv->end += size;
    csv->over = size < room;
    return ferror(csv->file) ? error_set(error, LEAT_E_ARGUMENT, "cannot read '%s': %s", csv->name,
                                         strerror(errno))
                             : LEAT_OK;
}

size_t csv_push(struct csv *csv, const void *data, size_t size)
{
    size_t room;

    assert(!csv->file && !csv->over);
    room = make_room(csv);
    size = size < room ? size : room;
    if (size)
        memcpy(csv->input + csv->end, data, size);
    csv->end += size;
    return size;
}

void csv_end(struct csv *csv)
{
    assert(!csv->file);
    csv->over = true;
}

/* What people hand over instead of CSV is named; a byte order mark is read over. */
static int check_start(struct csv *csv, struct leat_error *error)
{
    size_t size = csv->end;

    csv->state = SKIPPING;
    if (size >= 4 && !memcmp(csv->input, "PK\3\4", 4))
        return wrong(csv, 1, 1, error, "expected CSV text, found a ZIP archive; unpack it first");
    if (size >= 2 && (!memcmp(csv->input, "\xff\xfe", 2) || !memcmp(csv->input, "\xfe\xff", 2)))
        return wrong(csv, 1, 1, error, "expected UTF-8, found UTF-16; convert it first");
    csv->state = ROW_START;
    csv->row = csv->at = size >= 3 && !memcmp(csv->input, "\xef\xbb\xbf", 3) ? 3 : 0;
    return LEAT_OK;
}

static bool is_dry(const struct csv *csv)
{
    return csv->at == csv->end || (csv->state == FILE_START && csv->end < START_BYTES);
}

int csv_next(struct csv *csv, struct leat_error *error)
{
    int code = 0;

    while (!code) {
        bool dry = is_dry(csv), at_rest = csv->state == ROW_START || csv->state == SKIPPING;

        if (dry && !csv->over && csv->file)
            code = fill(csv, error);
        else if (dry && (!csv->over || at_rest))
            return 0;
        else if (csv->state == FILE_START)
            code = check_start(csv, error);
        else {
            int c = csv->at < csv->end ? (unsigned char)csv->input[csv->at++] : EOF;

            move_on(csv, c);
            code = step(csv, c, error);
        }
    }
    if (code < 0)
        recover(csv);
    return code;
}

size_t csv_count(const struct csv *csv)
{
    return csv->count;
}

struct leat_bytes csv_field(const struct csv *csv, size_t index)
{
    assert(index < csv->count);
    return leat_bytes(csv->text.data ? csv->text.data + csv->fields[index].start : "",
                      csv->fields[index].size);
}

/* ---- coming and going ---------------------------------------------------------------------- */

struct csv *csv_new(const char *name)
{
    struct csv *csv = memory_new(sizeof *csv);

    csv->name = memory_text(name);
    csv->input = memory_array(INPUT_BYTES, 1);
    csv->fresh_line = true;
    buffer_init(&csv->text, LIMIT_CSV_LINE_BYTES);
    return csv;
}

int csv_open(const char *path, struct csv **out, struct leat_error *error)
{
    struct csv *csv = csv_new(path);

    csv->file = fopen(path, "rb");
    if (!csv->file) {
        csv_close(csv);
        return error_set(error, LEAT_E_ARGUMENT, "cannot open '%s': %s", path, strerror(errno));
    }
    *out = csv;
    return LEAT_OK;
}

void csv_close(struct csv *csv)
{
    if (!csv)
        return;
    if (csv->file)
        fclose(csv->file);
    buffer_free(&csv->text);
    memory_free(csv->input);
    memory_free(csv->name);
    memory_free(csv);
}
