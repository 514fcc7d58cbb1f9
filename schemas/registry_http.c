/* registry_http.c - Confluent's API, at one of several addresses.
 *
 * An address that does not answer, or answers with a server's fault, is passed over for the next;
 * the one that answered last is tried first. What an answer means:
 *   2xx with the JSON of the API     the answer
 *   404 with the API's own code      LEAT_E_DATA: no such schema
 *   404 without it, 3xx, other 4xx   LEAT_E_REGISTRY: wrong path, refused, no access
 *   5xx, 408, 429, no JSON           LEAT_E_RETRY
 * A 404 that is not the API's own may come from a proxy or a wrong path, and must not make good
 * records look bad.
 */
#include "schemas/registry_backend.h"

#include "base/limits.h"
#include "base/memory.h"
#include "schemas/registry_request.h"
#include "schemas/wire.h"

#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct http_backend {
    struct registry_backend backend;
    struct registry_options options; /* its texts are ours */
    char *urls[LIMIT_REGISTRY_URLS];
    size_t url_count;
    atomic_size_t first; /* the address that answered last */
};

/* ---- what an answer means ----------------------------------------------------------------- */

struct answer {
    long status;
    struct buffer body;
    json_t *json; /* an object, or NULL */
};

static void answer_free(struct answer *answer)
{
    json_decref(answer->json);
    buffer_free(&answer->body);
}

/* The registry's own sentence, if it gave one. */
static const char *message_of(const struct answer *answer)
{
    const char *message = json_string_value(json_object_get(answer->json, "message"));

    return message ? message : "no reason given";
}

static bool is_outage(long status)
{
    return status >= 500 || status == 408 || status == 429;
}

/* 404nn: the API knows the question and has no answer; a bare 404 is any web server's. */
static bool is_unknown(const struct answer *answer)
{
    json_int_t code = json_integer_value(json_object_get(answer->json, "error_code"));

    return answer->status == 404 && code >= 40400 && code <= 40499;
}

static int refusal(const struct answer *answer, const char *url, struct leat_error *error)
{
    long status = answer->status;

    if (is_outage(status))
        return error_set(error, LEAT_E_RETRY, "schema registry %s has a fault (HTTP %ld): %s", url,
                         status, message_of(answer));
    if (is_unknown(answer))
        return error_set(error, LEAT_E_DATA, "schema registry %s: %s", url, message_of(answer));
    if (status == 401 || status == 403)
        return error_set(error, LEAT_E_REGISTRY,
                         "schema registry %s gives no access (HTTP %ld): check "
                         "schema.registry.basic.auth.user.info",
                         url, status);
    if (status >= 300 && status < 400)
        return error_set(error, LEAT_E_REGISTRY,
                         "schema registry %s redirects (HTTP %ld): set schema.registry.url to "
                         "where it leads",
                         url, status);
    if (status == 404)
        return error_set(error, LEAT_E_REGISTRY,
                         "no schema registry at %s (HTTP 404): check the path in "
                         "schema.registry.url",
                         url);
    return error_set(error, LEAT_E_REGISTRY, "schema registry %s refused (HTTP %ld): %s", url,
                     status, message_of(answer));
}

static int judge(struct answer *answer, const char *url, struct leat_error *error)
{
    answer->json =
        json_loadb(answer->body.data ? answer->body.data : "", answer->body.size, 0, NULL);
    if (!json_is_object(answer->json)) {
        json_decref(answer->json);
        answer->json = NULL;
    }
    if (answer->status < 200 || answer->status >= 300)
        return refusal(answer, url, error);
    if (!answer->json)
        return error_set(error, LEAT_E_RETRY,
                         "%s answered with something other than JSON: is it a schema registry?",
                         url);
    return LEAT_OK;
}

/* ---- asking ------------------------------------------------------------------------------- */

static int ask_one(struct http_backend *self, const char *base, const char *path, const char *post,
                   struct answer *answer, struct leat_error *error)
{
    char *url = memory_format("%s%s", base, path);
    struct registry_request request = { &self->options, url, post };
    int code;

    *answer = (struct answer){ 0 };
    buffer_init(&answer->body, LIMIT_HTTP_BODY_BYTES);
    code = registry_request(&request, &answer->status, &answer->body, error);
    if (!code)
        code = judge(answer, base, error);
    memory_free(url);
    return code;
}

/* The answer is to be freed in any case. */
static int ask(struct http_backend *self, const char *path, const char *post, struct answer *answer,
               struct leat_error *error)
{
    size_t first = atomic_load(&self->first);
    int code = LEAT_E_RETRY;

    *answer = (struct answer){ 0 };
    for (size_t i = 0; i < self->url_count && code == LEAT_E_RETRY; i++) {
        size_t at = (first + i) % self->url_count;

        answer_free(answer);
        code = ask_one(self, self->urls[at], path, post, answer, error);
        if (code != LEAT_E_RETRY)
            atomic_store(&self->first, at);
    }
    return code;
}

static char *post_body(const char *schema)
{
    json_t *text = json_string(schema);
    char *quoted = text ? json_dumps(text, JSON_ENCODE_ANY) : NULL;
    char *body = quoted ? memory_format("{\"schema\": %s}", quoted) : NULL;

    free(quoted);
    json_decref(text);
    return body;
}

static int take_id(const struct answer *answer, int32_t *id, struct leat_error *error)
{
    const json_t *value = json_object_get(answer->json, "id");
    json_int_t number = json_integer_value(value);

    if (!json_is_integer(value) || number < 0 || number > INT32_MAX)
        return error_set(error, LEAT_E_RETRY,
                         "schema registry answered a registration without an id");
    *id = (int32_t)number;
    return LEAT_OK;
}

static int http_add(struct registry_backend *backend, const char *subject, const char *schema,
                    int32_t *id, struct leat_error *error)
{
    char *body = post_body(schema), *escaped, *path;
    struct answer answer;
    int code;

    if (!body)
        return error_set(error, LEAT_E_REGISTRY, "schema for subject '%s' is not UTF-8", subject);
    escaped = registry_request_escape(subject);
    path = memory_format("/subjects/%s/versions", escaped);
    code = ask((struct http_backend *)backend, path, body, &answer, error);
    if (!code)
        code = take_id(&answer, id, error);
    /* A registration names no schema by id: whatever is not there is the registry's refusal. */
    if (code == LEAT_E_DATA)
        code = LEAT_E_REGISTRY;
    answer_free(&answer);
    memory_free(path);
    memory_free(escaped);
    memory_free(body);
    if (code && error) {
        error->code = code;
        return error_wrap(error, "subject '%s'", subject);
    }
    return code;
}

static int take_schema(const struct answer *answer, char **schema, struct leat_error *error)
{
    const char *kind = json_string_value(json_object_get(answer->json, "schemaType"));
    const char *text = json_string_value(json_object_get(answer->json, "schema"));

    if (kind && strcmp(kind, "AVRO"))
        return error_set(error, LEAT_E_DATA, "it is of type %s, and only AVRO is read", kind);
    if (!text)
        return error_set(error, LEAT_E_RETRY, "schema registry answered without a schema");
    *schema = memory_text(text);
    return LEAT_OK;
}

static int http_schema(struct registry_backend *backend, const char *kind, const char *name,
                       char **schema, struct leat_error *error)
{
    char *path = memory_format("/schemas/%s/%s", kind, name);
    struct answer answer;
    int code = ask((struct http_backend *)backend, path, NULL, &answer, error);

    if (!code)
        code = take_schema(&answer, schema, error);
    /* Older registries do not know the path of GUIDs, and say so in their own JSON. */
    if (code == LEAT_E_REGISTRY && answer.status == 404 && answer.json && !strcmp(kind, "guids"))
        code = error_set(error, LEAT_E_DATA, "schema registry looks up no GUIDs: %s",
                         message_of(&answer));
    answer_free(&answer);
    memory_free(path);
    if (code && error)
        return error_wrap(error, "schema %s", name);
    return code;
}

static int http_by_id(struct registry_backend *backend, int32_t id, char **schema,
                      struct leat_error *error)
{
    char name[16];

    snprintf(name, sizeof name, "%" PRId32, id);
    return http_schema(backend, "ids", name, schema, error);
}

static int http_by_guid(struct registry_backend *backend, const uint8_t guid[16], char **schema,
                        struct leat_error *error)
{
    char name[WIRE_GUID_TEXT];

    wire_guid_text(guid, name);
    return http_schema(backend, "guids", name, schema, error);
}

/* ---- making and freeing ------------------------------------------------------------------- */

static void http_free(struct registry_backend *backend)
{
    struct http_backend *self = (struct http_backend *)backend;

    for (size_t i = 0; i < self->url_count; i++)
        memory_free(self->urls[i]);
    memory_free(self->options.user);
    if (self->options.password)
        explicit_bzero((char *)(uintptr_t)self->options.password, strlen(self->options.password));
    memory_free(self->options.password);
    memory_free(self->options.ca_file);
    memory_free(self->options.certificate_file);
    memory_free(self->options.key_file);
    memory_free(self);
}

/* One address, without the slashes at its end. */
static int add_url(struct http_backend *self, const char *text, size_t size,
                   struct leat_error *error)
{
    bool http = size > 7 && !strncmp(text, "http://", 7);
    bool https = size > 8 && !strncmp(text, "https://", 8);

    if (!http && !https)
        return error_set(error, LEAT_E_ARGUMENT,
                         "schema.registry.url '%.*s' begins with none of http://, https:// and "
                         "mock://",
                         (int)(size < 200 ? size : 200), text);
    if (memchr(text, '@', size))
        return error_set(error, LEAT_E_ARGUMENT,
                         "schema.registry.url holds a user: put it into "
                         "schema.registry.basic.auth.user.info");
    if (self->url_count == LIMIT_REGISTRY_URLS)
        return error_set(error, LEAT_E_ARGUMENT, "schema.registry.url has more than %d addresses",
                         LIMIT_REGISTRY_URLS);
    while (text[size - 1] == '/')
        size--;
    self->urls[self->url_count++] = memory_format("%.*s", (int)size, text);
    return LEAT_OK;
}

static int add_urls(struct http_backend *self, const char *urls, struct leat_error *error)
{
    int code = LEAT_OK;

    while (*urls && !code) {
        size_t size;

        urls += strspn(urls, ", ");
        size = strcspn(urls, ", ");
        if (size)
            code = add_url(self, urls, size, error);
        urls += size;
    }
    if (!code && !self->url_count)
        return error_set(error, LEAT_E_ARGUMENT, "schema.registry.url holds no address");
    return code;
}

static const struct registry_backend_ops http_ops = { http_add, http_by_id, http_by_guid,
                                                      http_free };

int registry_http_new(const struct registry_options *options, struct registry_backend **out,
                      struct leat_error *error)
{
    struct http_backend *self = memory_new(sizeof *self);
    int code;

    self->backend.ops = &http_ops;
    self->options = (struct registry_options){
        .user = memory_text(options->user),
        .password = memory_text(options->password),
        .ca_file = memory_text(options->ca_file),
        .certificate_file = memory_text(options->certificate_file),
        .key_file = memory_text(options->key_file),
        .timeout_ms = options->timeout_ms,
    };
    assert(options->timeout_ms >= 0);
    code = add_urls(self, options->url, error);
    if (code)
        http_free(&self->backend);
    else
        *out = &self->backend;
    return code;
}
