/* catalogue.h - the made-up range and stores that events refer to; the n-th is always the same. */
#ifndef BLACKFRIDAY_CATALOGUE_H
#define BLACKFRIDAY_CATALOGUE_H

#include "leat/bytes.h"

struct product;
struct store;

enum { CATALOGUE_TEXT_BYTES = 160 };

struct catalogue_text { /* what the strings of a product or store point into */
    char bytes[CATALOGUE_TEXT_BYTES];
    size_t used;
};

/* Numbers count from 0; the same seed gives the same. */
void catalogue_product(uint64_t seed, uint32_t number, struct product *product,
                       struct catalogue_text *text);
void catalogue_store(uint64_t seed, uint32_t number, struct store *store,
                     struct catalogue_text *text);

int64_t catalogue_price(uint64_t seed, uint32_t number); /* of a product, in cents */

/* A letter and a number of that many digits, as in "P000017", without a final zero. */
struct leat_bytes catalogue_id(char *to, char letter, uint64_t number, int digits);

#endif
