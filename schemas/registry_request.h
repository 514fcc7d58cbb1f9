/* registry_request.h - one request to a schema registry, by libcurl. Thread: any. */
#ifndef SCHEMAS_REGISTRY_REQUEST_H
#define SCHEMAS_REGISTRY_REQUEST_H

#include "base/buffer.h"
#include "schemas/registry.h"

struct registry_request {
    const struct registry_options *options; /* credentials, TLS files, time-out */
    const char *url;
    const char *post; /* a JSON body, or NULL for GET */
};

/* Sends it and waits. Fills status and body, which grows up to its limit. Follows no redirect.
 * LEAT_E_RETRY: no answer, or one that is too large. */
int registry_request(const struct registry_request *request, long *status, struct buffer *body,
                     struct leat_error *error) MUST_CHECK;

/* A subject as one part of a URL's path; memory_free() it. */
char *registry_request_escape(const char *text);

#endif
