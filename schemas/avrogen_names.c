/* avrogen_names.c - Avro's names as C's, and which are taken. */
#include "schemas/avrogen.h"

#include <stdio.h>
#include <string.h>

/* Keywords, and macros of headers that generated code includes. */
static const char *const taken[] = {
    "alignas",   "alignof",   "asm",          "assert",   "auto",    "bool",      "break",
    "case",      "char",      "const",        "continue", "default", "do",        "double",
    "else",      "enum",      "errno",        "extern",   "false",   "float",     "for",
    "goto",      "if",        "inline",       "int",      "linux",   "long",      "noreturn",
    "offsetof",  "register",  "restrict",     "return",   "short",   "signed",    "sizeof",
    "static",    "struct",    "switch",       "true",     "typedef", "typeof",    "union",
    "unix",      "unsigned",  "void",         "volatile", "while",   "NULL",      "class",
    "delete",    "namespace", "new",          "operator", "private", "protected", "public",
    "template",  "this",      "thread_local", "throw",    "try",     "virtual",   "nullptr",
    "constexpr",
};

const char *gen_member(struct gen *gen, const char *name)
{
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        if (!strcmp(taken[i], name))
            return arena_text(&gen->arena, "%s_", name).data;
    return name;
}

int gen_claim(struct gen *gen, const char *name, const char *by)
{
    union {
        const char *text;
        void *value;
    } claim = { .text = by };
    const char *other = map_get(&gen->claimed, leat_bytes_of(name));

    if (other)
        return error_set(gen->error, LEAT_E_DATA,
                         "'%s' and '%s' would both be '%s' in C: rename one", other, by, name);
    map_put(&gen->claimed, leat_bytes_of(name), claim.value);
    return LEAT_OK;
}

const char *gen_upper(struct gen *gen, const char *name)
{
    size_t size = strlen(name);
    char *upper = arena_new(&gen->arena, size + 1);

    for (size_t i = 0; i <= size; i++)
        upper[i] = name[i] >= 'a' && name[i] <= 'z' ? (char)(name[i] - 'a' + 'A') : name[i];
    return upper;
}
