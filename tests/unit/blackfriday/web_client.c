/* web_client.c - a client of the web server for its tests. */
#include "web_client.h"

#include <criterion/criterion.h>
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct exchange {
    const struct client_ask *ask;
    struct client_reply *reply;
};

static size_t take_header(char *data, size_t size, size_t count, void *user)
{
    struct client_reply *reply = ((struct exchange *)user)->reply;
    size_t used = strlen(reply->headers);

    snprintf(reply->headers + used, sizeof reply->headers - used, "%.*s", (int)(size * count),
             data);
    return size * count;
}

/* What does not fit is counted and not kept. 0 ends the exchange. */
static size_t take_body(char *data, size_t size, size_t count, void *user)
{
    struct exchange *exchange = user;
    struct client_reply *reply = exchange->reply;
    size_t taken = size * count, room = sizeof reply->body - 1 - reply->size;

    if (taken > room)
        taken = room;
    memcpy(reply->body + reply->size, data, taken);
    reply->size += taken;
    reply->body[reply->size] = 0;
    return exchange->ask->until && strstr(reply->body, exchange->ask->until) ? 0 : size * count;
}

static struct curl_slist *headers_of(const struct client_ask *ask)
{
    /* Without this libcurl asks before it sends a long body. */
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");

    for (size_t i = 0; i < sizeof ask->headers / sizeof *ask->headers; i++)
        if (ask->headers[i])
            list = curl_slist_append(list, ask->headers[i]);
    return list;
}

static void set_body(CURL *curl, const struct client_ask *ask)
{
    long size = (long)(ask->body_size ? ask->body_size : strlen(ask->body));

    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, ask->body);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, size);
}

void client_get(const struct client_ask *ask, struct client_reply *reply)
{
    struct exchange exchange = { ask, reply };
    struct curl_slist *headers = headers_of(ask);
    CURL *curl = curl_easy_init();
    char url[64 << 10];

    memset(reply, 0, sizeof *reply);
    snprintf(url, sizeof url, "http://127.0.0.1:%u%s", ask->port, ask->path);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &exchange);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &exchange);
    if (ask->body)
        set_body(curl, ask);
    if (ask->method)
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, ask->method);
    if (ask->method && !strcmp(ask->method, "HEAD"))
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply->status);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
}

const char *client_header(const struct client_reply *reply, const char *name)
{
    static char value[1024];
    size_t size = strlen(name);

    for (const char *line = reply->headers; *line; line += strcspn(line, "\n") + 1) {
        if (strncasecmp(line, name, size) || line[size] != ':')
            continue;
        snprintf(value, sizeof value, "%.*s", (int)strcspn(line + size + 2, "\r\n"),
                 line + size + 2);
        return value;
    }
    return NULL;
}
