/* row.c - the committed form of a value. */
#include "state/row.h"

#include "state/big_endian.h"

void row_write_head(char head[ROW_HEAD_BYTES], int64_t timestamp_ms)
{
    head[0] = ROW_VERSION;
    head[1] = 0;
    big_endian_put_64(head + 2, (uint64_t)timestamp_ms);
}

int row_parse(struct leat_bytes bytes, struct row *row, struct leat_error *error)
{
    unsigned version, flags;

    if (bytes.size < ROW_HEAD_BYTES)
        return error_set(error, LEAT_E_STATE,
                         "a row of %zu bytes is shorter than its head: remove the task's state "
                         "directory to restore from the changelogs",
                         bytes.size);
    version = (unsigned char)bytes.data[0];
    flags = (unsigned char)bytes.data[1];
    if (version != ROW_VERSION || flags)
        return error_set(error, LEAT_E_STATE,
                         "a row has version %u and flags %#x, and this version reads %d without "
                         "flags: run the newer version, or remove the task's state directory to "
                         "restore from the changelogs",
                         version, flags, ROW_VERSION);
    row->timestamp_ms = (int64_t)big_endian_get_64(bytes.data + 2);
    row->wire = leat_bytes(bytes.data + ROW_HEAD_BYTES, bytes.size - ROW_HEAD_BYTES);
    return LEAT_OK;
}
