/* spoil.h - how an event is made invalid, in each way that the contract names. */
#ifndef BLACKFRIDAY_SPOIL_H
#define BLACKFRIDAY_SPOIL_H

#include "base/buffer.h"
#include "blackfriday/event.h"

struct sale;

/* Faults of fields; none of the others changes the sale. */
void spoil_sale(struct sale *sale, enum event_fault fault, int64_t now_ms);

/* Faults of the encoded bytes; variant chooses among several ways. 0 or LEAT_E_LIMIT. */
int spoil_wire(struct buffer *wire, enum event_fault fault, int64_t variant) MUST_CHECK;

#endif
