/* spoil.c - invalid sales and updates. */
#include "blackfriday/spoil.h"

#include "retail/sale.h"

#include <assert.h>

static const int64_t century_ms = INT64_C(100) * 365 * 86400000;

const char *event_fault_name(enum event_fault fault)
{
    static const char *const names[EVENT_FAULTS] = {
        [EVENT_SOUND] = "sound",
        [EVENT_NO_UNITS] = "quantity 0",
        [EVENT_NEGATIVE_UNITS] = "negative quantity",
        [EVENT_NEGATIVE_PRICE] = "negative price",
        [EVENT_NO_TRANSACTION_ID] = "empty transaction_id",
        [EVENT_NO_PRODUCT_ID] = "empty product_id",
        [EVENT_NO_STORE_ID] = "empty store_id",
        [EVENT_AMOUNT_TOO_LARGE] = "amount too large",
        [EVENT_PRICE_TOO_LARGE] = "decimal too large",
        [EVENT_NEGATIVE_TIME] = "negative timestamp",
        [EVENT_FAR_FUTURE] = "far future",
        [EVENT_UNDECODABLE] = "undecodable sale",
        [EVENT_UPDATE_NO_KEY] = "update without key",
        [EVENT_UPDATE_BAD_KEY] = "update with a key not UTF-8",
        [EVENT_UPDATE_UNDECODABLE] = "undecodable update",
    };

    assert(fault < EVENT_FAULTS);
    return names[fault];
}

void spoil_sale(struct sale *sale, enum event_fault fault, int64_t now_ms)
{
    struct leat_bytes empty = LEAT_LITERAL("");

    if (fault == EVENT_NO_UNITS)
        sale->quantity = 0;
    else if (fault == EVENT_NEGATIVE_UNITS)
        sale->quantity = -sale->quantity;
    else if (fault == EVENT_NEGATIVE_PRICE)
        sale->unit_price = -sale->unit_price;
    else if (fault == EVENT_NO_TRANSACTION_ID)
        sale->transaction_id = empty;
    else if (fault == EVENT_NO_PRODUCT_ID)
        sale->product_id = empty;
    else if (fault == EVENT_NO_STORE_ID)
        sale->store_id = empty;
    else if (fault == EVENT_NEGATIVE_TIME)
        sale->timestamp = -1;
    else if (fault == EVENT_FAR_FUTURE)
        sale->timestamp = now_ms + century_ms;
    else if (fault == EVENT_PRICE_TOO_LARGE)
        sale->unit_price = 1;
    if (fault == EVENT_AMOUNT_TOO_LARGE) {
        sale->unit_price = 999999999999;
        sale->quantity = 2000000000;
    }
}

/* The price is a sale's last field; one of a single byte was put there to be replaced. */
static int enlarge_price(struct buffer *wire, int64_t variant)
{
    static const char thirteen_digits[] = "\x0c\x00\xe8\xd4\xa5\x10\x00";
    static const char nine_bytes[] = "\x12\x7f\xff\xff\xff\xff\xff\xff\xff\xff";

    assert(wire->size > 2 && !memcmp(wire->data + wire->size - 2, "\x02\x01", 2));
    wire->size -= 2;
    return variant % 2 ? buffer_add(wire, thirteen_digits, sizeof thirteen_digits - 1)
                       : buffer_add(wire, nine_bytes, sizeof nine_bytes - 1);
}

static int make_undecodable(struct buffer *wire, int64_t variant)
{
    switch (variant % 5) {
    case 0:
        wire->size = wire->size / 2;
        break;
    case 1:
        wire->data[0] = 0x7f;
        break;
    case 2:
        memcpy(wire->data + 1, "\x7f\xff\xff\xff", 4);
        break;
    case 3:
        wire->size = 0;
        break;
    default:
        return buffer_add(wire, "!", 1);
    }
    return LEAT_OK;
}

int spoil_wire(struct buffer *wire, enum event_fault fault, int64_t variant)
{
    if (fault == EVENT_PRICE_TOO_LARGE)
        return enlarge_price(wire, variant);
    if (fault == EVENT_UNDECODABLE || fault == EVENT_UPDATE_UNDECODABLE)
        return make_undecodable(wire, variant);
    return LEAT_OK;
}
