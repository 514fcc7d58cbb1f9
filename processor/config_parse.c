/* config_parse.c - what the value of an option may be, and which known key a wrong one means. */
#include "processor/config_table.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct unit {
    const char *name;
    int64_t factor;
};

static const struct unit time_units[] = {
    { "", 1 },          { "ms", 1 },          { "s", 1000 },
    { "m", 60 * 1000 }, { "h", 3600 * 1000 }, { "d", 86400 * 1000 },
    { NULL, 0 },
};
static const struct unit size_units[] = {
    { "", 1 },          { "B", 1 },         { "KB", 1 << 10 },
    { "MB", 1 << 20 },  { "GB", 1 << 30 },  { "KiB", 1 << 10 },
    { "MiB", 1 << 20 }, { "GiB", 1 << 30 }, { NULL, 0 },
};

/* A whole number and one of the units, with nothing around it. */
static int parse_units(const char *text, const struct unit *units, int64_t *number)
{
    char *rest;
    int64_t whole;

    errno = 0;
    if (*text != '-' && (*text < '0' || *text > '9'))
        return LEAT_E_ARGUMENT;
    whole = strtoll(text, &rest, 10);
    if (rest == text || errno)
        return LEAT_E_ARGUMENT;
    rest += strspn(rest, " ");
    while (units->name && strcmp(units->name, rest))
        units++;
    if (!units->name || __builtin_mul_overflow(whole, units->factor, number))
        return LEAT_E_ARGUMENT;
    return LEAT_OK;
}

int config_parse_duration(const char *text, int64_t *ms)
{
    return parse_units(text, time_units, ms);
}

int config_parse_size(const char *text, int64_t *bytes)
{
    return parse_units(text, size_units, bytes);
}

static int parse_whole(const struct config_option *option, const char *text, int64_t *number,
                       struct leat_error *error)
{
    static const struct unit no_units[] = { { "", 1 }, { NULL, 0 } };
    static const char *const wanted[] = { [CONFIG_NUMBER] = "a whole number",
                                          [CONFIG_DURATION] =
                                              "a duration such as 100ms, 10s, 5m, 1h or 7d",
                                          [CONFIG_SIZE] = "a size such as 4096, 64KB or 256MB" };
    const struct unit *units = option->kind == CONFIG_DURATION ? time_units
                               : option->kind == CONFIG_SIZE   ? size_units
                                                               : no_units;
    int64_t max = option->min || option->max ? option->max : INT64_MAX;

    if (parse_units(text, units, number))
        return error_set(error, LEAT_E_ARGUMENT, "'%.100s' is not %s", text, wanted[option->kind]);
    if (*number < option->min || *number > max)
        return error_set(error, LEAT_E_ARGUMENT,
                         "%.100s is out of range, which is %" PRId64 " to %" PRId64, text,
                         option->min, max);
    return LEAT_OK;
}

static int parse_real(const struct config_option *option, const char *text, double *real,
                      struct leat_error *error)
{
    double max = option->min || option->max ? (double)option->max : INFINITY;
    char *rest;

    errno = 0;
    *real = strtod(text, &rest);
    if (rest == text || *rest || errno || !isfinite(*real))
        return error_set(error, LEAT_E_ARGUMENT, "'%.100s' is not a number", text);
    if (*real < (double)option->min || *real > max)
        return error_set(error, LEAT_E_ARGUMENT,
                         "%.100s is out of range, which is %" PRId64 " to %g", text, option->min,
                         max);
    return LEAT_OK;
}

static int parse_word(const char *text, const char *const *words, int64_t *number,
                      struct leat_error *error)
{
    char list[256] = "";
    size_t used = 0;

    for (size_t i = 0; words[i]; i++) {
        if (!strcmp(words[i], text)) {
            *number = (int64_t)i;
            return LEAT_OK;
        }
        if (used < sizeof list)
            used +=
                (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", words[i]);
    }
    return error_set(error, LEAT_E_ARGUMENT, "'%.100s' is none of: %s", text, list);
}

int config_parse(const struct config_option *option, const char *text, int64_t *number,
                 double *real, struct leat_error *error)
{
    static const char *const flags[] = { "false", "true", NULL };
    int code = LEAT_OK;

    switch (option->kind) {
    case CONFIG_TEXT:
        break;
    case CONFIG_REAL:
        code = parse_real(option, text, real, error);
        break;
    case CONFIG_CHOICE:
        code = parse_word(text, option->choices, number, error);
        break;
    case CONFIG_FLAG:
        code = parse_word(text, flags, number, error);
        break;
    default:
        code = parse_whole(option, text, number, error);
    }
    if (!code && option->check)
        code = option->check(text, error);
    return code;
}

/* ---- the nearest key ---------------------------------------------------------------------- */

enum { NEAREST_MAX = 63 };

static unsigned least(unsigned a, unsigned b, unsigned c)
{
    unsigned ab = a < b ? a : b;

    return ab < c ? ab : c;
}

/* Letters to change, add or take away: Levenshtein's distance, with one row of the table. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[NEAREST_MAX + 1];
    size_t size = strlen(b);

    if (size > NEAREST_MAX || strlen(a) > NEAREST_MAX)
        return NEAREST_MAX;
    for (size_t j = 0; j <= size; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; a[i - 1]; i++) {
        unsigned corner = row[0];

        row[0] = (unsigned)i;
        for (size_t j = 1; j <= size; j++) {
            unsigned above = row[j];

            row[j] = least(above + 1, row[j - 1] + 1, corner + (a[i - 1] != b[j - 1]));
            corner = above;
        }
    }
    return row[size];
}

/* "http.port" for "leat.http.port": the prefix is forgotten more often than a letter. */
static unsigned key_distance(const char *key, const char *known)
{
    static const char prefix[] = "leat.";
    size_t size = sizeof prefix - 1;
    unsigned whole = distance(key, known), rest;

    if (strncmp(known, prefix, size))
        return whole;
    rest = distance(key, known + size);
    return rest < whole ? rest : whole;
}

const char *config_nearest(const struct config *config, const char *key)
{
    unsigned best = (unsigned)strlen(key) / 5 + 2;
    const char *nearest = NULL;

    for (size_t i = 0; i < config->count; i++) {
        const char *known = config->values[i].option->key;
        unsigned far = key_distance(key, known);

        if (far < best) {
            best = far;
            nearest = known;
        }
    }
    return nearest;
}
