/* query_parse.c - a question from the path and the parameters of a request, and back. */
#include "processor/query.h"

#include "base/limits.h"
#include "base/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROWS_PRESET = 100, TIMEOUT_PRESET_MS = 2000 };

struct parameters {
    query_value value;
    const void *user;
};

static struct leat_bytes value_of(const struct parameters *from, const char *name)
{
    return from->value(from->user, name);
}

/* ---- one parameter --------------------------------------------------------------------------- */

static struct leat_bytes copy_of(struct leat_bytes bytes)
{
    char *copy = memory_new(bytes.size + 1);

    memcpy(copy, bytes.data, bytes.size);
    return leat_bytes(copy, bytes.size);
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int read_hex(const char *name, struct leat_bytes hex, struct leat_bytes *out,
                    struct leat_error *error)
{
    char *bytes = memory_new(hex.size / 2 + 1);

    *out = leat_bytes(bytes, hex.size / 2);
    for (size_t i = 0; i < hex.size; i++) {
        int digit = digit_of(hex.data[i]);

        if (digit < 0 || hex.size % 2)
            return error_set(error, LEAT_E_ARGUMENT, "%s is not pairs of hexadecimal digits",
                             name);
        bytes[i / 2] = (char)(bytes[i / 2] << 4 | digit);
    }
    return LEAT_OK;
}

/* Bytes as text, or as NAME_hex where the key is no text. */
static int read_bytes(const struct parameters *from, const char *name, struct leat_bytes *out,
                      struct leat_error *error)
{
    char hex_name[16];
    struct leat_bytes text = value_of(from, name), hex;

    snprintf(hex_name, sizeof hex_name, "%s_hex", name);
    hex = value_of(from, hex_name);
    if (text.data && hex.data)
        return error_set(error, LEAT_E_ARGUMENT, "%s and %s are one too many", name, hex_name);
    if (hex.data)
        return read_hex(hex_name, hex, out, error);
    if (text.data)
        *out = copy_of(text);
    return LEAT_OK;
}

static int read_number(const struct parameters *from, const char *name, int64_t least,
                       int64_t most, int64_t *out, struct leat_error *error)
{
    struct leat_bytes text = value_of(from, name);
    char *end;
    int64_t number;

    if (!text.data)
        return LEAT_OK;
    errno = 0;
    number = strtoll(text.data, &end, 10);
    if (!text.size || errno || end != text.data + text.size || number < least || number > most)
        return error_set(error, LEAT_E_ARGUMENT,
                         "%s must be a number from %" PRId64 " to %" PRId64, name, least, most);
    *out = number;
    return LEAT_OK;
}

static int read_flag(const struct parameters *from, const char *name, bool *out,
                     struct leat_error *error)
{
    struct leat_bytes text = value_of(from, name);

    if (!text.data)
        return LEAT_OK;
    *out = leat_bytes_equal(text, LEAT_LITERAL("true"));
    if (*out || leat_bytes_equal(text, LEAT_LITERAL("false")))
        return LEAT_OK;
    return error_set(error, LEAT_E_ARGUMENT, "%s is true or false", name);
}

/* ---- the question ---------------------------------------------------------------------------- */

static int read_path(struct query *query, const char *path, const struct parameters *from,
                     struct leat_error *error)
{
    const char *slash = strchr(path, '/');
    const char *verb = slash ? slash + 1 : "";

    query->store = memory_format("%.*s", (int)(slash ? slash - path : (int)strlen(path)), path);
    if (!strcmp(verb, "range"))
        query->what = QUERY_RANGE;
    else if (!strcmp(verb, "all"))
        query->what = QUERY_ALL;
    else if (slash)
        return error_set(error, LEAT_E_ARGUMENT,
                         "a store has /%s?key=, /%s/range?from=&to= and /%s/all, and no '%.40s'",
                         query->store, query->store, query->store, verb);
    if (query->what != QUERY_KEY || value_of(from, "key").data || value_of(from, "key_hex").data)
        return LEAT_OK;
    return error_set(error, LEAT_E_ARGUMENT,
                     "which key? ?key=TEXT or ?key_hex=DIGITS; /%s/range and /%s/all have more",
                     query->store, query->store);
}

static int read_keys(struct query *query, const struct parameters *from, struct leat_error *error)
{
    int status = LEAT_OK;

    if (query->what == QUERY_KEY)
        return read_bytes(from, "key", &query->key, error);
    if (query->what == QUERY_RANGE)
        status = read_bytes(from, "from", &query->from, error);
    if (query->what == QUERY_RANGE && !status)
        status = read_bytes(from, "to", &query->to, error);
    return status;
}

static int read_numbers(struct query *query, const struct parameters *from,
                        struct leat_error *error)
{
    int status = read_number(from, "limit", 1, LIMIT_QUERY_ROWS, &query->limit, error);

    if (!status)
        status = read_number(from, "timeout_ms", 1, LIMIT_QUERY_MS, &query->timeout_ms, error);
    if (!status)
        status = read_number(from, "task", 0, LIMIT_TASKS, &query->task, error);
    if (!status)
        status = read_number(from, "from_ms", INT64_MIN, INT64_MAX, &query->from_ms, error);
    if (!status)
        status = read_number(from, "to_ms", INT64_MIN, INT64_MAX, &query->to_ms, error);
    return status;
}

static int read_flags(struct query *query, const struct parameters *from, struct leat_error *error)
{
    const struct {
        const char *name;
        bool *into;
    } flags[] = {
        { "reverse", &query->reverse },   { "stale", &query->stale }, { "hop", &query->hop },
        { "redirect", &query->redirect }, { "anywhere", &query->anywhere },
    };
    int status = LEAT_OK;

    for (size_t i = 0; i < sizeof flags / sizeof *flags && !status; i++)
        status = read_flag(from, flags[i].name, flags[i].into, error);
    return status;
}

int query_parse(struct query *query, const char *path, query_value value, const void *user,
                struct leat_error *error)
{
    struct parameters from = { value, user };
    int status;

    query->limit = ROWS_PRESET;
    query->timeout_ms = TIMEOUT_PRESET_MS;
    query->from_ms = INT64_MIN;
    query->to_ms = INT64_MAX;
    query->task = -1;
    status = read_path(query, path, &from, error);
    if (!status)
        status = read_keys(query, &from, error);
    if (!status)
        status = read_numbers(query, &from, error);
    query->timed = query->from_ms != INT64_MIN || query->to_ms != INT64_MAX;
    return status ? status : read_flags(query, &from, error);
}

void query_free(struct query *query)
{
    memory_free(query->store);
    memory_free(query->key.data);
    memory_free(query->from.data);
    memory_free(query->to.data);
    *query = (struct query){ 0 };
}

/* ---- and back -------------------------------------------------------------------------------- */

static void write_hex(const char *name, struct leat_bytes bytes, struct buffer *out)
{
    if (!bytes.data)
        return;
    buffer_format(out, "&%s_hex=", name);
    for (size_t i = 0; i < bytes.size; i++)
        buffer_format(out, "%02x", (unsigned char)bytes.data[i]);
}

int query_write(const struct query *query, struct buffer *out)
{
    static const char *const verbs[] = { "", "/range", "/all" };

    buffer_format(out, "/stores/%s%s?limit=%" PRId64 "&timeout_ms=%" PRId64, query->store,
                  verbs[query->what], query->limit, query->timeout_ms);
    write_hex("key", query->key, out);
    write_hex("from", query->from, out);
    write_hex("to", query->to, out);
    if (query->timed)
        buffer_format(out, "&from_ms=%" PRId64 "&to_ms=%" PRId64, query->from_ms, query->to_ms);
    if (query->task >= 0)
        buffer_format(out, "&task=%" PRId64, query->task);
    return buffer_format(out, "%s%s%s", query->reverse ? "&reverse=true" : "",
                         query->stale ? "&stale=true" : "", query->hop ? "&hop=true" : "");
}
