/* upload_report.c - line,column,reason of each refused row.
 *
 * The line is the one that the row begins on: behind a quote that nobody closed, what is wrong is
 * met far from where it was done. No field begins with what a spreadsheet would take for a formula:
 * there are numbers, names of the contract, and sentences of our own.
 */
#include "blackfriday/web/upload_report.h"

#include "base/limits.h"
#include "blackfriday/csv.h"

#include <inttypes.h>

static const char head[] = "line,column,reason\n";

void upload_report_init(struct upload_report *report)
{
    *report = (struct upload_report){ 0 };
    buffer_init(&report->text, LIMIT_UPLOAD_REPORT_BYTES);
    buffer_text(&report->text, head);
}

void upload_report_free(struct upload_report *report)
{
    buffer_free(&report->text);
}

/* What was found in the row may hold quotes, and ends of lines, which would be hard to read. */
static int add_reason(struct buffer *text, const char *reason)
{
    int full = 0;

    for (; *reason && !full; reason++)
        full = *reason == '"'                 ? buffer_text(text, "\"\"")
               : (unsigned char)*reason < ' ' ? buffer_text(text, " ")
                                              : buffer_add(text, reason, 1);
    return full;
}

static int add_line(struct upload_report *report, const struct sheet *sheet,
                    const struct csv_fault *fault)
{
    struct buffer *text = &report->text;
    int full = fault->field < sheet->type->field_count
                   ? buffer_format(text, "%zu,%s (%zu),\"", fault->row_line,
                                   sheet->columns[fault->field]->name, fault->field + 1)
                   : buffer_format(text, "%zu,(%zu),\"", fault->row_line, fault->field + 1);

    if (!full)
        full = add_reason(text, fault->sentence);
    if (!full && fault->line != fault->row_line)
        full = buffer_format(text, " (in line %zu)", fault->line);
    return full ? full : buffer_text(text, "\"\n");
}

void upload_report_add(struct upload_report *report, const struct sheet *sheet,
                       const struct csv_fault *fault)
{
    size_t before = report->text.size;

    report->rows++;
    if (report->untold || report->rows > LIMIT_UPLOAD_REPORT_ROWS ||
        add_line(report, sheet, fault)) {
        report->text.size = before;
        report->untold++;
    }
}

void upload_report_end(struct upload_report *report)
{
    if (!report->untold)
        return;
    report->text.limit += LIMIT_UPLOAD_REPORT_BYTES / 1024;
    buffer_format(&report->text, ",,\"and %" PRId64 " more rows, which are not listed\"\n",
                  report->untold);
}
