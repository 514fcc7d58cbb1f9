/* foreign.h - a foreign-key join: the parts of it, and what they tell each other.
 *
 * left table -> subscribe -> (subscription topic, by the right key) -> answer, with the right table
 *                                                                        |
 * the join   <- resolve   <- (response topic, by the left key)  <--------+
 *
 * A left row subscribes to the right row that it names. Whatever then changes on the right is
 * answered to all subscribers of that row. An answer carries the stamp of the left row it was meant
 * for, and counts only while that row is still the same: answers of several right partitions come
 * in no order. Source: Kafka Streams' KIP-213.
 */
#ifndef TOPOLOGY_FOREIGN_H
#define TOPOLOGY_FOREIGN_H

#include "base/buffer.h"
#include "topology/node.h"

/* The options of all its steps. */
struct foreign_join {
    struct leat_join_tables with;
    const struct leat_type *right_type;
    const struct step *subscriber; /* of foreign_subscribe; not yet known to itself */
};

/* What a subscription asks for, beside being kept or ended. Part of the message: append only. */
enum foreign_order {
    FOREIGN_END,            /* no more, and no answer */
    FOREIGN_END_AND_ANSWER, /* no more, and the answer that there is no right row */
    FOREIGN_ANSWER_IF_FOUND,
    FOREIGN_ANSWER,
};

/* Part of the message: append only. */
enum foreign_found {
    FOREIGN_MISSING, /* a subscription met no right row */
    FOREIGN_FOUND,
    FOREIGN_GONE,    /* the right row was deleted */
};

/* Which left row: what it holds, by a hash, and where its task is. */
struct foreign_stamp {
    bool exists; /* false: there is no such row any more */
    uint64_t hash[2];
    int32_t partition;
};

/* A subscription, as sent and (without .rest) as kept; or an answer. */
struct foreign_message {
    uint8_t order;           /* enum foreign_order; of an answer: enum foreign_found */
    struct foreign_stamp stamp;
    struct leat_bytes rest;  /* of a subscription: the left row's key, as rows_key() has it; of an
                                answer: the right row's wire bytes */
};

enum { FOREIGN_HEAD_BYTES = 1 + 1 + 1 + 16 + 4 };

void foreign_write_head(const struct foreign_message *message, char to[FOREIGN_HEAD_BYTES]);
struct leat_bytes foreign_write(struct arena *arena, const struct foreign_message *message);

/* LEAT_E_DATA, with a sentence, for what is no such message. */
int foreign_read(const struct node *node, const void *value, struct foreign_message *out);

/* Where an answer goes: a leat_partition. The left table's task need not be the one that its key
 * would choose. */
int32_t foreign_home(const struct leat_record *answer, int32_t partitions);

/* The stamp of a left row; row NULL: of none. scratch is for its bytes. */
int foreign_stamp(const struct node *node, const struct leat_type *type, const void *row,
                  struct buffer *scratch, struct foreign_stamp *out);
bool foreign_stamp_equal(const struct foreign_stamp *a, const struct foreign_stamp *b);

/* MurmurHash3's x64 variant with 128 bits, seed 0. */
void foreign_hash(struct leat_bytes bytes, uint64_t out[2]);

/* Asks for the right row of a left row as it is now, under the change's key. *asked is false if it
 * names none. node: of foreign_subscribe. */
int foreign_ask(struct node *node, const struct change *change, const void *row, bool *asked);

extern const struct operator foreign_subscribe; /* of the left table's tasks */
extern const struct operator foreign_answer;    /* of the right table's tasks */
extern const struct operator foreign_resolve;   /* of the left table's tasks again */

#endif
