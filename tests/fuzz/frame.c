/* frame.c - fuzz: the frame of a repartitioned record, and the wire prefix. What is read must be
 * written the same again, as far as a frame has one form only. */
#include "base/limits.h"
#include "processor/frame.h"
#include "schemas/wire.h"
#include "topology/headers.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_wire(struct leat_bytes bytes)
{
    struct leat_error error = { 0 };
    uint8_t guid[WIRE_GUID_BYTES];
    char text[WIRE_GUID_TEXT];
    struct leat_bytes body;
    int32_t id;

    if (!wire_split(bytes, &id, &body, &error))
        assert(body.data == bytes.data + WIRE_PREFIX_BYTES &&
               body.size + WIRE_PREFIX_BYTES == bytes.size);
    if (wire_guid(bytes, guid))
        wire_guid_text(guid, text);
}

static void write_again(const struct frame *frame)
{
    struct leat_error error = { 0 };
    struct frame again;
    struct buffer out;

    buffer_init(&out, FRAME_HEAD_MAX_BYTES + LIMIT_VALUE_BYTES);
    if (!(frame->flags & FRAME_OLD)) {
        assert(!frame_begin(frame, &out) &&
               !buffer_add(&out, frame->value.data, frame->value.size));
        assert(!frame_read(buffer_bytes(&out), &again, &error));
        assert(again.sender == frame->sender && again.origin == frame->origin);
        assert(again.origin_ms == frame->origin_ms && again.mark_ms == frame->mark_ms);
        assert(again.value.size == frame->value.size);
        assert(leat_bytes_equal(again.headers, frame->headers));
    }
    buffer_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct leat_bytes bytes = leat_bytes(data, size);
    struct leat_error error = { 0 };
    struct frame frame;

    read_wire(bytes);
    if (!frame_read(bytes, &frame, &error)) {
        assert(frame.sender >= 0 && frame.origin >= 0);
        assert(frame.value.size + frame.old.size + frame.headers.size <= size);
        for (struct header header; headers_next(&frame.headers, &header);)
            assert(header.name[strlen(header.name)] == 0 && header.value.size <= size);
        write_again(&frame);
    }
    return 0;
}
