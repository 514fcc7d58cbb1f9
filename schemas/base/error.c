/* error.c - codes, their names, and the sentence that goes with them. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *leat_status_name(int code)
{
    static const char *const names[] = { "ok",      "argument", "topology", "limit",    "data",
                                         "state",   "log",      "retry",    "aborted",  "fenced",
                                         "registry", "callback", "stopped",  "sink" };
    size_t index = (size_t)-code;

    return code <= 0 && index < sizeof names / sizeof *names ? names[index] : "unknown";
}

int error_set(struct leat_error *error, int code, const char *format, ...)
{
    va_list arguments;

    if (!error)
        return code;
    error->code = code;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    return code;
}

int error_wrap(struct leat_error *error, const char *format, ...)
{
    char inner[LEAT_ERROR_TEXT];
    va_list arguments;
    int length;

    memcpy(inner, error->text, sizeof inner);
    va_start(arguments, format);
    length = vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    if (length >= 0 && (size_t)length < sizeof error->text)
        snprintf(error->text + length, sizeof error->text - (size_t)length, ": %.*s",
                 (int)(sizeof error->text - 3) - length, inner);
    return error->code;
}
