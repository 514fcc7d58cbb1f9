/* csv.c - tests of the CSV reader: what it takes, and what it says of what it does not take. */
#include "blackfriday/csv.h"

#include "base/limits.h"
#include "base/memory.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <unistd.h>

static char path[] = "/tmp/leat-csv-XXXXXX";
static struct leat_error error;

static void start(void)
{
    int file = mkstemp(path);

    cr_assert(file >= 0);
    close(file);
}

static void stop(void)
{
    unlink(path);
}

TestSuite(csv, .init = start, .fini = stop);

static void write_file(const char *text, size_t size)
{
    FILE *file = fopen(path, "wb");

    cr_assert(file != NULL);
    cr_assert(eq(sz, fwrite(text, 1, size, file), size));
    fclose(file);
}

/* All rows as text: fields in brackets, rows on lines; or the error, without the file's name. */
static char *read_all(const char *text, size_t size)
{
    static char out[4096];
    struct csv *csv = NULL;
    size_t used = 0;
    int code;

    write_file(text, size);
    out[0] = 0;
    code = csv_open(path, &csv, &error);
    while (!code && (code = csv_next(csv, &error)) == 1) {
        code = 0;
        for (size_t i = 0; i < csv_count(csv); i++) {
            struct leat_bytes field = csv_field(csv, i);

            used += (size_t)snprintf(out + used, sizeof out - used, "[%.*s]", (int)field.size,
                                     field.data);
        }
        used += (size_t)snprintf(out + used, sizeof out - used, "\n");
    }
    csv_close(csv);
    if (code < 0) {
        cr_assert(eq(int, code, LEAT_E_ARGUMENT));
        cr_assert(eq(int, strncmp(error.text, path, strlen(path)), 0));
        snprintf(out, sizeof out, "%s", error.text + strlen(path));
    }
    return out;
}

#define READ(text) read_all(text, sizeof(text) - 1)

static void says(const char *message, const char *start_of_it)
{
    cr_assert(eq(int, strncmp(message, start_of_it, strlen(start_of_it)), 0), "it says: %s",
              message);
}

Test(csv, rows_end_with_either_line_end_and_the_last_may_have_none)
{
    cr_assert(eq(str, READ("a,b\r\n1,2\n3,4"), "[a][b]\n[1][2]\n[3][4]\n"));
    cr_assert(eq(str, READ("a,b\n"), "[a][b]\n"));
    cr_assert(eq(str, READ(""), ""));
}

Test(csv, quotes_hold_commas_line_ends_and_doubled_quotes)
{
    cr_assert(eq(str, READ("a,b\n\"x,y\",\"say \"\"hi\"\"\"\n\"two\r\nlines\",\"\"\n"),
                 "[a][b]\n[x,y][say \"hi\"]\n[two\r\nlines][]\n"));
}

Test(csv, empty_fields_are_fields)
{
    cr_assert(eq(str, READ("a,b,c\n,,\n"), "[a][b][c]\n[][][]\n"));
}

Test(csv, a_byte_order_mark_is_read_over)
{
    cr_assert(eq(str, READ("\xef\xbb\xbf" "a,b\n"), "[a][b]\n"));
}

Test(csv, a_row_with_too_few_or_too_many_fields_is_named)
{
    says(READ("a,b\n1,2\n3\n"), ":3:1: expected 2 fields as in the first line, found 1");
    says(READ("a,b\n1,2,3\n"), ":2:5: expected 2 fields as in the first line, found 3");
    says(READ("a,b\n\n"), ":2:1: expected 2 fields as in the first line, found 1");
}

Test(csv, misplaced_quotes_are_named)
{
    says(READ("a,b\n1,x\"y\n"), ":2:4: expected a comma or the end of the line, found a quote");
    says(READ("a,b\n1,\"x\"y\n"), ":2:6: expected a comma or the end of the line after the clos");
    says(READ("a,b\n1,\"x\n\n"), ":2:3: expected a closing quote");
}

Test(csv, a_carriage_return_alone_is_refused)
{
    says(READ("a,b\r1,2\n"), ":1:5: expected a line feed after a carriage return");
}

Test(csv, text_that_is_not_utf8_is_named_by_byte_and_character)
{
    says(READ("a,b\n\xc3\xa4,x\xc3\xa4\xff\n"), ":2:5: expected UTF-8, found the byte 0xff");
    says(READ("a\n\xed\xa0\x80\n"), ":2:1: expected UTF-8, found the byte 0xed");
}

Test(csv, columns_count_characters_and_lines_count_those_in_quotes)
{
    says(READ("a,b\n\"\xc3\xa4\n\xc3\xb6\",\x01\n"), ":3:4: expected text, found the control");
}

Test(csv, control_characters_are_refused)
{
    static const char text[] = "a\nx\0y\n";

    says(read_all(text, sizeof text - 1), ":2:2: expected text, found the control character 0x00");
}

Test(csv, archives_and_other_encodings_are_named)
{
    says(READ("PK\3\4...."), ":1:1: expected CSV text, found a ZIP archive");
    says(READ("\xff\xfe" "a\0"), ":1:1: expected UTF-8, found UTF-16");
}

Test(csv, rows_and_fields_have_their_limits)
{
    size_t size = LIMIT_CSV_LINE_BYTES + 10;
    char *text = memory_new(size);

    memset(text, 'x', size);
    text[1] = '\n';
    says(read_all(text, size), ":2:65537: expected a row of at most 65536 bytes");
    memset(text, ',', LIMIT_CSV_FIELDS);
    says(read_all(text, LIMIT_CSV_FIELDS), ":1:256: expected at most 256 fields");
    memory_free(text);
}

Test(csv, a_file_that_is_not_there_is_named)
{
    struct csv *csv;

    cr_assert(eq(int, csv_open("/nowhere/x.csv", &csv, &error), LEAT_E_ARGUMENT));
    cr_assert(strstr(error.text, "/nowhere/x.csv") != NULL);
}
