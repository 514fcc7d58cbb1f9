/* demo_input.h - topics for the comparison, with a note of which is being read. */
#ifndef BLACKFRIDAY_DEMO_INPUT_H
#define BLACKFRIDAY_DEMO_INPUT_H

#include "blackfriday/verify.h"

#include <stdatomic.h>

struct log;

/* Over a log in memory, by a reader of its own. Reading ends with LEAT_E_STOPPED once *stop. */
struct verify_input *demo_input_log(struct log *log, const atomic_bool *stop);

/* Over another input, which it takes, whose topics have this before their names. */
struct verify_input *demo_input_space(struct verify_input *inner, const char *prefix,
                                      const atomic_bool *stop);

/* The topic that is being read, and the records read so far. Thread: any. */
const char *demo_input_topic(const struct verify_input *input, int64_t *records);

#endif
