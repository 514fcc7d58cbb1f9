/* peer.c - asking another instance. */
#include "processor/peer.h"

#include "base/memory.h"

#include <curl/curl.h>

static size_t take(char *data, size_t size, size_t count, void *user)
{
    struct buffer *body = user;

    return buffer_add(body, data, size * count) ? 0 : size * count;
}

static int is_stopped(void *stop, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    return stop && atomic_load((const atomic_bool *)stop);
}

static int outcome(const char *address, CURLcode result, const char *detail,
                   const struct buffer *body, struct leat_error *error)
{
    if (result == CURLE_OK)
        return LEAT_OK;
    if (result == CURLE_WRITE_ERROR)
        return error_set(error, LEAT_E_RETRY, "%.200s answered with more than %zu bytes", address,
                         body->limit);
    return error_set(error, LEAT_E_RETRY, "%.200s does not answer: %s", address,
                     *detail ? detail : curl_easy_strerror(result));
}

int peer_get(const char *address, const char *path, int64_t timeout_ms, const atomic_bool *stop,
             long *status, struct buffer *body, struct leat_error *error)
{
    char detail[CURL_ERROR_SIZE] = "";
    char *url = memory_format("http://%s%s", address, path);
    CURL *curl = curl_easy_init();
    CURLcode result;

    *status = 0;
    if (!curl) {
        memory_free(url);
        return error_set(error, LEAT_E_RETRY, "libcurl gives no handle: memory or files are short");
    }
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)(timeout_ms > 0 ? timeout_ms : 1));
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, is_stopped);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, stop);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
    result = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status);
    curl_easy_cleanup(curl);
    memory_free(url);
    return outcome(address, result, detail, body, error);
}
