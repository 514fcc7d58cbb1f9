/* upload_rows.h - what the contract says of a row beyond the kinds of its fields, and the record
 * that it becomes. What passes here is never rejected by the job for what stands in it.
 */
#ifndef BLACKFRIDAY_WEB_UPLOAD_ROWS_H
#define BLACKFRIDAY_WEB_UPLOAD_ROWS_H

#include "base/buffer.h"
#include "blackfriday/feed.h"
#include "blackfriday/sheet.h"

/* value is the row that the sheet has read last. latest_ms: the latest time that is taken. */
int upload_row_check(const struct sheet *sheet, enum feed_topic topic, const void *value,
                     int64_t latest_ms, struct leat_error *error) MUST_CHECK;

/* Key and timestamp of its record. room holds a key that is composed; now_ms is the time of rows
 * that have none. */
void upload_row_record(enum feed_topic topic, const void *value, int64_t now_ms,
                       struct buffer *room, struct feed_record *record);

#endif
