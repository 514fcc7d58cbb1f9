/* play.h - one scenario, once: built, played step by step, compared. */
#ifndef CONFORMANCE_PLAY_H
#define CONFORMANCE_PLAY_H

#include "build.h"

struct play {
    const json_t *scenario;
    bool no_cache;
    const char *state; /* folder of a RocksDB; NULL: in memory */
    bool verbose;      /* tells every difference, not the first alone, and the topology */
    const char *dies;  /* a place for each step: 1, the task dies behind it; NULL: never */
    int undo_every;    /* as the driver's option */
    json_t *record;    /* what comes out is kept here as an expectation; NULL: compared */

    struct leat_driver *driver;
    struct build build;
    int differences;
};

/* Whether all was as expected. What was not is printed, a line each. */
bool play_scenario(struct play *play);

/* ---- compare.c ------------------------------------------------------------------------------- */

/* One difference. Either side may be NULL: nothing. */
__attribute__((format(printf, 4, 5))) void play_differs(struct play *play, const json_t *expected,
                                                        const json_t *got, const char *format,
                                                        ...);

/* Whether a list that was expected is what was got, literally and in this order. */
bool play_compare(struct play *play, const json_t *expected, const json_t *got, const char *what);

struct leat_bytes bytes_of_key(const json_t *key, enum sort sort, char room[8]);
json_t *json_of_key(enum sort sort, struct leat_bytes key);
json_t *json_of_value(const struct leat_driver_record *record);
json_t *json_of_record(const struct leat_driver_record *record, enum sort key);

/* ---- stores.c -------------------------------------------------------------------------------- */

/* Compares all stores of the scenario's expectation. */
void play_stores(struct play *play);

/* What these stores, described as there, hold now. */
json_t *record_stores(struct play *play);

#endif
