/* checkpoint.h - whether a local copy of a store may be trusted, and what is restored.
 *
 * A copy and its changelog part ways in three manners: the changelog has expired beyond the copy's
 * offset; the copy has missed a deletion whose tombstone compaction has removed since; or the topic
 * was deleted and made anew. Then that store alone is wiped and restored from the beginning.
 */
#ifndef STATE_CHECKPOINT_H
#define STATE_CHECKPOINT_H

#include <stddef.h>
#include <stdint.h>

enum checkpoint_verdict {
    CHECKPOINT_NONE,    /* nothing is stored: restore from the changelog's first offset */
    CHECKPOINT_TRUSTED, /* restore from the stored offset */
    CHECKPOINT_BEHIND,  /* wipe: the changelog no longer has what comes next */
    CHECKPOINT_OLD,     /* wipe: tombstones may have been missed */
    CHECKPOINT_AHEAD,   /* wipe: the changelog is another one, it ends before the offset */
};

struct checkpoint {
    int64_t offset, written_ms;       /* home_offset() */
    int64_t first_offset, end_offset; /* of the changelog; the end: its high watermark */
    int64_t now_ms;                   /* wall clock */
    int64_t delete_retention_ms;      /* of the changelog; below 0: it is not compacted */
};

enum checkpoint_verdict checkpoint_judge(const struct checkpoint *checkpoint);

/* The offset to restore from, under that verdict. */
int64_t checkpoint_start(const struct checkpoint *checkpoint, enum checkpoint_verdict verdict);

/* Whether the local rows have to be wiped first. */
static inline int checkpoint_wipes(enum checkpoint_verdict verdict)
{
    return verdict >= CHECKPOINT_BEHIND;
}

/* The sentence for the log: the store, the figures, and what is done about it. */
void checkpoint_explain(const struct checkpoint *checkpoint, enum checkpoint_verdict verdict,
                        const char *store, char *text, size_t size);

#endif
