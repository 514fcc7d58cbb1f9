/* partition.h - which partition a key goes to: Kafka's Java default, so that topics that Java
 * wrote and topics that we wrote are co-partitioned. */
#ifndef PROCESSOR_PARTITION_H
#define PROCESSOR_PARTITION_H

#include "leat/bytes.h"

uint32_t partition_murmur2(struct leat_bytes key);

/* murmur2 & 0x7fffffff, modulo count. The key must not be null: those go anywhere. */
int32_t partition_of(struct leat_bytes key, int32_t count);

#endif
