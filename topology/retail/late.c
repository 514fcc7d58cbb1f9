/* late.c - sales that came too late, one record for each window of each aggregate. */
#include "retail/enriched_sale.h"
#include "retail/late_sale.h"
#include "retail/retail.h"

static void to_late(const struct leat_record *record, void *out)
{
    const struct enriched_sale *sale = enriched_sale_of(record);
    const char *step = leat_user(record);

    *late_sale_out(out) = (struct late_sale){ .transaction_id = sale->transaction_id,
                                              .product_id = sale->product_id,
                                              .store_id = sale->store_id,
                                              .timestamp = sale->timestamp,
                                              .quantity = sale->quantity,
                                              .unit_price = sale->unit_price,
                                              .step = leat_bytes_of(step),
                                              .window_start = record->window.start_ms,
                                              .window_end = record->window.end_ms };
}

static struct leat_bytes transaction_of(const struct leat_record *record)
{
    return enriched_sale_of(record)->transaction_id;
}

/* The step that a late sale names is the topic whose figures it is missing from. */
void retail_late(struct leat_stream *const late[RETAIL_LATE_STREAMS])
{
    static const char *const topics[RETAIL_LATE_STREAMS][3] = {
        { "sales-by-product", "late-by-product", "to-late-by-product" },
        { "sales-by-category", "late-by-category", "to-late-by-category" },
        { "sales-by-store", "late-by-store", "to-late-by-store" },
        { "sales-by-region", "late-by-region", "to-late-by-region" },
        { "sales-totals", "late-totals", "to-late-totals" },
        { "top-products", "late-top-products", "to-late-top-products" },
    };

    for (int i = 0; i < RETAIL_LATE_STREAMS; i++) {
        struct leat_stream *out = leat_map(late[i], topics[i][1], &(struct leat_map){
            .type = &late_sale_type, .value = to_late, .key = transaction_of,
            .user = (void *)(uintptr_t)topics[i][0] });

        leat_to(out, topics[i][2], &(struct leat_to){ .topic = "sales-late" });
    }
}
