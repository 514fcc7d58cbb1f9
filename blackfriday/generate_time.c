/* generate_time.c - points and lengths of time as they are written on a command line. */
#include "blackfriday/generate.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

static const struct {
    char letter;
    int64_t ms;
} units[] = {
    { 's', 1000 },     { 'm', 60000 },     { 'h', 3600000 },
    { 'd', 86400000 }, { 'w', 604800000 }, { 'y', INT64_C(31536000000) },
};

enum { LONGEST_YEARS = 50 };

static bool parse_length(const char *text, int64_t *ms)
{
    const int64_t longest_ms = LONGEST_YEARS * INT64_C(31536000000);
    char *end;
    long long number;

    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    number = strtoll(text, &end, 10);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (*end == units[i].letter && !end[1] && !errno && number <= longest_ms / units[i].ms) {
            *ms = number * units[i].ms;
            return true;
        }
    return false;
}

/* strptime() lets "2025-02-31" pass; timegm() then moves it, which gives it away. */
static bool parse_date(const char *text, int64_t *ms)
{
    static const char *const formats[] = { "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d" };

    for (size_t i = 0; i < 2; i++) {
        struct tm parsed = { 0 }, moved;
        const char *end = strptime(text, formats[i], &parsed);
        time_t seconds;

        moved = parsed;
        seconds = timegm(&moved);
        if (end && !*end && moved.tm_mday == parsed.tm_mday && seconds >= 0) {
            *ms = (int64_t)seconds * 1000;
            return true;
        }
    }
    return false;
}

int generate_start(const char *text, int64_t now_ms, int64_t *start_ms, struct leat_error *error)
{
    int64_t ms;

    if (!strcmp(text, "now"))
        *start_ms = now_ms;
    else if (parse_length(text, &ms) && ms <= now_ms)
        *start_ms = now_ms - ms;
    else if (!parse_date(text, start_ms))
        return error_set(error, LEAT_E_ARGUMENT,
                         "'%s' is no time: expected now, 2025-11-28, 2025-11-28T06:30:00Z, or how "
                         "long ago, like 1y, 30d, 12h, 90m or 45s",
                         text);
    return LEAT_OK;
}

int generate_span(const char *text, int64_t *span_ms, struct leat_error *error)
{
    if (parse_length(text, span_ms))
        return LEAT_OK;
    return error_set(error, LEAT_E_ARGUMENT,
                     "'%s' is no length of time: expected a number and s, m, h, d, w or y", text);
}
