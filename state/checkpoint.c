/* checkpoint.c - whether a local copy of a store may be trusted. */
#include "state/checkpoint.h"

#include <inttypes.h>
#include <stdio.h>

/* A tombstone lives delete.retention.ms from when the cleaner first meets it; half of that leaves
 * the restore, which takes its time as well, the other half. */
static int is_old(const struct checkpoint *checkpoint)
{
    return checkpoint->delete_retention_ms >= 0 && checkpoint->offset < checkpoint->end_offset &&
           checkpoint->now_ms - checkpoint->written_ms > checkpoint->delete_retention_ms / 2;
}

enum checkpoint_verdict checkpoint_judge(const struct checkpoint *checkpoint)
{
    if (checkpoint->offset < 0)
        return CHECKPOINT_NONE;
    if (checkpoint->offset > checkpoint->end_offset)
        return CHECKPOINT_AHEAD;
    if (checkpoint->offset < checkpoint->first_offset)
        return CHECKPOINT_BEHIND;
    return is_old(checkpoint) ? CHECKPOINT_OLD : CHECKPOINT_TRUSTED;
}

int64_t checkpoint_start(const struct checkpoint *checkpoint, enum checkpoint_verdict verdict)
{
    return verdict == CHECKPOINT_TRUSTED ? checkpoint->offset : checkpoint->first_offset;
}

void checkpoint_explain(const struct checkpoint *checkpoint, enum checkpoint_verdict verdict,
                        const char *store, char *text, size_t size)
{
    static const char again[] = "; its rows are wiped and restored from the beginning";

    switch (verdict) {
    case CHECKPOINT_NONE:
        snprintf(text, size, "store '%s' has no local copy: it is restored from the beginning",
                 store);
        break;
    case CHECKPOINT_TRUSTED:
        snprintf(text, size, "store '%s' is restored from offset %" PRId64 " to %" PRId64, store,
                 checkpoint->offset, checkpoint->end_offset);
        break;
    case CHECKPOINT_BEHIND:
        snprintf(text, size,
                 "the local copy of store '%s' stands at offset %" PRId64
                 " and its changelog begins at %" PRId64 "%s",
                 store, checkpoint->offset, checkpoint->first_offset, again);
        break;
    case CHECKPOINT_OLD:
        snprintf(text, size,
                 "the local copy of store '%s' is %" PRId64
                 " s old, more than half of its changelog's delete.retention.ms (%" PRId64
                 " ms), and may have missed deletions%s",
                 store, (checkpoint->now_ms - checkpoint->written_ms) / 1000,
                 checkpoint->delete_retention_ms, again);
        break;
    case CHECKPOINT_AHEAD:
        snprintf(text, size,
                 "the local copy of store '%s' stands at offset %" PRId64
                 " and its changelog ends at %" PRId64 ": the topic was made anew%s",
                 store, checkpoint->offset, checkpoint->end_offset, again);
        break;
    }
}
