/* command_query_table.c - the JSON of an answer, one row a line, as columns.
 *
 * It reads what the status server writes: an object a line, whose objects inside are columns of
 * their own. Anything else is shown as it stands.
 */
#include "base/memory.h"
#include "blackfriday/query_table.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 64, CELL_BYTES = 60, DEPTH = 3 };

struct cell {
    struct leat_bytes name, value;
};

struct line {
    struct cell cells[COLUMNS];
    size_t count;
};

/* ---- JSON ------------------------------------------------------------------------------------ */

/* Behind the string that begins here; NULL: it has no end. */
static const char *skip_string(const char *at)
{
    for (at++; *at && *at != '"'; at++)
        if (*at == '\\' && at[1])
            at++;
    return *at ? at + 1 : NULL;
}

/* Behind the value that begins here. */
static const char *skip_value(const char *at)
{
    int depth = 0;

    for (; at && *at; ) {
        if (*at == '"') {
            at = skip_string(at);
        } else {
            if (!depth && strchr(",}]", *at))
                return at;
            depth += (*at == '{' || *at == '[') - (*at == '}' || *at == ']');
            at++;
        }
        if (!depth && at && *at && strchr(",}]", *at))
            return at;
    }
    return NULL;
}

static struct leat_bytes between(const char *from, const char *to)
{
    return leat_bytes(from, (size_t)(to - from));
}

/* The members of the object that begins here; objects inside give theirs. */
static bool take_object(const char *at, int depth, struct line *line)
{
    while (*at == '{' || *at == ',') {
        const char *name = at + 1, *colon = *name == '"' ? skip_string(name) : NULL;
        const char *value = colon && *colon == ':' ? colon + 1 : NULL;
        const char *end = value ? skip_value(value) : NULL;

        if (*name == '}' || !end || line->count == COLUMNS)
            return *name == '}';
        if (*value == '{' && depth < DEPTH) {
            if (!take_object(value, depth + 1, line))
                return false;
        } else {
            line->cells[line->count++] = (struct cell){ between(name + 1, colon - 1),
                                                        between(value, end) };
        }
        at = end;
    }
    return *at == '}';
}

/* ---- columns --------------------------------------------------------------------------------- */

/* Without quotes, and what would move the cursor; longer ones are cut off. */
static void show(struct leat_bytes value, char cell[CELL_BYTES])
{
    bool quoted = value.size >= 2 && value.data[0] == '"';
    size_t size = 0;

    if (quoted)
        value = leat_bytes(value.data + 1, value.size - 2);
    for (size_t i = 0; i < value.size && size < CELL_BYTES - 1; i++)
        if ((unsigned char)value.data[i] >= ' ' && value.data[i] != 0x7f)
            cell[size++] = value.data[i];
    while (size == CELL_BYTES - 1 && ((unsigned char)cell[size - 1] & 0xc0) == 0x80)
        size--;
    cell[size] = 0;
}

static void widen(const struct line *line, size_t *widths)
{
    char cell[CELL_BYTES];

    for (size_t c = 0; c < line->count; c++) {
        show(line->cells[c].value, cell);
        widths[c] = widths[c] > strlen(cell) ? widths[c] : strlen(cell);
        widths[c] = widths[c] > line->cells[c].name.size ? widths[c] : line->cells[c].name.size;
    }
}

static void print_line(const struct line *line, const size_t *widths, bool names, FILE *out)
{
    char cell[CELL_BYTES];

    for (size_t c = 0; c < line->count; c++) {
        const struct cell *at = &line->cells[c];
        bool number = at->value.size && strchr("-0123456789", at->value.data[0]);
        bool last = c + 1 == line->count;

        show(names ? at->name : at->value, cell);
        fprintf(out, number ? "%*s%s" : "%-*s%s", last && !number ? 0 : (int)widths[c], cell,
                last ? "\n" : "  ");
    }
}

/* ---- the answer ------------------------------------------------------------------------------ */

/* The rows, one a line, between the frame's head and its end. */
static bool each_line(struct leat_bytes json, struct line *line, size_t *widths, bool print,
                      FILE *out)
{
    const char *rows = strstr(json.data, "\"rows\":["), *at;
    bool first = true;

    at = rows ? rows : strstr(json.data, "\"stores\":[");
    at = at ? strchr(at, '[') + 1 : NULL;
    while (at && (*at == '\n' || *at == ',' || *at == '{')) {
        if (*at != '{') {
            at++;
            continue;
        }
        line->count = 0;
        if (!take_object(at, 0, line))
            return false;
        if (!print)
            widen(line, widths);
        if (print && first)
            print_line(line, widths, true, out);
        if (print)
            print_line(line, widths, false, out);
        first = false;
        at = skip_value(at);
    }
    return at && *at == ']';
}

static bool ends_with(struct leat_bytes json, const char *words)
{
    size_t size = strlen(words);

    return json.size >= size && !strcmp(json.data + json.size - size, words);
}

/* It stands before the rows, which may hold the same words. */
static bool is_stale(const char *json)
{
    const char *rows = strstr(json, "\"rows\":["), *stale = strstr(json, ",\"stale\":true,");

    return rows && stale && stale < rows;
}

bool query_table_print(struct leat_bytes json, FILE *out)
{
    struct line *line = memory_new(sizeof *line);
    size_t widths[COLUMNS] = { 0 };
    bool whole = !strncmp(json.data, "{\"store", 7) && each_line(json, line, widths, false, out);

    if (whole)
        each_line(json, line, widths, true, out);
    memory_free(line);
    if (whole && ends_with(json, "],\"more\":true}\n"))
        fprintf(out, "(there is more: --limit, --from)\n");
    if (whole && is_stale(json.data))
        fprintf(out, "(stale: the owner is restoring)\n");
    return whole;
}

int query_table_error(struct leat_bytes json, struct leat_error *error)
{
    static const char head[] = "{\"error\":\"";
    const char *end;
    char text[LEAT_ERROR_TEXT];
    size_t size = 0;

    if (strncmp(json.data, head, sizeof head - 1))
        return LEAT_OK;
    end = skip_string(json.data + sizeof head - 2);
    for (const char *at = json.data + sizeof head - 1; end && at < end - 1; at++)
        if (*at != '\\' && size < sizeof text - 1)
            text[size++] = *at;
    text[size] = 0;
    return error_set(error, LEAT_E_LOG, "%s", text);
}
