/* json.c - writing JSON. */
#include "blackfriday/web/json.h"

#include "base/utf8.h"
#include "schemas/decimal.h"

/* The length of the character at the text's start, 0 where there is none. */
static size_t character(struct leat_bytes text)
{
    for (size_t size = 1; size <= 4 && size <= text.size; size++)
        if (utf8_valid(leat_bytes(text.data, size)))
            return size;
    return 0;
}

static int add_character(struct buffer *out, struct leat_bytes text)
{
    unsigned char first = (unsigned char)text.data[0];

    if (first == '"' || first == '\\')
        return buffer_format(out, "\\%c", first);
    if (first < ' ' || first == 0x7f)
        return buffer_format(out, "\\u%04x", first);
    return buffer_add(out, text.data, text.size);
}

int json_text(struct buffer *out, struct leat_bytes text)
{
    int status = buffer_text(out, "\"");

    while (text.size && !status) {
        size_t size = character(text);

        status = size ? add_character(out, leat_bytes(text.data, size))
                      : buffer_text(out, "\xef\xbf\xbd");
        size = size ? size : 1;
        text = leat_bytes(text.data + size, text.size - size);
    }
    return status ? status : buffer_text(out, "\"");
}

int json_money(struct buffer *out, int64_t hundredths)
{
    char text[DECIMAL_TEXT];

    decimal_text(hundredths, 2, text);
    return buffer_format(out, "\"%s\"", text);
}
