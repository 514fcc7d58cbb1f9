/* catalogue.c - products and stores by number. */
#include "blackfriday/catalogue.h"

#include "blackfriday/dice.h"
#include "retail/product.h"
#include "retail/store.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

enum { PRODUCTS = 1, STORES = 2 }; /* so that their dice differ */

static const struct {
    const char *name, *parts[4];
} categories[] = {
    { "Electronics", { "Phones", "Laptops", "Audio", "Cameras" } },
    { "Home", { "Kitchen", "Bedding", "Lighting", "Furniture" } },
    { "Fashion", { "Women", "Men", "Shoes", "Accessories" } },
    { "Toys", { "Games", "Dolls", "Models", "Outdoor" } },
    { "Sports", { "Cycling", "Running", "Fitness", "Camping" } },
    { "Beauty", { "Skin", "Hair", "Scent", "Make-up" } },
    { "Garden", { "Tools", "Plants", "Grills", "Decking" } },
    { "Books", { "Novels", "Children", "Cookery", "Travel" } },
};

static const char *const styles[] = { "Classic", "Ultra", "Nordic", "Compact", "Premium",
                                      "Smart",   "Retro", "Eco",    "Urban",   "Café" };

static const struct {
    const char *name, *towns[5];
} regions[] = {
    { "North", { "Hamburg", "Bremen", "Kiel", "Lübeck", "Rostock" } },
    { "South", { "München", "Augsburg", "Nürnberg", "Ulm", "Regensburg" } },
    { "East", { "Berlin", "Leipzig", "Dresden", "Halle", "Erfurt" } },
    { "West", { "Köln", "Düsseldorf", "Essen", "Dortmund", "Aachen" } },
    { "Centre", { "Frankfurt", "Mainz", "Kassel", "Fulda", "Gießen" } },
};

static const char *const sizes[] = { "small", "medium", "large", "flagship" };

static const char *const managers[] = { "A. Vogel", "B. Yıldız",  "C. Nowak", "D. O'Hara",
                                        "E. Åberg", "F. Martinez", "G. Huang", "H. Petrović" };

#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof *(array)))

struct leat_bytes catalogue_id(char *to, char letter, uint64_t number, int digits)
{
    to[0] = letter;
    for (int i = digits; i > 0; i--, number /= 10)
        to[i] = (char)('0' + number % 10);
    return leat_bytes(to, (size_t)digits + 1);
}

static struct leat_bytes id_in(struct catalogue_text *text, char letter, uint32_t number,
                               int digits)
{
    char *to = text->bytes + text->used;

    text->used += (size_t)digits + 1;
    assert(text->used <= sizeof text->bytes);
    return catalogue_id(to, letter, number, digits);
}

__attribute__((format(printf, 2, 3))) static struct leat_bytes print(struct catalogue_text *text,
                                                                     const char *format, ...)
{
    char *to = text->bytes + text->used;
    size_t room = sizeof text->bytes - text->used;
    va_list arguments;
    int size;

    va_start(arguments, format);
    size = vsnprintf(to, room, format, arguments);
    va_end(arguments);
    assert(size >= 0 && (size_t)size < room);
    text->used += (size_t)size;
    return leat_bytes(to, (size_t)size);
}

/* From a euro to two thousand, cheap things more often, and never a round sum. */
int64_t catalogue_price(uint64_t seed, uint32_t number)
{
    struct dice dice = dice_of(seed + PRODUCTS, number);
    double unit = dice_unit(&dice);

    return 100 + (int64_t)(unit * unit * unit * 200000) / 100 * 100 + 99;
}

void catalogue_product(uint64_t seed, uint32_t number, struct product *product,
                       struct catalogue_text *text)
{
    struct dice dice = dice_of(seed + PRODUCTS, ~(uint64_t)number);
    uint32_t category = dice_below(&dice, COUNT(categories)), part = dice_below(&dice, 4);

    text->used = 0;
    product->product_id = id_in(text, 'P', number + 1, 6);
    product->name = print(text, "%s %s %u", styles[dice_below(&dice, COUNT(styles))],
                          categories[category].parts[part], (unsigned)(number % 900 + 100));
    product->category = leat_bytes_of(categories[category].name);
    product->subcategory = leat_bytes_of(categories[category].parts[part]);
    product->price = catalogue_price(seed, number);
    product->supplier_id = id_in(text, 'V', dice_below(&dice, 500) + 1, 4);
}

void catalogue_store(uint64_t seed, uint32_t number, struct store *store,
                     struct catalogue_text *text)
{
    struct dice dice = dice_of(seed + STORES, number);
    uint32_t region = dice_below(&dice, COUNT(regions));

    text->used = 0;
    store->store_id = id_in(text, 'S', number + 1, 4);
    store->location = leat_bytes_of(regions[region].towns[dice_below(&dice, 5)]);
    store->region = leat_bytes_of(regions[region].name);
    store->size = leat_bytes_of(sizes[dice_below(&dice, COUNT(sizes))]);
    store->manager = leat_bytes_of(managers[dice_below(&dice, COUNT(managers))]);
}
