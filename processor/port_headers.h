/* port_headers.h - a message's headers to a record's and back (topology/headers.h). */
#ifndef PROCESSOR_PORT_HEADERS_H
#define PROCESSOR_PORT_HEADERS_H

#include "base/arena.h"
#include "processor/log.h"

/* What the message has, in the arena, up to LIMIT_HEADERS; but for the header that says what the
 * value's schema is, which goes into *schema: what is written later has a schema of its own. */
struct leat_bytes port_take_headers(const struct log_message *message, struct arena *arena,
                                    struct leat_bytes *schema);

int port_send_headed(struct log_writer *writer, struct log_record *record,
                     struct leat_bytes headers, struct leat_error *error) MUST_CHECK;

#endif
