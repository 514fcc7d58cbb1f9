-- views.sql - what is asked of the tables. The sink runs this at its start, with its schema first
-- in search_path. Hours and days are those of UTC.

-- Sales by hour: orders, units, revenue.
CREATE OR REPLACE VIEW hourly_trend AS
SELECT date_trunc('hour', window_start, 'UTC') AS hour,
       sum(orders)::int8 AS orders, sum(units)::int8 AS units, sum(revenue) AS revenue,
       round(sum(revenue) / nullif(sum(orders), 0), 2) AS average_order_value
FROM sales_totals GROUP BY 1 ORDER BY 1;

CREATE OR REPLACE VIEW daily_trend AS
SELECT date_trunc('day', window_start, 'UTC') AS day,
       sum(orders)::int8 AS orders, sum(units)::int8 AS units, sum(revenue) AS revenue,
       round(sum(revenue) / nullif(sum(orders), 0), 2) AS average_order_value
FROM sales_totals GROUP BY 1 ORDER BY 1;

-- Best first, by revenue, then units, then product_id, as top_products has them.
CREATE OR REPLACE VIEW top_selling_products AS
SELECT rank() OVER (ORDER BY sum(s.revenue) DESC, sum(s.units) DESC, s.product_id COLLATE "C")
           AS rank,
       s.product_id, coalesce(max(p.name), 'unknown') AS name, max(s.category) AS category,
       sum(s.orders)::int8 AS orders, sum(s.units)::int8 AS units, sum(s.revenue) AS revenue
FROM sales_by_product s LEFT JOIN products p USING (product_id)
GROUP BY s.product_id ORDER BY 1;

CREATE OR REPLACE VIEW top_selling_categories AS
SELECT rank() OVER (ORDER BY sum(revenue) DESC, category COLLATE "C") AS rank, category,
       sum(orders)::int8 AS orders, sum(units)::int8 AS units, sum(revenue) AS revenue
FROM sales_by_category GROUP BY category ORDER BY 1;

-- The newest window's top ten, a row each.
CREATE OR REPLACE VIEW top_ten_now AS
SELECT t.window_start, t.window_end, p.rank, p.product_id, p.units, p.revenue
FROM (SELECT * FROM top_products ORDER BY window_start DESC LIMIT 1) t
CROSS JOIN LATERAL jsonb_to_recordset(t.products)
    AS p(rank int4, product_id text, units int8, revenue numeric(18,2))
ORDER BY p.rank;

CREATE OR REPLACE VIEW regional_sales AS
SELECT region, sum(orders)::int8 AS orders, sum(units)::int8 AS units, sum(revenue) AS revenue,
       round(100 * sum(revenue) / nullif(sum(sum(revenue)) OVER (), 0), 2) AS share_percent
FROM sales_by_region GROUP BY region ORDER BY sum(revenue) DESC;

CREATE OR REPLACE VIEW store_ranking AS
SELECT rank() OVER (ORDER BY sum(b.revenue) DESC, b.store_id COLLATE "C") AS rank,
       rank() OVER (PARTITION BY max(b.region) ORDER BY sum(b.revenue) DESC,
                    b.store_id COLLATE "C") AS rank_in_region,
       b.store_id, max(b.region) AS region, coalesce(max(s.location), 'unknown') AS location,
       sum(b.orders)::int8 AS orders, sum(b.units)::int8 AS units, sum(b.revenue) AS revenue
FROM sales_by_store b LEFT JOIN stores s USING (store_id)
GROUP BY b.store_id ORDER BY 1;

CREATE OR REPLACE VIEW sell_through_by_product AS
SELECT t.product_id, coalesce(max(p.name), 'unknown') AS name, sum(t.sold)::int8 AS sold,
       sum(t.received)::int8 AS received,
       coalesce(sum(t.sold)::float8 / nullif(sum(t.received), 0)::float8, 0) AS rate
FROM sell_through t LEFT JOIN products p USING (product_id)
GROUP BY t.product_id ORDER BY rate DESC;

-- What lies where now; low: below the threshold that was crossed last.
CREATE OR REPLACE VIEW current_stock AS
SELECT k.product_id, p.name, p.category, k.store_id, s.location, s.region, k.on_hand, k.received,
       k.sold, k.on_hand < coalesce(l.threshold, 10) AS low, k.updated_at
FROM stock k
LEFT JOIN products p USING (product_id)
LEFT JOIN stores s USING (store_id)
LEFT JOIN LATERAL (SELECT threshold FROM low_stock l
                   WHERE l.product_id = k.product_id AND l.store_id = k.store_id
                   ORDER BY l."timestamp" DESC LIMIT 1) l ON true;

CREATE OR REPLACE VIEW revenue_total AS
SELECT coalesce(sum(orders), 0)::int8 AS orders, coalesce(sum(units), 0)::int8 AS units,
       coalesce(sum(revenue), 0) AS revenue,
       round(sum(revenue) / nullif(sum(orders), 0), 2) AS average_order_value
FROM sales_totals;

-- A segment is a category in a region.
CREATE OR REPLACE VIEW revenue_by_segment AS
SELECT category, region, count(*) AS orders, sum(quantity)::int8 AS units, sum(amount) AS revenue
FROM sales_enriched GROUP BY category, region ORDER BY sum(amount) DESC;
