/* schema_names.c - checking names and putting them into their namespaces. */
#include "schemas/schema_names.h"

#include <string.h>

static bool name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool name_part(char c)
{
    return name_start(c) || (c >= '0' && c <= '9');
}

bool schema_name_valid(const char *name)
{
    if (!name_start(*name))
        return false;
    while (*++name)
        if (!name_part(*name))
            return false;
    return true;
}

bool schema_full_name_valid(const char *name)
{
    const char *simple = schema_simple_name(name);
    bool fresh = true;

    for (const char *at = name; at < simple; at++) {
        if (fresh ? !name_start(*at) : !name_part(*at) && *at != '-' && *at != '.')
            return false;
        fresh = *at == '.';
    }
    return schema_name_valid(simple);
}

const char *schema_full_name(struct arena *arena, const char *name, const char *space)
{
    if (strchr(name, '.') || !*space)
        return name;
    return arena_text(arena, "%s.%s", space, name).data;
}

const char *schema_namespace(struct arena *arena, const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot ? arena_text(arena, "%.*s", (int)(dot - name), name).data : "";
}

static const char *names_text(struct arena *arena, const json_t *json)
{
    const char *text = json_string_value(json);

    if (!text || strlen(text) != json_string_length(json))
        return NULL;
    return arena_text(arena, "%s", text).data;
}

const char *schema_member(struct arena *arena, const json_t *json, const char *member)
{
    return names_text(arena, json_object_get(json, member));
}

int schema_names_read(struct arena *arena, const json_t *json, const char *space,
                      struct schema_names *out, struct leat_error *error)
{
    struct map seen = { 0 };
    const char *name;
    int code = LEAT_OK;

    *out = (struct schema_names){ 0 };
    if (!json_is_array(json))
        return error_set(error, LEAT_E_DATA, "names are not an array of text");
    out->at = arena_zeroed(arena, json_array_size(json) * sizeof *out->at);
    for (size_t i = 0; i < json_array_size(json) && !code; i++) {
        name = names_text(arena, json_array_get(json, i));
        if (!name || !(space ? schema_full_name_valid(name) : schema_name_valid(name)))
            code = error_set(error, LEAT_E_DATA, "'%s' is not a name", name ? name : "");
        else if (map_put(&seen, leat_bytes_of(name), &seen))
            code = error_set(error, LEAT_E_DATA, "the name '%s' stands twice", name);
        else
            out->at[out->count++] = space ? schema_full_name(arena, name, space) : name;
    }
    map_free(&seen);
    return code;
}
