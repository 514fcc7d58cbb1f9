/* verify_report.c - what was compared, counted by output. */
#include "blackfriday/verify_report.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>

enum { SENTENCE_BYTES = 4096, SENTENCES_BYTES = 1 << 20 };

static const char *const kind_names[] = { "missing", "wrong", "extra" };

struct verify_output *verify_report_add(struct verify_report *report, const char *name)
{
    struct verify_output *output = &report->outputs[report->count++];

    assert(report->count <= VERIFY_OUTPUTS);
    snprintf(output->name, sizeof output->name, "%s", name);
    buffer_init(&output->sentences, SENTENCES_BYTES);
    output->left = report->sentences;
    return output;
}

void verify_differ(struct verify_output *output, enum verify_kind kind, const char *key,
                   const char *format, ...)
{
    char sentence[SENTENCE_BYTES];
    va_list arguments;

    output->differences[kind]++;
    if (output->left <= 0)
        return;
    output->left--;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    buffer_format(&output->sentences, "%s %s: %s: %s\n", output->name, key, kind_names[kind],
                  sentence);
}

static bool output_equal(const struct verify_output *output)
{
    for (int i = 0; i < VERIFY_KINDS; i++)
        if (output->differences[i])
            return false;
    return true;
}

bool verify_report_equal(const struct verify_report *report)
{
    for (size_t i = 0; i < report->count; i++)
        if (!output_equal(&report->outputs[i]))
            return false;
    return report->count > 0;
}

void verify_report_print(const struct verify_report *report, FILE *out)
{
    fprintf(out, "%-42s %10s %10s %8s %8s %8s  %s\n", "output", "expected", "found", "missing",
            "wrong", "extra", "result");
    for (size_t i = 0; i < report->count; i++) {
        const struct verify_output *output = &report->outputs[i];

        fprintf(out, "%-42s %10" PRId64 " %10" PRId64 " %8" PRId64 " %8" PRId64 " %8" PRId64
                "  %s\n", output->name, output->expected, output->found,
                output->differences[VERIFY_MISSING], output->differences[VERIFY_WRONG],
                output->differences[VERIFY_EXTRA], output_equal(output) ? "equal" : "DIFFERENT");
    }
    for (size_t i = 0; i < report->count; i++)
        if (report->outputs[i].sentences.size)
            fwrite(report->outputs[i].sentences.data, 1, report->outputs[i].sentences.size, out);
    fflush(out);
}

void verify_report_free(struct verify_report *report)
{
    for (size_t i = 0; i < report->count; i++)
        buffer_free(&report->outputs[i].sentences);
}
