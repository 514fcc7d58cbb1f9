/* generated.c - tests of the code that leat-avrogen makes, of schemas/retail and of one schema with
 * every shape. That their bytes are Avro's is compared with another implementation in tests/avro.
 */
#include "avro/everything.h"
#include "base/arena.h"
#include "base/limits.h"
#include "base/memory.h"
#include "retail/sale.h"
#include "retail/top_products.h"
#include "schemas/print.h"

#include <criterion/criterion.h>

static const struct sale sale = {
    .transaction_id = { "t-1", 3 },
    .product_id = { "p-22", 4 },
    .store_id = { "s-333", 5 },
    .timestamp = INT64_C(1795766400123),
    .quantity = 3,
    .unit_price = 1999,
};

static void encoded(const struct leat_type *type, const void *value, struct buffer *out)
{
    buffer_init(out, LIMIT_VALUE_BYTES);
    cr_assert_eq(type->encode(value, out), LEAT_OK);
}

Test(generated, a_sale_comes_back_and_points_into_its_body)
{
    struct buffer out;
    struct sale back;

    encoded(&sale_type, &sale, &out);
    cr_assert_eq(sale_type.decode(&back, buffer_bytes(&out), NULL), LEAT_OK);
    cr_assert(leat_bytes_equal(back.transaction_id, sale.transaction_id));
    cr_assert(leat_bytes_equal(back.store_id, sale.store_id));
    cr_assert_eq(back.timestamp, sale.timestamp);
    cr_assert_eq(back.quantity, sale.quantity);
    cr_assert_eq(back.unit_price, sale.unit_price);
    cr_assert(sale_type.within(&back, out.data, out.data + out.size));
    buffer_free(&out);
}

Test(generated, a_body_that_is_cut_or_too_long_is_refused)
{
    struct buffer out;
    struct sale back;

    encoded(&sale_type, &sale, &out);
    for (size_t size = 0; size < out.size; size++) {
        /* A copy of just that size, so that reading on would be seen. */
        char *cut = memory_new(size);

        if (size)
            memcpy(cut, out.data, size);
        cr_assert_eq(sale_type.decode(&back, leat_bytes(cut, size), NULL), LEAT_E_DATA);
        memory_free(cut);
    }
    cr_assert_eq(buffer_add(&out, "", 1), LEAT_OK);
    cr_assert_eq(sale_type.decode(&back, buffer_bytes(&out), NULL), LEAT_E_DATA);
    buffer_free(&out);
}

static int encode_sale(struct sale changed, size_t limit)
{
    struct buffer out;
    int code;

    buffer_init(&out, limit);
    cr_assert_eq(buffer_text(&out, "kept"), LEAT_OK);
    code = sale_type.encode(&changed, &out);
    cr_assert(!code || out.size == 4, "a failure leaves nothing behind");
    buffer_free(&out);
    return code;
}

Test(generated, a_value_that_the_schema_cannot_hold_is_refused)
{
    struct sale changed = sale;

    cr_assert_eq(encode_sale(changed, 100), LEAT_OK);
    cr_assert_eq(encode_sale(changed, 20), LEAT_E_LIMIT);
    changed.unit_price = INT64_C(999999999999);
    cr_assert_eq(encode_sale(changed, 100), LEAT_OK);
    changed.unit_price = INT64_C(1000000000000);
    cr_assert_eq(encode_sale(changed, 100), LEAT_E_DATA);
    changed = sale;
    changed.store_id = LEAT_LITERAL("\xff");
    cr_assert_eq(encode_sale(changed, 100), LEAT_E_DATA);
}

Test(generated, a_string_that_was_never_set_is_an_empty_one)
{
    struct sale empty = { 0 }, back;
    struct buffer out;

    encoded(&sale_type, &empty, &out);
    cr_assert_eq(sale_type.decode(&back, buffer_bytes(&out), NULL), LEAT_OK);
    cr_assert_eq(back.product_id.size, 0);
    cr_assert_not_null(back.product_id.data);
    buffer_free(&out);
}

Test(generated, a_copy_outlives_what_it_was_made_from)
{
    char name[] = "p-1";
    struct top_product items[2] = {
        { .rank = 1, .product_id = { name, 3 }, .units = 7, .revenue = 100 },
        { .rank = 2, .product_id = { name, 2 }, .units = 5, .revenue = 50 },
    };
    struct top_products top = { .window_end = 60000, .products = { 2, items } }, copy;
    size_t extent = top_products_type.extent(&top);
    char *block = memory_new(extent), *tail = block;

    cr_assert_eq(extent, sizeof items + 16);
    top_products_type.copy(&copy, &top, &tail);
    cr_assert_eq(tail, block + extent);
    memset(items, 0xff, sizeof items);
    memset(name, 'x', sizeof name);
    cr_assert(top_products_type.within(&copy, block, tail));
    cr_assert_not(top_products_type.within(&copy, block, tail - 8));
    cr_assert_eq(copy.products.count, 2);
    cr_assert(leat_bytes_equal(copy.products.items[0].product_id, LEAT_LITERAL("p-1")));
    cr_assert_eq(copy.products.items[1].revenue, 50);
    memory_free(block);
}

Test(generated, a_null_is_not_an_empty_string)
{
    struct point with = { .x = 1, .label = { "", 0 } }, without = { .x = 1 }, back;
    struct buffer out;

    encoded(&point_type, &with, &out);
    cr_assert(leat_bytes_equal(buffer_bytes(&out), LEAT_LITERAL("\x02\x02\x00")));
    cr_assert_eq(point_type.decode(&back, buffer_bytes(&out), NULL), LEAT_OK);
    cr_assert_not_null(back.label.data);
    buffer_free(&out);
    encoded(&point_type, &without, &out);
    cr_assert(leat_bytes_equal(buffer_bytes(&out), LEAT_LITERAL("\x02\x00")));
    cr_assert_eq(point_type.decode(&back, buffer_bytes(&out), NULL), LEAT_OK);
    cr_assert_null(back.label.data);
    buffer_free(&out);
}

Test(generated, recursion_has_a_limit_both_ways)
{
    struct node nodes[LIMIT_AVRO_DEPTH + 2] = { 0 };
    struct arena arena;
    struct buffer out;
    struct node back;

    for (size_t i = 0; i <= LIMIT_AVRO_DEPTH; i++)
        nodes[i].children.items = &nodes[i + 1], nodes[i].children.count = 1;
    arena_init(&arena, 4096);
    buffer_init(&out, LIMIT_VALUE_BYTES);
    cr_assert_eq(node_type.encode(&nodes[1], &out), LEAT_E_DATA);
    cr_assert_eq(node_type.encode(&nodes[2], &out), LEAT_OK);
    cr_assert_eq(node_type.decode(&back, buffer_bytes(&out), &arena), LEAT_OK);
    cr_assert_eq(back.children.count, 1);
    out.size = 0;
    for (int i = 0; i < 100000; i++)
        cr_assert_eq(buffer_add(&out, "\0\2", 2), LEAT_OK);
    cr_assert_eq(node_type.decode(&back, buffer_bytes(&out), &arena), LEAT_E_DATA);
    buffer_free(&out);
    arena_free(&arena);
}

Test(generated, tables_say_where_each_field_stands)
{
    const struct leat_field *price = &sale_type.fields[5];
    const struct leat_field *maybe = &everything_type.fields[19];

    cr_assert_eq(sale_type.field_count, 6);
    cr_assert_str_eq(sale_type.name, "leat.retail.sale");
    cr_assert_str_eq(price->name, "unit_price");
    cr_assert_eq(price->kind, LEAT_DECIMAL);
    cr_assert_eq(price->precision, 12);
    cr_assert_eq(price->scale, 2);
    cr_assert_eq(price->offset, offsetof(struct sale, unit_price));
    cr_assert_str_eq(maybe->name, "maybe_price");
    cr_assert(maybe->nullable);
    cr_assert_eq(maybe->offset, offsetof(struct everything, maybe_price));
    cr_assert_eq(maybe->value_offset, offsetof(struct everything, maybe_price.value));
    cr_assert_str_eq(everything_type.fields[11].name, "default");
    cr_assert_str_eq(everything_type.fields[11].symbols[COLOR_blue], "blue");
}

Test(generated, values_print_as_json)
{
    struct buffer out;

    buffer_init(&out, 1000);
    cr_assert_eq(print_value(&sale_type, &sale, &out), LEAT_OK);
    cr_assert(leat_bytes_equal(buffer_bytes(&out),
                               leat_bytes_of("{\"transaction_id\":\"t-1\",\"product_id\":\"p-22\","
                                             "\"store_id\":\"s-333\",\"timestamp\":"
                                             "\"2026-11-27T08:00:00.123Z\",\"quantity\":3,"
                                             "\"unit_price\":19.99}")),
              "%.*s", (int)out.size, out.data);
    out.size = 0;
    cr_assert_eq(print_string(LEAT_LITERAL("a\"\\\n\xc3\xbc\xff"), &out), LEAT_OK);
    cr_assert(
        leat_bytes_equal(buffer_bytes(&out), leat_bytes_of("\"a\\\"\\\\\\u000a\xc3\xbc\\ufffd\"")));
    buffer_free(&out);
}
