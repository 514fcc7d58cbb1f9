/* row.h - the committed form of a value: a version byte, flags, eight bytes of timestamp, and the
 * bytes that the changelog has.
 *
 * The flags have room for headers and an expiry of the row's own; a row that sets one which this
 * version does not know was written by a newer one.
 */
#ifndef STATE_ROW_H
#define STATE_ROW_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdint.h>

enum { ROW_VERSION = 1, ROW_HEAD_BYTES = 10 };

struct row {
    int64_t timestamp_ms;
    struct leat_bytes wire; /* points into the row */
};

void row_write_head(char head[ROW_HEAD_BYTES], int64_t timestamp_ms);

/* LEAT_E_STATE: shorter than its head, or of a newer version. */
int row_parse(struct leat_bytes bytes, struct row *row, struct leat_error *error) MUST_CHECK;

#endif
