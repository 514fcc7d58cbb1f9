/* foreign_test.c - generated types through a foreign-key join, over a restart. */
#include "shop.h"

#include "leat/join.h"
#include "retail/inventory_update.h"
#include "retail/product.h"

static struct leat_bytes named_product(const struct leat_record *update)
{
    return inventory_update_of(update)->product_id;
}

static void name_product(const struct leat_record *update, const void *product, void *out)
{
    *(struct leat_bytes *)out = leat_text(update, "%d of %.*s, %.*s",
                                          inventory_update_of(update)->quantity_change,
                                          (int)product_in(product)->name.size,
                                          product_in(product)->name.data,
                                          (int)product_in(product)->category.size,
                                          product_in(product)->category.data);
}

static void open_join(void)
{
    struct leat_error error = { 0 };
    struct leat_table *updates, *products;

    shop = (struct shop){ .topology = leat_topology_new() };
    updates = leat_table_from(shop.topology, "inventory-updates", &(struct leat_source){
        .type = &inventory_update_type });
    products = leat_table_from(shop.topology, "products", &(struct leat_source){
        .type = &product_type });
    leat_to(leat_changes(leat_join_foreign(updates, products, "named", &(struct leat_join_tables){
        .type = &leat_string_type, .key = named_product, .join = name_product }), "changes"), "out",
        NULL);
    cr_assert_eq(leat_driver_new(shop.topology, NULL, &shop.driver, &error), LEAT_OK, "%s",
                 error.text);
}

static void came_out(const char *text)
{
    struct leat_driver_record record;
    struct leat_bytes value;

    cr_assert_eq(leat_driver_take(shop.driver, "out", &record), 1);
    value = *(const struct leat_bytes *)record.value;
    cr_assert_eq(value.size, strlen(text));
    cr_assert_arr_eq(value.data, text, value.size);
}

Test(foreign, a_right_row_goes_to_the_left_one_whole, .init = open_join, .fini = shop_close)
{
    shop_update("u1", 3, 5);
    shop_product("?", "toys");
    came_out("3 of a name, toys");
    cr_assert_eq(leat_driver_restart(shop.driver), LEAT_OK);
    shop_product("?", "food");
    came_out("3 of a name, food");
    shop_update("u1", 4, 6);
    came_out("4 of a name, food");
    cr_assert_eq(leat_driver_dropped(shop.driver), 0);
}
