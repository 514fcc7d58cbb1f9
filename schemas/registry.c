/* registry.c - what was learnt from the registry is kept: schemas for ever, "no such schema" for
 * some seconds, and an outage until the next attempt is due.
 *
 * Entry points:  registry_new(), registry_free()
 *                registry_register()         - schema to id
 *                registry_schema()           - id to schema
 *                registry_schema_by_guid()   - GUID to schema
 * See also:      registry_http.c and registry_mock.c, which stand behind it
 */
#include "schemas/registry.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/memory.h"
#include "schemas/registry_backend.h"
#include "schemas/wire.h"

#include <assert.h>
#include <stdio.h>
#include <pthread.h>

enum {
    UNKNOWN_MS = 5000, /* a schema registered after the first lookup is found within this */
    BACK_OFF_MS = 100, /* after the first failure; doubles */
    BACK_OFF_MAX_MS = 10000,
};

struct registry {
    struct registry_backend *backend;
    struct clock *clock;
    pthread_mutex_t lock;     /* all below; never held while the backend is asked */
    struct map schemas;       /* id or GUID (4 or 16 bytes) -> char *, the schema's text */
    struct map ids;           /* subject, 0, schema -> int32_t * */
    struct map unknown;       /* id or GUID -> struct unknown * */
    int back_off_ms;          /* 0: the last attempt was answered */
    int64_t due_ms;           /* no attempt before this */
    struct leat_error outage; /* what the last attempt ran into */
};

struct unknown {
    int64_t until_ms;
    struct leat_error error;
};

int registry_new(const struct registry_options *options, struct registry **out,
                 struct leat_error *error)
{
    static const char mock[] = "mock://";
    struct registry_backend *backend;
    struct registry *registry;
    int code;

    if (!options->url || !*options->url)
        return error_set(error, LEAT_E_ARGUMENT, "schema.registry.url is not set");
    if (!strncmp(options->url, mock, sizeof mock - 1))
        code = registry_mock_new(options->url + sizeof mock - 1, &backend, error);
    else
        code = registry_http_new(options, &backend, error);
    if (code)
        return code;
    registry = memory_new(sizeof *registry);
    registry->backend = backend;
    registry->clock = options->clock ? options->clock : clock_system();
    pthread_mutex_init(&registry->lock, NULL);
    *out = registry;
    return LEAT_OK;
}

static void free_values(struct map *map)
{
    void *value;

    for (size_t i = 0; map_next(map, &i, NULL, &value);)
        memory_free(value);
    map_free(map);
}

void registry_free(struct registry *registry)
{
    if (!registry)
        return;
    registry->backend->ops->free(registry->backend);
    free_values(&registry->schemas);
    free_values(&registry->ids);
    free_values(&registry->unknown);
    pthread_mutex_destroy(&registry->lock);
    memory_free(registry);
}

/* Under the lock. While an outage lasts, most calls fail at once: those who wait for the registry
 * must not queue up behind its time-outs. */
static int may_ask(struct registry *registry, struct leat_error *error)
{
    if (!registry->back_off_ms || clock_ms(registry->clock) >= registry->due_ms)
        return LEAT_OK;
    if (error)
        *error = registry->outage;
    return LEAT_E_RETRY;
}

/* Under the lock. */
static void note_answer(struct registry *registry, int code, const struct leat_error *error)
{
    int next_ms = registry->back_off_ms * 2;

    if (code != LEAT_E_RETRY) {
        registry->back_off_ms = 0;
        return;
    }
    next_ms = next_ms ? next_ms : BACK_OFF_MS;
    registry->back_off_ms = next_ms < BACK_OFF_MAX_MS ? next_ms : BACK_OFF_MAX_MS;
    registry->due_ms = clock_ms(registry->clock) + registry->back_off_ms;
    registry->outage = *error;
}

/* ---- schema to id ------------------------------------------------------------------------- */

static struct leat_bytes registration_key(const char *subject, const char *schema)
{
    size_t subject_size = strlen(subject) + 1, schema_size = strlen(schema);
    char *key = memory_new(subject_size + schema_size);

    memcpy(key, subject, subject_size);
    memcpy(key + subject_size, schema, schema_size);
    return leat_bytes(key, subject_size + schema_size);
}

static struct leat_bytes id_key(const int32_t *id)
{
    return leat_bytes(id, sizeof *id);
}

/* Under the lock. The texts of one key are equal in meaning; the first one may be in use. */
static const char *keep_schema(struct registry *registry, struct leat_bytes key, char *schema)
{
    char *kept = map_get(&registry->schemas, key);

    if (!kept) {
        map_put(&registry->schemas, key, schema);
        return schema;
    }
    memory_free(schema);
    return kept;
}

/* Under the lock. */
static void keep_id(struct registry *registry, struct leat_bytes key, const char *schema,
                    int32_t id)
{
    int32_t *kept = memory_new(sizeof *kept);

    *kept = id;
    memory_free(map_put(&registry->ids, key, kept));
    memory_free(map_remove(&registry->unknown, id_key(&id)));
    keep_schema(registry, id_key(&id), memory_text(schema));
}

static int add(struct registry *registry, struct leat_bytes key, const char *subject,
               const char *schema, int32_t *id, struct leat_error *error)
{
    struct leat_error own = { 0 };
    int code = registry->backend->ops->add(registry->backend, subject, schema, id, &own);

    assert(code != LEAT_OK || *id >= 0);
    pthread_mutex_lock(&registry->lock);
    note_answer(registry, code, &own);
    if (!code)
        keep_id(registry, key, schema, *id);
    pthread_mutex_unlock(&registry->lock);
    if (code && error)
        *error = own;
    return code;
}

int registry_register(struct registry *registry, const char *subject, const char *schema,
                      int32_t *id, struct leat_error *error)
{
    struct leat_bytes key = registration_key(subject, schema);
    const int32_t *known;
    int code = LEAT_OK;

    pthread_mutex_lock(&registry->lock);
    known = map_get(&registry->ids, key);
    if (known)
        *id = *known;
    else
        code = may_ask(registry, error);
    pthread_mutex_unlock(&registry->lock);
    if (!known && !code)
        code = add(registry, key, subject, schema, id, error);
    memory_free(key.data);
    return code;
}

void registry_expect(struct registry *registry, const char *schema)
{
    if (registry->backend->ops->expect)
        registry->backend->ops->expect(registry->backend, schema);
}

/* ---- id or GUID to schema ----------------------------------------------------------------- */

/* Under the lock. 1 and *schema, 0 where the backend has to be asked, or why there is none. */
static int look(struct registry *registry, struct leat_bytes key, const char **schema,
                struct leat_error *error)
{
    const struct unknown *unknown;

    *schema = map_get(&registry->schemas, key);
    if (*schema)
        return 1;
    unknown = map_get(&registry->unknown, key);
    if (unknown && clock_ms(registry->clock) < unknown->until_ms) {
        if (error)
            *error = unknown->error;
        return LEAT_E_DATA;
    }
    if (registry->schemas.count >= LIMIT_SCHEMAS)
        return error_set(error, LEAT_E_LIMIT, "more than %d schemas are in use", LIMIT_SCHEMAS);
    return may_ask(registry, error);
}

/* Under the lock. Ids come from records, so what is not there is bounded too. */
static void note_unknown(struct registry *registry, struct leat_bytes key,
                         const struct leat_error *error)
{
    struct unknown *unknown = memory_new(sizeof *unknown);

    if (registry->unknown.count >= LIMIT_SCHEMAS)
        free_values(&registry->unknown);
    *unknown = (struct unknown){ clock_ms(registry->clock) + UNKNOWN_MS, *error };
    memory_free(map_put(&registry->unknown, key, unknown));
}

static int check_size(const char *name, char *schema, struct leat_error *error)
{
    size_t size = strlen(schema);

    if (size <= LIMIT_SCHEMA_BYTES)
        return LEAT_OK;
    memory_free(schema);
    return error_set(error, LEAT_E_DATA, "schema %s has %zu bytes, more than the limit of %d", name,
                     size, LIMIT_SCHEMA_BYTES);
}

/* Asks the backend: by GUID where the key is one. */
static int ask(struct registry *registry, struct leat_bytes key, char **schema,
               struct leat_error *error)
{
    struct registry_backend *backend = registry->backend;
    char name[WIRE_GUID_TEXT];
    int32_t id;
    int code;

    if (key.size == WIRE_GUID_BYTES) {
        wire_guid_text((const uint8_t *)key.data, name);
        code = backend->ops->by_guid(backend, (const uint8_t *)key.data, schema, error);
    } else {
        memcpy(&id, key.data, sizeof id);
        snprintf(name, sizeof name, "%d", id);
        code = backend->ops->by_id(backend, id, schema, error);
    }
    return code ? code : check_size(name, *schema, error);
}

static int find(struct registry *registry, struct leat_bytes key, const char **schema,
                struct leat_error *error)
{
    struct leat_error own = { 0 };
    char *text = NULL;
    int code;

    pthread_mutex_lock(&registry->lock);
    code = look(registry, key, schema, error);
    pthread_mutex_unlock(&registry->lock);
    if (code)
        return code < 0 ? code : LEAT_OK;
    code = ask(registry, key, &text, &own);
    pthread_mutex_lock(&registry->lock);
    note_answer(registry, code, &own);
    if (!code)
        *schema = keep_schema(registry, key, text);
    else if (code == LEAT_E_DATA)
        note_unknown(registry, key, &own);
    pthread_mutex_unlock(&registry->lock);
    if (code && error)
        *error = own;
    return code;
}

int registry_schema(struct registry *registry, int32_t id, const char **schema,
                    struct leat_error *error)
{
    return find(registry, id_key(&id), schema, error);
}

int registry_schema_by_guid(struct registry *registry, const uint8_t guid[16], const char **schema,
                            struct leat_error *error)
{
    return find(registry, leat_bytes(guid, WIRE_GUID_BYTES), schema, error);
}
