/* peer.h - one request to the status server of an instance, by libcurl. Thread: any. */
#ifndef PROCESSOR_PEER_H
#define PROCESSOR_PEER_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdatomic.h>

/* GET of path (with its parameters) from host:port. Fills status and appends the body, up to its
 * limit. Follows no redirect and uses no proxy. LEAT_E_RETRY: no answer within timeout_ms, or one
 * that is too large; the sentence names the address. stop, once true, ends it soon; or NULL. */
int peer_get(const char *address, const char *path, int64_t timeout_ms, const atomic_bool *stop,
             long *status, struct buffer *body, struct leat_error *error) MUST_CHECK;

#endif
