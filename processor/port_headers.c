/* port_headers.c - a message's headers to a record's and back.
 *
 * The lists stand on the stack of functions that are only entered where there are headers.
 */
#include "processor/port_headers.h"

#include "base/limits.h"
#include "schemas/wire.h"
#include "topology/headers.h"

#include <string.h>

static struct leat_bytes take_all(const struct log_message *message, struct arena *arena,
                                  struct leat_bytes *schema)
{
    struct log_header list[LIMIT_HEADERS];
    size_t count = log_message_headers(message, list, LIMIT_HEADERS);
    struct leat_bytes headers = { 0 };

    for (size_t i = 0; i < count; i++)
        if (!strcmp(list[i].name, WIRE_HEADER))
            *schema = list[i].value;
        else
            headers = headers_add(arena, headers, &(struct header){ list[i].name, list[i].value });
    return headers;
}

struct leat_bytes port_take_headers(const struct log_message *message, struct arena *arena,
                                    struct leat_bytes *schema)
{
    struct log_header first;

    *schema = (struct leat_bytes){ 0 };
    return log_message_headers(message, &first, 1) ? take_all(message, arena, schema)
                                                   : (struct leat_bytes){ 0 };
}

int port_send_headed(struct log_writer *writer, struct log_record *record,
                     struct leat_bytes headers, struct leat_error *error)
{
    struct log_header list[LIMIT_HEADERS];
    struct header header;
    size_t count = 0;

    while (count < LIMIT_HEADERS && headers_next(&headers, &header))
        list[count++] = (struct log_header){ header.name, header.value };
    record->headers = list;
    record->header_count = count;
    return log_writer_send(writer, record, error);
}
