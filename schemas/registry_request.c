/* registry_request.c - one request and its answer, within limits of time and size.
 *
 * A handle a request: the registry is asked once for each schema, so a connection that is kept
 * would only ever be found dead.
 */
#include "schemas/registry_request.h"

#include "base/memory.h"

#include <assert.h>
#include <curl/curl.h>
#include <pthread.h>

enum { TIMEOUT_MS = 10000, CONNECT_TIMEOUT_MS = 3000 };

static pthread_once_t curl_ready = PTHREAD_ONCE_INIT;

static void start_curl(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static size_t take(char *data, size_t size, size_t count, void *user)
{
    struct buffer *body = user;

    return buffer_add(body, data, size * count) ? 0 : size * count;
}

static void set_security(CURL *curl, const struct registry_options *options)
{
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (options->ca_file)
        curl_easy_setopt(curl, CURLOPT_CAINFO, options->ca_file);
    if (options->certificate_file)
        curl_easy_setopt(curl, CURLOPT_SSLCERT, options->certificate_file);
    if (options->key_file)
        curl_easy_setopt(curl, CURLOPT_SSLKEY, options->key_file);
    if (!options->user)
        return;
    curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    curl_easy_setopt(curl, CURLOPT_USERNAME, options->user);
    curl_easy_setopt(curl, CURLOPT_PASSWORD, options->password ? options->password : "");
}

static void set_bounds(CURL *curl, const struct registry_options *options)
{
    long timeout_ms = options->timeout_ms ? options->timeout_ms : TIMEOUT_MS;
    long connect_ms = timeout_ms < CONNECT_TIMEOUT_MS ? timeout_ms : CONNECT_TIMEOUT_MS;

    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout_ms);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
}

static struct curl_slist *set_content(CURL *curl, const struct registry_request *request)
{
    static const char accept[] = "Accept: application/vnd.schemaregistry.v1+json, application/json";
    static const char type[] = "Content-Type: application/vnd.schemaregistry.v1+json";
    struct curl_slist *headers = curl_slist_append(NULL, accept);

    if (request->post) {
        headers = curl_slist_append(headers, type);
        curl_easy_setopt(curl, CURLOPT_POST, 1L);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(request->post));
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->post);
    }
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    return headers;
}

static int outcome(const struct registry_request *request, CURLcode result, const char *detail,
                   size_t limit, struct leat_error *error)
{
    if (result == CURLE_OK)
        return LEAT_OK;
    if (result == CURLE_WRITE_ERROR)
        return error_set(error, LEAT_E_RETRY,
                         "%s answered with more than %zu bytes: is it a schema registry?",
                         request->url, limit);
    return error_set(error, LEAT_E_RETRY, "schema registry cannot be reached at %s: %s",
                     request->url, *detail ? detail : curl_easy_strerror(result));
}

int registry_request(const struct registry_request *request, long *status, struct buffer *body,
                     struct leat_error *error)
{
    char detail[CURL_ERROR_SIZE] = "";
    struct curl_slist *headers;
    CURLcode result;
    CURL *curl;

    pthread_once(&curl_ready, start_curl);
    curl = curl_easy_init();
    if (!curl)
        return error_set(error, LEAT_E_RETRY, "libcurl gives no handle: memory or files are short");
    curl_easy_setopt(curl, CURLOPT_URL, request->url);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
    set_security(curl, request->options);
    set_bounds(curl, request->options);
    headers = set_content(curl, request);
    result = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return outcome(request, result, detail, body->limit, error);
}

char *registry_request_escape(const char *text)
{
    char *escaped, *copy;

    pthread_once(&curl_ready, start_curl);
    escaped = curl_easy_escape(NULL, text, 0);
    assert(escaped);
    copy = memory_text(escaped);
    curl_free(escaped);
    return copy;
}
