/* json.c - writing money as JSON. */
#include "blackfriday/web/json.h"

#include "schemas/decimal.h"

int json_money(struct buffer *out, int64_t hundredths)
{
    char text[DECIMAL_TEXT];

    decimal_text(hundredths, 2, text);
    return buffer_format(out, "\"%s\"", text);
}
