/* upload_rows.c - the contract's rules for the rows of each topic, as topology/retail/ judges them.
 */
#include "blackfriday/web/upload_rows.h"

#include "blackfriday/csv.h"
#include "retail/inventory_update.h"
#include "retail/sale.h"
#include "schemas/decimal.h"

#include <assert.h>
#include <inttypes.h>

enum { AMOUNT_DIGITS = 18 };

/* The index of a field's column, for csv_expected(). */
#define AT(field) sheet->csv, sheet_place(sheet, (field)), error

static int check_time(const struct sheet *sheet, int64_t at_ms, int64_t latest_ms,
                      struct leat_error *error)
{
    if (at_ms < 0)
        return csv_expected(AT("timestamp"), "a timestamp from 1970 on");
    if (at_ms > latest_ms)
        return csv_expected(AT("timestamp"),
                            "a timestamp no later than %" PRId64 ", milliseconds since 1970",
                            latest_ms);
    return LEAT_OK;
}

static int check_sale(const struct sheet *sheet, const struct sale *sale, int64_t latest_ms,
                      struct leat_error *error)
{
    int64_t amount;

    if (!sale->product_id.size)
        return csv_expected(AT("product_id"), "a product_id");
    if (!sale->store_id.size)
        return csv_expected(AT("store_id"), "a store_id");
    if (sale->quantity <= 0)
        return csv_expected(AT("quantity"), "a quantity above 0");
    if (sale->unit_price < 0)
        return csv_expected(AT("unit_price"), "a unit_price that is not negative");
    if (!decimal_multiply(sale->quantity, sale->unit_price, AMOUNT_DIGITS, &amount))
        return csv_expected(AT("unit_price"),
                            "a unit_price that, times the quantity, fits decimal(18,2)");
    return check_time(sheet, sale->timestamp, latest_ms, error);
}

/* The record's key wins over its body, and is parted at its first bar. */
static int check_update(const struct sheet *sheet, const struct inventory_update *update,
                        int64_t latest_ms, struct leat_error *error)
{
    if (memchr(update->product_id.data, '|', update->product_id.size))
        return csv_expected(AT("product_id"), "a product_id without |, which ends it in the key");
    if (!update->store_id.size)
        return csv_expected(AT("store_id"), "a store_id");
    return check_time(sheet, update->timestamp, latest_ms, error);
}

int upload_row_check(const struct sheet *sheet, enum feed_topic topic, const void *value,
                     int64_t latest_ms, struct leat_error *error)
{
    switch (topic) {
    case FEED_SALES:
        return check_sale(sheet, value, latest_ms, error);
    case FEED_UPDATES:
        return check_update(sheet, value, latest_ms, error);
    default:
        return LEAT_OK;
    }
}

static struct leat_bytes join(struct leat_bytes left, struct leat_bytes right, struct buffer *room)
{
    int full;

    room->size = 0;
    full = buffer_add(room, left.data, left.size);
    full |= buffer_add(room, "|", 1);
    full |= buffer_add(room, right.data, right.size);
    assert(!full);
    return buffer_bytes(room);
}

void upload_row_record(enum feed_topic topic, const void *value, int64_t now_ms,
                       struct buffer *room, struct feed_record *record)
{
    const struct inventory_update *update = value;
    const struct sale *sale = value;

    *record = (struct feed_record){ .topic = topic, .timestamp_ms = now_ms };
    if (topic == FEED_UPDATES) {
        record->key = join(update->product_id, update->store_id, room);
        record->timestamp_ms = update->timestamp;
        return;
    }
    /* The contract's other types have their key in the first field. */
    memcpy(&record->key, value, sizeof record->key);
    if (topic == FEED_SALES)
        record->timestamp_ms = sale->timestamp;
}
