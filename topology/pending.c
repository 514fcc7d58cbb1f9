/* pending.c - verbs that the headers promise and no file has yet. */
#include "leat/process.h"

void leat_cancel(const struct leat_record *record)
{
    leat_fail(record, "the verb is not there yet");
}

void leat_forward_to(const struct leat_record *record, const char *child, struct leat_bytes key,
                     const void *value, int64_t timestamp_ms)
{
    leat_fail(record, "the verb is not there yet");
}
