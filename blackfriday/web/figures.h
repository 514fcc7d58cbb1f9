/* figures.h - what the page shows: last values by key of the aggregate topics, as JSON by section.
 *
 * It knows nothing of topics being read: records come in any order that keeps each key's.
 * Thread: one at a time.
 */
#ifndef BLACKFRIDAY_WEB_FIGURES_H
#define BLACKFRIDAY_WEB_FIGURES_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stdint.h>

enum figures_topic {
    FIGURES_PRODUCTS,
    FIGURES_STORES,
    FIGURES_TOTALS,
    FIGURES_TOP,
    FIGURES_CATEGORIES,
    FIGURES_REGIONS,
    FIGURES_STORE_SALES,
    FIGURES_SELL_THROUGH,
    FIGURES_STOCK,
    FIGURES_LOW_STOCK,
    FIGURES_LATE,     /* counted only, as what is behind it */
    FIGURES_REJECTED,
    FIGURES_TOPICS,
};

enum figures_section {
    FIGURES_SECTION_TOTALS,
    FIGURES_SECTION_TOP,
    FIGURES_SECTION_CATEGORIES,
    FIGURES_SECTION_REGIONS,
    FIGURES_SECTION_STORES,
    FIGURES_SECTION_SELLTHROUGH,
    FIGURES_SECTION_LOWSTOCK,
    FIGURES_SECTIONS,
};

struct leat_type;
struct figures;

struct figures_options {
    int64_t totals_window_ms, threshold;
};

const char *figures_topic_name(enum figures_topic topic);
const struct leat_type *figures_topic_type(enum figures_topic topic); /* NULL: counted only */
const char *figures_section_name(enum figures_section section);

struct figures *figures_new(const struct figures_options *options);
void figures_free(struct figures *figures); /* NULL is a no-op */

/* A record: value is of the topic's type, NULL for a tombstone and where records are counted. */
void figures_take(struct figures *figures, enum figures_topic topic, struct leat_bytes key,
                  int64_t timestamp_ms, const void *value);

/* Whether something came for the section since it was written last. */
bool figures_changed(const struct figures *figures, enum figures_section section);

/* Appends the section's JSON, one line. */
int figures_write(struct figures *figures, enum figures_section section,
                  struct buffer *out) MUST_CHECK;

int64_t figures_count(const struct figures *figures, enum figures_topic topic);
int64_t figures_time_ms(const struct figures *figures); /* newest timestamp of totals, 0: none */

#endif
