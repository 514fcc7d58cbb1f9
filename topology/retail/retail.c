/* retail.c - the whole topology from its parts. */
#include "retail/retail.h"

void retail_defaults(struct retail_options *options)
{
    *options = (struct retail_options){ .window = leat_hours(1),
                                        .totals_window = leat_minutes(1),
                                        .top_window = leat_hours(1),
                                        .top_advance = leat_minutes(5),
                                        .grace = leat_minutes(10),
                                        .low_stock_threshold = 10,
                                        .timestamp_ahead_ms = leat_days(1) };
}

struct leat_topology *retail_topology(const struct retail_options *options)
{
    struct leat_topology *topology = leat_topology_new();
    struct leat_stream *sales = retail_sales(topology, options), *late[RETAIL_LATE_STREAMS];

    retail_stock(topology, sales, options);
    retail_totals(sales, options, late);
    retail_top(sales, options, &late[5]);
    retail_late(late);
    return topology;
}
