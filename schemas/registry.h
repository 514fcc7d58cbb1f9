/* registry.h - schemas by id: Confluent's API over HTTP, or mock:// in memory.
 *
 * A registry that cannot be reached is waited for (LEAT_E_RETRY), never a reason to reject a
 * record; an id that it does not know is LEAT_E_DATA, asked again after some seconds.
 * Thread: any; one lock inside, not held while the network is waited for.
 */
#ifndef SCHEMAS_REGISTRY_H
#define SCHEMAS_REGISTRY_H

#include "base/error.h"

#include <stdint.h>

struct clock;
struct registry;

struct registry_options {
    const char *url;  /* http(s)://host:port[/path][,...], or mock://name: one registry a name and
                         process, whose ids are made from the schema's fingerprint */
    const char *user, *password;       /* basic auth; NULL: none */
    const char *ca_file, *certificate_file, *key_file; /* TLS; NULL: the system's */
    int timeout_ms;                    /* of one request; 0: 10 s */
    struct clock *clock;               /* for back-off and what is not known; NULL: the system's */
};

int registry_new(const struct registry_options *options, struct registry **out,
                 struct leat_error *error) MUST_CHECK;
void registry_free(struct registry *registry);

/* The id of a schema under a subject, registered if it is new. LEAT_E_REGISTRY: refused. */
int registry_register(struct registry *registry, const char *subject, const char *schema,
                      int32_t *id, struct leat_error *error) MUST_CHECK;

/* A schema that this process has by itself, as a reader: mock:// finds it by its id from then on,
 * whichever process wrote with it. Over HTTP it changes nothing. */
void registry_expect(struct registry *registry, const char *schema);

/* The schema's JSON text; valid as long as the registry. */
int registry_schema(struct registry *registry, int32_t id, const char **schema,
                    struct leat_error *error) MUST_CHECK;

/* The same by the 16 bytes of a schema's GUID, for the header wire form. */
int registry_schema_by_guid(struct registry *registry, const uint8_t guid[16], const char **schema,
                            struct leat_error *error) MUST_CHECK;

#endif
