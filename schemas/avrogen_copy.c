/* avrogen_copy.c - deep copies: how large the pieces are, moving them, and where they lie. */
#include "schemas/avrogen.h"

/* The writers below are three of one form, so the form is a table: the heads of the functions, and
 * what is said of a string, a list and a record. {V} is the value, {T} its type's tag. */
struct form {
    const char *record_head, *record_end;
    const char *list_head, *list_loop_end, *list_end;
    const char *text, *list, *record;
};

static const struct form forms[] = {
    {
        "static size_t {T}_extent(const struct {T} *value)",
        "    return size;\n",
        "static size_t {T}_extent(const {I} *items, size_t count)",
        "    }\n",
        "    return size;\n",
        "size += leat_avro_piece({V}.size);",
        "size += {T}_extent({V}.items, {V}.count);",
        "size += {T}_extent(&{V});",
    },
    {
        "static void {T}_copy(struct {T} *value, char **tail)",
        "",
        "static const {I} *{T}_copy(const {I} *from, size_t count, char **tail)",
        "    }\n",
        "    return items;\n",
        "{V} = leat_avro_copy({V}, tail);",
        "{V}.items = {T}_copy({V}.items, {V}.count, tail);",
        "{T}_copy(&{V}, tail);",
    },
    {
        "static bool {T}_within(const struct {T} *value, const char *low, const char *high)",
        "    return true;\n",
        "static bool {T}_within(const {I} *items, size_t count, const char *low, const char *high)",
        "    }\n",
        "    return true;\n",
        "if (!leat_avro_within({V}.data, {V}.size, low, high)) return false;",
        "if (!{T}_within({V}.items, {V}.count, low, high)) return false;",
        "if (!{T}_within(&{V}, low, high)) return false;",
    },
};

enum { EXTENT, COPY, WITHIN, FORMS };

static void fill_in(struct buffer *out, const char *text, const char *tag, const char *item,
                    const char *value)
{
    for (; *text; text++) {
        if (text[0] != '{' || !text[1] || text[2] != '}') {
            buffer_add(out, text, 1);
            continue;
        }
        buffer_text(out, text[1] == 'T' ? tag : text[1] == 'I' ? item : value);
        text += 2;
    }
}

static void write_shape(struct gen *gen, struct buffer *out, const struct form *form,
                        const struct gen_shape *shape, const char *place, const char *indent)
{
    const char *value = shape->boxed ? arena_text(&gen->arena, "%s.value", place).data : place;

    if (!gen_has_pieces(shape))
        return;
    buffer_text(out, indent);
    if (shape->boxed)
        buffer_format(out, "if (%s.set)\n%s    ", place, indent);
    if (gen_is_list(shape))
        fill_in(out, form->list, shape->tag, shape->item_type, value);
    else if (shape->record)
        fill_in(out, form->record, shape->record->name, "", value);
    else
        fill_in(out, form->text, "", "", value);
    buffer_text(out, "\n");
}

static void write_record(struct gen *gen, struct buffer *out, int which,
                         const struct gen_record *record)
{
    const struct form *form = &forms[which];

    fill_in(out, form->record_head, record->name, "", "");
    buffer_format(out, "\n{\n%s", which == EXTENT ? "    size_t size = 0;\n\n" : "");
    for (size_t i = 0; i < record->field_count; i++)
        write_shape(gen, out, form, record->fields[i].shape,
                    arena_text(&gen->arena, "value->%s", record->fields[i].member).data, "    ");
    buffer_format(out, "%s}\n\n", form->record_end);
}

static void write_list_start(struct buffer *out, int which, const struct gen_shape *list)
{
    static const char *const starts[] = {
        "    size_t size = leat_avro_piece(count * sizeof *items);\n\n",
        ("    {I} *items = (void *)*tail;\n\n    if (!count)\n        return NULL;\n"
         "    memcpy(items, from, count * sizeof *items);\n"
         "    *tail += leat_avro_piece(count * sizeof *items);\n"),
        ("    if (!leat_avro_within(items, count * sizeof *items, low, high))\n"
         "        return false;\n"),
    };

    fill_in(out, starts[which], list->tag, list->item_type, "");
}

static void write_list(struct gen *gen, struct buffer *out, int which, const struct gen_shape *list)
{
    static const struct gen_shape key = { .kind = LEAT_STRING };
    const struct form *form = &forms[which];
    bool map = list->kind == LEAT_MAP;

    fill_in(out, form->list_head, list->tag, list->item_type, "");
    buffer_text(out, "\n{\n");
    write_list_start(out, which, list);
    if (map || gen_has_pieces(list->items)) {
        buffer_format(
            out, "    for (size_t i = 0; i < count; i++) {\n        %s%s *item = &items[i];\n\n",
            which == COPY ? "" : "const ", list->item_type);
        if (map)
            write_shape(gen, out, form, &key, "item->key", "        ");
        write_shape(gen, out, form, list->items, map ? "item->value" : "(*item)", "        ");
        buffer_text(out, form->list_loop_end);
    }
    buffer_format(out, "%s}\n\n", form->list_end);
}

static void write_heads(struct gen *gen, struct buffer *out, int which)
{
    for (const struct gen_shape *list = gen->lists; list; list = list->next) {
        fill_in(out, forms[which].list_head, list->tag, list->item_type, "");
        buffer_text(out, ";\n");
    }
    for (const struct gen_record *record = gen->records; record; record = record->next) {
        fill_in(out, forms[which].record_head, record->name, "", "");
        buffer_text(out, ";\n");
    }
    buffer_text(out, "\n");
}

static void write_wrappers(struct buffer *out, const struct gen_record *record)
{
    static const char wrappers[] =
        "static size_t {T}_extent_any(const void *value)\n{\n    return {T}_extent(value);\n}\n\n"
        "static void {T}_copy_any(void *to, const void *from, char **tail)\n{\n"
        "    struct {T} *value = to;\n\n    *value = *(const struct {T} *)from;\n"
        "    {T}_copy(value, tail);\n}\n\n"
        "static bool {T}_within_any(const void *value, const char *low, const char *high)\n{\n"
        "    return {T}_within(value, low, high);\n}\n\n";

    fill_in(out, wrappers, record->name, "", "");
}

int gen_copy(struct gen *gen, struct buffer *out)
{
    for (int which = 0; which < FORMS; which++) {
        write_heads(gen, out, which);
        for (const struct gen_shape *list = gen->lists; list; list = list->next)
            write_list(gen, out, which, list);
        for (const struct gen_record *record = gen->records; record; record = record->next)
            write_record(gen, out, which, record);
    }
    for (const struct gen_record *record = gen->records; record; record = record->next)
        write_wrappers(out, record);
    return buffer_text(out, "");
}
