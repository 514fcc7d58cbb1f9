/* registry_backend.h - for those who stand behind registry.h: one answer to one question.
 *
 * registry.c caches, so a backend is asked once for what is known. Codes: LEAT_E_DATA the registry
 * says that it has no such schema; LEAT_E_RETRY it cannot be reached, or what answered is not a
 * registry; LEAT_E_REGISTRY it refused.
 * Thread: any, several at once.
 */
#ifndef SCHEMAS_REGISTRY_BACKEND_H
#define SCHEMAS_REGISTRY_BACKEND_H

#include "schemas/registry.h"

struct registry_backend {
    const struct registry_backend_ops *ops;
};

struct registry_backend_ops {
    int (*add)(struct registry_backend *backend, const char *subject, const char *schema,
               int32_t *id, struct leat_error *error);

    /* *schema is the caller's, to give back with memory_free(). */
    int (*by_id)(struct registry_backend *backend, int32_t id, char **schema,
                 struct leat_error *error);
    int (*by_guid)(struct registry_backend *backend, const uint8_t guid[16], char **schema,
                   struct leat_error *error);
    void (*free)(struct registry_backend *backend);

    /* A schema that this process knows by itself; NULL where the backend need not be told. */
    void (*expect)(struct registry_backend *backend, const char *schema);
};

int registry_http_new(const struct registry_options *options, struct registry_backend **out,
                      struct leat_error *error) MUST_CHECK;
int registry_mock_new(const char *name, struct registry_backend **out,
                      struct leat_error *error) MUST_CHECK;

/* What mock:// names a schema by: 31 bits of a hash, not 0, and 128 of them. The hash is over the
 * schema's JSON without white space, documentation and the order of its keys. LEAT_E_REGISTRY: not
 * JSON. */
int registry_mock_names(const char *schema, int32_t *id, uint8_t guid[16],
                        struct leat_error *error) MUST_CHECK;

#endif
