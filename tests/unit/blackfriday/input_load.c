/* input_load.c - tests of loading products and stores: all of a sound file, nothing of a broken. */
#include "input_bench.h"

#include "base/arena.h"
#include "blackfriday/load.h"
#include "processor/log.h"
#include "retail/product.h"
#include "schemas/codec.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <unistd.h>

static char products[] = "/tmp/leat-products-XXXXXX", stores[] = "/tmp/leat-stores-XXXXXX";
static struct input_bench bench;
static struct load_counts counts;
static bool all_topics;

static void start(void)
{
    input_bench_start(&bench);
    close(mkstemp(products));
    close(mkstemp(stores));
}

static void stop(void)
{
    unlink(products);
    unlink(stores);
    input_bench_stop(&bench);
}

TestSuite(input_load, .init = start, .fini = stop);

static const char sound_products[] = "product_id,name,category,subcategory,price,supplier_id\n"
                                     "P1,a,b,c,1.00,V1\n";
static const char sound_stores[] = "store_id,location,region,size,manager\n"
                                   "S1,Ulm,South,small,\"Vogel, A.\"\n";

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");

    cr_assert(file != NULL);
    fputs(text, file);
    fclose(file);
}

static int load_both(const char *product_text, const char *store_text)
{
    struct load_options options = { .products = products, .stores = stores, .partitions = 3,
                                    .all_topics = all_topics };

    write_file(products, product_text);
    write_file(stores, store_text);
    return load(bench.log, bench.registry, &options, &counts, &bench.error);
}

static void refuses(const char *product_text, const char *message)
{
    struct log_topic topic = { .name = "products" };

    cr_assert(eq(int, load_both(product_text, sound_stores), LEAT_E_ARGUMENT));
    cr_assert(strstr(bench.error.text, message) != NULL, "it says: %s", bench.error.text);
    cr_assert(eq(int, log_topic_look(bench.log, &topic, &bench.error), LEAT_OK));
    cr_assert(eq(i32, topic.partitions, 0), "nothing may be made of a broken file");
}

static void see_product(void *user, const struct log_message *message)
{
    struct codec *codec = codec_new(&product_type, bench.registry);
    struct product *seen = user;
    struct arena arena;
    void *value;

    arena_init(&arena, 4096);
    cr_assert(eq(int, codec_decode(codec, message->value, &arena, &value, &bench.error),
                 LEAT_OK));
    *seen = *(const struct product *)value;
    cr_assert(leat_bytes_equal(message->key, seen->product_id));
    cr_assert(leat_bytes_equal(seen->product_id, LEAT_LITERAL("P1")));
    cr_assert(leat_bytes_equal(seen->name, LEAT_LITERAL("Caf\xc3\xa9 \"Uno\"")));
    cr_assert(leat_bytes_equal(seen->supplier_id, LEAT_LITERAL("V1")));
    arena_free(&arena);
    codec_free(codec);
}

Test(input_load, columns_may_stand_in_any_order)
{
    struct product seen;
    char text[32];

    cr_assert(eq(int, load_both("price,supplier_id,product_id,name,category,subcategory\n"
                                "12.5,V1,P1,\"Caf\xc3\xa9 \"\"Uno\"\"\",Home,Kitchen\n",
                                sound_stores), LEAT_OK), "%s", bench.error.text);
    cr_assert(eq(i64, counts.products, 1));
    cr_assert(eq(i64, counts.stores, 1));
    cr_assert(eq(int, input_bench_read(&bench, "products", see_product, &seen), 1));
    cr_assert(eq(i64, seen.price, 1250));
    cr_assert(eq(int, log_topic_setting(bench.log, "products", "cleanup.policy", text,
                                        sizeof text, &bench.error), LEAT_OK));
    cr_assert(eq(str, text, "compact"));
}

Test(input_load, the_other_topics_are_made_where_that_is_asked_for)
{
    static const char *const names[] = { "sales", "inventory-updates" };

    all_topics = true;
    cr_assert(eq(int, load_both(sound_products, sound_stores), LEAT_OK), "%s",
              bench.error.text);
    all_topics = false;
    for (size_t i = 0; i < 2; i++) {
        struct log_topic topic = { .name = names[i] };

        cr_assert(eq(int, log_topic_look(bench.log, &topic, &bench.error), LEAT_OK));
        cr_assert(topic.partitions > 0, "%s is missing", names[i]);
    }
}

Test(input_load, a_wrong_header_is_named)
{
    refuses("", ":1:1: expected a line with the columns product_id, name");
    refuses("product_id,title\n", ":1:12: expected one of the columns product_id, name, category, "
                                  "subcategory, price, supplier_id, found 'title'");
    refuses("product_id,name,name\n", ":1:17: expected each column once, found 'name'");
    refuses("product_id,name\n", "expected all of the columns");
    refuses("product_id,name,category,subcategory,price,supplier_id,more\n",
            ":1:56: expected only");
}

Test(input_load, a_wrong_field_is_named_and_nothing_is_loaded)
{
    static const char *const prices[] = { "12.345", "x", "", "1e3", "12345678901.00", "1,5" };
    char text[256], message[128];

    for (size_t i = 0; i < 5; i++) {
        snprintf(text, sizeof text,
                 "product_id,name,category,subcategory,price,supplier_id\n"
                 "P1,a,b,c,1.00,V1\nP2,a,b,c,%s,V1\n", prices[i]);
        snprintf(message, sizeof message, ":3:10: expected a price like 12.34, at most 12 digits, "
                 "2 of them behind the point, found '%s'", prices[i]);
        refuses(text, message);
    }
    refuses("product_id,name,category,subcategory,price,supplier_id\n,a,b,c,1,V1\n",
            ":2:1: expected a product_id, found ''");
}

Test(input_load, a_broken_store_keeps_the_products_out_too)
{
    struct log_topic topic = { .name = "products" };

    cr_assert(eq(int, load_both("product_id,name,category,subcategory,price,supplier_id\n"
                                "P1,a,b,c,1,V\n",
                                "store_id,location,region,size,manager\nS1,Ulm\n"),
                 LEAT_E_ARGUMENT));
    cr_assert(strstr(bench.error.text, ":2:4: expected 5 fields") != NULL);
    cr_assert(eq(int, log_topic_look(bench.log, &topic, &bench.error), LEAT_OK));
    cr_assert(eq(i32, topic.partitions, 0));
}
