/* csv.c - a strict CSV reader: one character at a time, one row in memory.
 *
 * Entry points:  csv_open(), csv_next()
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

enum { SHOWN_BYTES = 60 };

struct field {
    size_t start, size; /* in the row's text */
    size_t line, column;
};

struct csv {
    char *path;
    FILE *file;
    size_t line, column; /* of the character that was read last; columns count characters */
    bool fresh_line;     /* the next character begins a line */
    struct buffer text;  /* of the row, unquoted, field behind field */
    struct field fields[LIMIT_CSV_FIELDS];
    size_t count, expected; /* expected: fields of the first row; 0 until it was read */
};

/* ---- saying what is wrong ------------------------------------------------------------------ */

__attribute__((format(printf, 5, 6))) static int wrong(const struct csv *csv, size_t line,
                                                       size_t column, struct leat_error *error,
                                                       const char *format, ...)
{
    char text[LEAT_ERROR_TEXT];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return error_set(error, LEAT_E_ARGUMENT, "%s:%zu:%zu: %s", csv->path, line, column, text);
}

int csv_expected(const struct csv *csv, size_t index, struct leat_error *error, const char *format,
                 ...)
{
    struct leat_bytes found;
    char text[LEAT_ERROR_TEXT];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (index >= csv->count)
        return wrong(csv, csv->line, csv->column, error, "expected %s, found the end of the row",
                     text);
    found = csv_field(csv, index);
    return wrong(csv, csv->fields[index].line, csv->fields[index].column, error,
                 "expected %s, found '%.*s%s'", text,
                 (int)(found.size < SHOWN_BYTES ? found.size : SHOWN_BYTES), found.data,
                 found.size > SHOWN_BYTES ? "..." : "");
}

/* ---- characters ---------------------------------------------------------------------------- */

static int peek(struct csv *csv)
{
    int c = getc(csv->file);

    return c == EOF ? EOF : ungetc(c, csv->file);
}

/* Continuation bytes belong to the character before them. */
static int read_char(struct csv *csv)
{
    int c = getc(csv->file);

    if (csv->fresh_line) {
        csv->line++;
        csv->column = 0;
    }
    csv->fresh_line = c == '\n';
    if ((c & 0xc0) != 0x80 || c == EOF)
        csv->column++;
    return c;
}

static int keep(struct csv *csv, int c, struct leat_error *error)
{
    char byte = (char)c;

    if (buffer_add(&csv->text, &byte, 1))
        return wrong(csv, csv->line, csv->column, error, "expected a row of at most %d bytes",
                     LIMIT_CSV_LINE_BYTES);
    return LEAT_OK;
}

static bool is_control(int c)
{
    return (c < 0x20 && c != '\t') || c == 0x7f;
}

/* ---- fields -------------------------------------------------------------------------------- */

/* The first character that is not well-formed is what the message should point at. */
static int check_utf8(const struct csv *csv, const struct field *field, struct leat_error *error)
{
    struct leat_bytes text;
    size_t column = field->column;

    if (!field->size)
        return LEAT_OK;
    text = leat_bytes(csv->text.data + field->start, field->size);
    if (utf8_valid(text))
        return LEAT_OK;
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

/* Behind the opening quote, up to the closing one. */
static int read_quoted(struct csv *csv, struct leat_error *error)
{
    size_t line = csv->line, column = csv->column;

    for (;;) {
        int c = read_char(csv);

        if (c == EOF)
            return wrong(csv, line, column, error,
                         "expected a closing quote for this one before the file's end");
        if (c == '"') {
            if (peek(csv) != '"')
                return LEAT_OK;
            read_char(csv);
        } else if (is_control(c) && c != '\r' && c != '\n') {
            return wrong(csv, csv->line, csv->column, error,
                         "expected text, found the control character 0x%02x", (unsigned)c);
        }
        if (keep(csv, c, error))
            return LEAT_E_ARGUMENT;
    }
}

static bool ends_field(int c)
{
    return c == ',' || c == '\n' || c == '\r' || c == EOF;
}

static int read_plain(struct csv *csv, struct leat_error *error)
{
    while (!ends_field(peek(csv))) {
        int c = read_char(csv);

        if (c == '"')
            return wrong(csv, csv->line, csv->column, error,
                         "expected a comma or the end of the line, found a quote inside a field; "
                         "quote the whole field and double the quotes in it");
        if (is_control(c))
            return wrong(csv, csv->line, csv->column, error,
                         "expected text, found the control character 0x%02x", (unsigned)c);
        if (keep(csv, c, error))
            return LEAT_E_ARGUMENT;
    }
    return LEAT_OK;
}

static int read_field(struct csv *csv, struct leat_error *error)
{
    struct field *field = &csv->fields[csv->count];
    int code;

    if (csv->count == LIMIT_CSV_FIELDS)
        return wrong(csv, csv->line, csv->column, error, "expected at most %d fields",
                     LIMIT_CSV_FIELDS);
    *field = (struct field){ .start = csv->text.size,
                             .line = csv->fresh_line ? csv->line + 1 : csv->line,
                             .column = csv->fresh_line ? 1 : csv->column + 1 };
    if (peek(csv) == '"') {
        read_char(csv);
        code = read_quoted(csv, error);
        if (!code && !ends_field(peek(csv))) {
            read_char(csv);
            return wrong(csv, csv->line, csv->column, error,
                         "expected a comma or the end of the line after the closing quote");
        }
    } else {
        code = read_plain(csv, error);
    }
    field->size = csv->text.size - field->start;
    csv->count++;
    return code ? code : check_utf8(csv, field, error);
}

/* What stands behind a field. 1: another field follows, 0: the row is over. */
static int read_separator(struct csv *csv, struct leat_error *error)
{
    int c = read_char(csv);

    if (c == ',')
        return 1;
    if (c == '\r' && read_char(csv) != '\n')
        return wrong(csv, csv->line, csv->column, error,
                     "expected a line feed after a carriage return");
    return 0;
}

int csv_next(struct csv *csv, struct leat_error *error)
{
    int more = 1;

    csv->text.size = csv->count = 0;
    if (peek(csv) == EOF)
        return ferror(csv->file) ? error_set(error, LEAT_E_ARGUMENT, "cannot read '%s': %s",
                                             csv->path, strerror(errno))
                                 : 0;
    while (more == 1) {
        if (read_field(csv, error))
            return LEAT_E_ARGUMENT;
        more = read_separator(csv, error);
    }
    if (more < 0)
        return more;
    if (!csv->expected)
        csv->expected = csv->count;
    if (csv->count != csv->expected)
        return wrong(csv, csv->fields[csv->count - 1].line, csv->fields[csv->count - 1].column,
                     error, "expected %zu fields as in the first line, found %zu", csv->expected,
                     csv->count);
    return 1;
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

/* ---- opening ------------------------------------------------------------------------------- */

/* What people hand over instead of CSV is named; a byte order mark is read over. */
static int check_start(struct csv *csv, struct leat_error *error)
{
    unsigned char start[4] = { 0 };
    size_t size = fread(start, 1, sizeof start, csv->file);

    if (size >= 4 && !memcmp(start, "PK\3\4", 4))
        return wrong(csv, 1, 1, error, "expected CSV text, found a ZIP archive; unpack it first");
    if (size >= 2 && (!memcmp(start, "\xff\xfe", 2) || !memcmp(start, "\xfe\xff", 2)))
        return wrong(csv, 1, 1, error, "expected UTF-8, found UTF-16; convert it first");
    if (fseek(csv->file, size >= 3 && !memcmp(start, "\xef\xbb\xbf", 3) ? 3 : 0, SEEK_SET))
        return error_set(error, LEAT_E_ARGUMENT, "cannot read '%s': %s", csv->path,
                         strerror(errno));
    return LEAT_OK;
}

int csv_open(const char *path, struct csv **out, struct leat_error *error)
{
    struct csv *csv = memory_new(sizeof *csv);
    int code;

    csv->path = memory_text(path);
    csv->fresh_line = true;
    buffer_init(&csv->text, LIMIT_CSV_LINE_BYTES);
    csv->file = fopen(path, "rb");
    if (csv->file)
        code = check_start(csv, error);
    else
        code = error_set(error, LEAT_E_ARGUMENT, "cannot open '%s': %s", path, strerror(errno));
    if (code) {
        csv_close(csv);
        return code;
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
    memory_free(csv->path);
    memory_free(csv);
}
