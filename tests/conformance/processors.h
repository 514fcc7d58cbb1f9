/* processors.h - the catalogue's processors and timestamp extractors. */
#ifndef CONFORMANCE_PROCESSORS_H
#define CONFORMANCE_PROCESSORS_H

#include "function.h"

struct processor { /* a row of the catalogue */
    const char *name;
    leat_visit process, punctuate;
    const struct leat_type *store; /* NULL: none; &leat_bytes_type: as the values that come in */
    const struct leat_type *type;  /* of what it forwards; NULL: as what comes in */
    bool key_stays;
};

struct processing { /* what a processor finds as its user */
    struct function key; /* knows the sort of the keys */
    int64_t ttl_ms, delta_ms, cancel_after, fired;
    bool clear;
};

const struct processor *processor_find(const char *name); /* NULL: none */

/* False if there is no such extractor; *out NULL: the record's own timestamp. */
bool extractor_find(const char *name, leat_time *out);

#endif
