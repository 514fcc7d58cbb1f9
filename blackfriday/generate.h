/* generate.h - the day's trade, made up: products, stores, inventory updates and sales.
 *
 * The same seed, start, span and counts give the same records (start `now` being what changes), so
 * a partition that was withheld can be sent later. Sales and updates come in the order of time but
 * for a few seconds; late ones are late by the clock of their own partition.
 */
#ifndef BLACKFRIDAY_GENERATE_H
#define BLACKFRIDAY_GENERATE_H

#include "blackfriday/event.h"

#include <stdio.h>

enum { GENERATE_ENDLESS = -1 };

struct generate_options {
    struct event_options event; /* seed, percentages, products and stores (0: 10,000 and 100);
                                   now_ms is set here */
    int64_t sales;              /* how many; GENERATE_ENDLESS: until *stop */
    int64_t updates;            /* endless: 0 for none, else one in six */
    double rate;                /* of both together, a second; 0: as fast as can be */
    bool live;                  /* the record's time is the time it is sent by the rate; else: */
    int64_t day_ms;             /* live: the rate follows the curve of the day, which takes this
                                   long; 0: it is steady */
    int64_t start_ms, span_ms;  /* spread over this, by the curve of the day */
    int32_t partitions;         /* of topics that are missing; 0: 4 */
    bool no_master;             /* products and stores are there already */
    bool progress;              /* a line on standard error where it takes over two seconds */
    const atomic_bool *stop;    /* NULL: none */
    atomic_llong *sent;         /* NULL, or told how many sales and updates were sent so far */
};

struct generate_counts {
    int64_t products, stores, updates, sales; /* sound ones, as far as they were sent */
    int64_t late, unknown, duplicates, odd_keys; /* of these sales */
    int64_t faults[EVENT_FAULTS];
    int64_t withheld, lost;
    int64_t took_ms;
};

/* LEAT_OK when all was sent, and when *stop ended it. */
int generate(struct log *log, struct registry *registry, const struct generate_options *options,
             struct generate_counts *counts, struct leat_error *error) MUST_CHECK;

void generate_print(const struct generate_counts *counts, FILE *file);

/* "now", "2025-11-28", "2025-11-28T06:30:00Z", or "1y", "30d", "12h", "90m", "45s" before now. */
int generate_start(const char *text, int64_t now_ms, int64_t *start_ms,
                   struct leat_error *error) MUST_CHECK;

/* The same units, as a length of time. */
int generate_span(const char *text, int64_t *span_ms, struct leat_error *error) MUST_CHECK;

#endif
