/* registry_mock.c - mock://name, a registry in memory: one a name and process.
 *
 * Ids come from the schema alone, so that bytes written by one process are read by the next, once
 * that has registered the same schema. Mocks live as long as the process: a restarted application
 * finds what its predecessor registered.
 */
#include "schemas/registry_backend.h"

#include "base/limits.h"
#include "base/memory.h"
#include "schemas/wire.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct mock_schema {
    struct mock_schema *next;
    int32_t id;
    uint8_t guid[WIRE_GUID_BYTES];
    char *schema;
};

struct mock {
    struct mock *next;
    char *name;
    struct mock_schema *schemas;
    size_t count;
};

/* What processes share by name has to be found by name: the one list of its kind, and its lock,
 * which guards the mocks too. */
static pthread_mutex_t mocks_lock = PTHREAD_MUTEX_INITIALIZER;
static struct mock *mocks;

struct mock_backend {
    struct registry_backend backend;
    struct mock *mock;
};

/* ---- names -------------------------------------------------------------------------------- */

/* Documentation changes no meaning. A default may hold a key of that name and stays as it is. */
static void drop_documentation(json_t *schema)
{
    const char *key;
    json_t *value;
    size_t i;

    if (json_is_array(schema)) {
        json_array_foreach(schema, i, value) drop_documentation(value);
        return;
    }
    json_object_del(schema, "doc");
    json_object_foreach(schema, key, value)
    {
        if (strcmp(key, "default"))
            drop_documentation(value);
    }
}

static int normal_form(const char *schema, char **text, struct leat_error *error)
{
    json_error_t mistake;
    json_t *root = json_loads(schema, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &mistake);

    if (!root)
        return error_set(error, LEAT_E_REGISTRY, "schema is not JSON: line %d: %s", mistake.line,
                         mistake.text);
    drop_documentation(root);
    *text = json_dumps(root, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    json_decref(root);
    return *text ? LEAT_OK : error_set(error, LEAT_E_REGISTRY, "schema cannot be written as JSON");
}

int registry_mock_names(const char *schema, int32_t *id, uint8_t guid[16], struct leat_error *error)
{
    uint8_t hash[EVP_MAX_MD_SIZE] = { 0 };
    char *text;
    int code = normal_form(schema, &text, error);

    if (code)
        return code;
    if (!EVP_Digest(text, strlen(text), hash, NULL, EVP_sha256(), NULL))
        code = error_set(error, LEAT_E_REGISTRY, "SHA-256 is not to be had from libcrypto");
    free(text);
    memcpy(guid, hash, WIRE_GUID_BYTES);
    *id = (hash[16] & 0x7f) << 24 | hash[17] << 16 | hash[18] << 8 | hash[19];
    *id = *id ? *id : 1;
    return code;
}

/* ---- under the lock ----------------------------------------------------------------------- */

static struct mock *mock_by_name(const char *name)
{
    struct mock *mock = mocks;

    while (mock && strcmp(mock->name, name))
        mock = mock->next;
    if (mock)
        return mock;
    mock = memory_new(sizeof *mock);
    mock->name = memory_text(name);
    mock->next = mocks;
    mocks = mock;
    return mock;
}

static const struct mock_schema *schema_by_id(const struct mock *mock, int32_t id)
{
    const struct mock_schema *schema = mock->schemas;

    while (schema && schema->id != id)
        schema = schema->next;
    return schema;
}

static const struct mock_schema *schema_by_guid(const struct mock *mock, const uint8_t guid[16])
{
    const struct mock_schema *schema = mock->schemas;

    while (schema && memcmp(schema->guid, guid, WIRE_GUID_BYTES))
        schema = schema->next;
    return schema;
}

static int keep(struct mock *mock, int32_t id, const uint8_t guid[16], const char *text,
                struct leat_error *error)
{
    const struct mock_schema *known = schema_by_id(mock, id);
    struct mock_schema *schema;

    if (known && !memcmp(known->guid, guid, WIRE_GUID_BYTES))
        return LEAT_OK;
    if (known)
        return error_set(error, LEAT_E_REGISTRY,
                         "two schemas have the id %d in mock://%s: use a real registry", id,
                         mock->name);
    if (mock->count >= LIMIT_SCHEMAS)
        return error_set(error, LEAT_E_REGISTRY, "mock://%s holds its limit of %d schemas",
                         mock->name, LIMIT_SCHEMAS);
    schema = memory_new(sizeof *schema);
    schema->id = id;
    memcpy(schema->guid, guid, WIRE_GUID_BYTES);
    schema->schema = memory_text(text);
    schema->next = mock->schemas;
    mock->schemas = schema;
    mock->count++;
    return LEAT_OK;
}

/* ---- the backend -------------------------------------------------------------------------- */

static int mock_add(struct registry_backend *backend, const char *subject, const char *schema,
                    int32_t *id, struct leat_error *error)
{
    struct mock_backend *self = (struct mock_backend *)backend;
    uint8_t guid[WIRE_GUID_BYTES];
    int code = registry_mock_names(schema, id, guid, error);

    if (code)
        return code;
    pthread_mutex_lock(&mocks_lock);
    code = keep(self->mock, *id, guid, schema, error);
    pthread_mutex_unlock(&mocks_lock);
    return code;
}

/* Schemas are never taken out, so what was found may be read without the lock. */
/* One that cannot be kept is not expected, and says so when it is registered. */
static void mock_expect(struct registry_backend *backend, const char *schema)
{
    struct leat_error ignored = { 0 };
    int32_t id;

    if (mock_add(backend, "", schema, &id, &ignored))
        return;
}

static int answer(const struct mock_schema *found, const char *mock, const char *name,
                  char **schema, struct leat_error *error)
{
    if (!found)
        return error_set(error, LEAT_E_DATA,
                         "schema %s is not known to mock://%s: this process has not registered it",
                         name, mock);
    *schema = memory_text(found->schema);
    return LEAT_OK;
}

static int mock_by_id(struct registry_backend *backend, int32_t id, char **schema,
                      struct leat_error *error)
{
    struct mock_backend *self = (struct mock_backend *)backend;
    const struct mock_schema *found;
    char name[16];

    pthread_mutex_lock(&mocks_lock);
    found = schema_by_id(self->mock, id);
    pthread_mutex_unlock(&mocks_lock);
    snprintf(name, sizeof name, "%d", id);
    return answer(found, self->mock->name, name, schema, error);
}

static int mock_by_guid(struct registry_backend *backend, const uint8_t guid[16], char **schema,
                        struct leat_error *error)
{
    struct mock_backend *self = (struct mock_backend *)backend;
    const struct mock_schema *found;
    char name[WIRE_GUID_TEXT];

    pthread_mutex_lock(&mocks_lock);
    found = schema_by_guid(self->mock, guid);
    pthread_mutex_unlock(&mocks_lock);
    wire_guid_text(guid, name);
    return answer(found, self->mock->name, name, schema, error);
}

static void mock_free(struct registry_backend *backend)
{
    memory_free(backend);
}

static const struct registry_backend_ops mock_ops = { mock_add, mock_by_id, mock_by_guid,
                                                      mock_free, mock_expect };

int registry_mock_new(const char *name, struct registry_backend **out, struct leat_error *error)
{
    struct mock_backend *self;

    if (!*name)
        return error_set(error, LEAT_E_ARGUMENT,
                         "schema.registry.url 'mock://' lacks a name: mock://demo, say");
    self = memory_new(sizeof *self);
    self->backend.ops = &mock_ops;
    pthread_mutex_lock(&mocks_lock);
    self->mock = mock_by_name(name);
    pthread_mutex_unlock(&mocks_lock);
    *out = &self->backend;
    return LEAT_OK;
}
