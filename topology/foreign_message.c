/* foreign_message.c - what crosses the two topics of a foreign-key join, and the stamp of a row.
 *
 *   version (1), order (1), whether the left row exists (1), its hash (16), its partition (4,
 *   big-endian), the rest
 */
#include "state/big_endian.h"
#include "topology/flow.h"
#include "topology/foreign.h"

enum { FOREIGN_VERSION = 1, ORDER_AT = 1, EXISTS_AT = 2, HASH_AT = 3, PARTITION_AT = 19 };

_Static_assert(PARTITION_AT + 4 == FOREIGN_HEAD_BYTES, "the head ends with the partition");

/* ---- messages -------------------------------------------------------------------------------- */

void foreign_write_head(const struct foreign_message *message, char to[FOREIGN_HEAD_BYTES])
{
    to[0] = FOREIGN_VERSION;
    to[ORDER_AT] = (char)message->order;
    to[EXISTS_AT] = message->stamp.exists;
    big_endian_put_64(to + HASH_AT, message->stamp.hash[0]);
    big_endian_put_64(to + HASH_AT + 8, message->stamp.hash[1]);
    big_endian_put_32(to + PARTITION_AT, (uint32_t)message->stamp.partition);
}

struct leat_bytes foreign_write(struct arena *arena, const struct foreign_message *message)
{
    size_t size = FOREIGN_HEAD_BYTES + message->rest.size;
    char *bytes = arena_new(arena, size);

    foreign_write_head(message, bytes);
    if (message->rest.size)
        memcpy(bytes + FOREIGN_HEAD_BYTES, message->rest.data, message->rest.size);
    return leat_bytes(bytes, size);
}

int foreign_read(const struct node *node, const void *value, struct foreign_message *out)
{
    const struct leat_bytes *bytes = value;
    const char *at;

    if (!bytes || bytes->size < FOREIGN_HEAD_BYTES || bytes->data[0] != FOREIGN_VERSION)
        return error_set(node->flow->error, LEAT_E_DATA,
                         "step '%s' was given no message of a foreign-key join of version %d; was "
                         "it written by a newer leat, or by another program?", node->step->name,
                         FOREIGN_VERSION);
    at = bytes->data;
    out->order = (uint8_t)at[ORDER_AT];
    out->stamp.exists = at[EXISTS_AT];
    out->stamp.hash[0] = big_endian_get_64(at + HASH_AT);
    out->stamp.hash[1] = big_endian_get_64(at + HASH_AT + 8);
    out->stamp.partition = (int32_t)big_endian_get_32(at + PARTITION_AT);
    out->rest = leat_bytes(at + FOREIGN_HEAD_BYTES, bytes->size - FOREIGN_HEAD_BYTES);
    return LEAT_OK;
}

int32_t foreign_home(const struct leat_record *answer, int32_t partitions)
{
    const struct leat_bytes *bytes = answer->value;

    assert(bytes->size >= FOREIGN_HEAD_BYTES);
    return (int32_t)big_endian_get_32(bytes->data + PARTITION_AT);
}

/* ---- stamps ---------------------------------------------------------------------------------- */

/* Of the value alone, not of the schema's id before it: that is the registry's to choose. */
int foreign_stamp(const struct node *node, const struct leat_type *type, const void *row,
                  struct buffer *scratch, struct foreign_stamp *out)
{
    int status;

    *out = (struct foreign_stamp){ .exists = row, .partition = node->flow->options.partition };
    if (!row)
        return LEAT_OK;
    scratch->size = 0;
    status = type->encode(row, scratch);
    if (status)
        return error_set(node->flow->error, status, "step '%s': a left row of type %s %s",
                         node->step->name, type->name,
                         status == LEAT_E_LIMIT ? "is larger than a record may be"
                                                : "does not fit its schema");
    foreign_hash(buffer_bytes(scratch), out->hash);
    return LEAT_OK;
}

bool foreign_stamp_equal(const struct foreign_stamp *a, const struct foreign_stamp *b)
{
    return a->exists == b->exists && a->hash[0] == b->hash[0] && a->hash[1] == b->hash[1];
}

/* ---- the hash -------------------------------------------------------------------------------- */

static uint64_t rotate(uint64_t word, int bits)
{
    return word << bits | word >> (64 - bits);
}

/* Bytes beyond size count as zero. */
static uint64_t word_at(const char *from, size_t size)
{
    uint64_t word = 0;

    memcpy(&word, from, size < 8 ? size : 8);
    return le64toh(word);
}

static uint64_t mix_first(uint64_t word)
{
    return rotate(word * 0x87c37b91114253d5u, 31) * 0x4cf5ad432745937fu;
}

static uint64_t mix_second(uint64_t word)
{
    return rotate(word * 0x4cf5ad432745937fu, 33) * 0x87c37b91114253d5u;
}

static uint64_t finish(uint64_t hash)
{
    hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccdu;
    hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53u;
    return hash ^ hash >> 33;
}

void foreign_hash(struct leat_bytes bytes, uint64_t out[2])
{
    uint64_t first = 0, second = 0;
    const char *at = bytes.data;
    size_t left = bytes.size;

    for (; left >= 16; left -= 16, at += 16) {
        first = rotate(first ^ mix_first(word_at(at, 8)), 27) + second;
        first = first * 5 + 0x52dce729;
        second = rotate(second ^ mix_second(word_at(at + 8, 8)), 31) + first;
        second = second * 5 + 0x38495ab5;
    }
    if (left > 8)
        second ^= mix_second(word_at(at + 8, left - 8));
    if (left)
        first ^= mix_first(word_at(at, left));
    first ^= bytes.size;
    second ^= bytes.size;
    first += second;
    second += first;
    first = finish(first);
    second = finish(second);
    out[0] = first + second;
    out[1] = second + out[0];
}
