/* upload_pages.c - uploads over HTTP: who may begin one, what its answer is.
 *
 * Entry points:  upload_pages_new(), upload_pages_routes()
 * See also:      upload.c (the upload itself), upload_slots.c (how many), upload_book.c (what is
 *                known of them)
 */
#include "blackfriday/web/upload_pages.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/logline.h"
#include "base/memory.h"
#include "blackfriday/web/upload.h"
#include "blackfriday/web/upload_book.h"
#include "blackfriday/web/upload_slots.h"
#include "schemas/print.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

enum {
    HTTP_BAD_REQUEST = 400,
    HTTP_NOT_FOUND = 404,
    HTTP_TIMEOUT = 408,
    HTTP_CONFLICT = 409,
    HTTP_TOO_LARGE = 413,
    HTTP_UNPROCESSABLE = 422,
    HTTP_TOO_MANY = 429,
    HTTP_BAD_GATEWAY = 502,
    HTTP_UNAVAILABLE = 503,
    OUTAGE_SECONDS = 10, /* after which to try again */
};

static const char csv_type[] = "text/csv; charset=utf-8";
static const char report_name[] = "report.csv";

struct upload_pages {
    struct upload_pages_options options;
    struct upload_slots *slots;
    struct upload_book *book;
};

struct body { /* one upload, from its head to its answer */
    struct upload_pages *pages;
    char id[UPLOAD_ID_MOST + 1];
    enum feed_topic topic;
    int slot;
    struct upload *upload; /* NULL: it has failed, and the rest is read over */
    int64_t begun_ms, bytes;
    unsigned status; /* 0: not decided yet */
};

/* ---- answers ------------------------------------------------------------------------------- */

__attribute__((format(printf, 3, 4))) static bool say(struct web_reply *reply, unsigned status,
                                                      const char *format, ...)
{
    char text[LEAT_ERROR_TEXT];
    va_list arguments;
    int full;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    reply->status = status;
    full = buffer_text(&reply->body, "{\"error\":");
    full = full ? full : print_string(leat_bytes_of(text), &reply->body);
    full = full ? full : buffer_text(&reply->body, "}\n");
    if (full)
        reply->body.size = 0;
    return false;
}

static unsigned status_of(int code)
{
    switch (code) {
    case LEAT_E_ARGUMENT:
        return HTTP_UNPROCESSABLE;
    case LEAT_E_RETRY:
    case LEAT_E_ABORTED:
    case LEAT_E_FENCED:
    case LEAT_E_STOPPED:
        return HTTP_UNAVAILABLE;
    default:
        return HTTP_BAD_GATEWAY;
    }
}

static void say_when(struct web_reply *reply)
{
    if (reply->status == HTTP_UNAVAILABLE)
        reply->retry_after_s = OUTAGE_SECONDS;
}

/* ---- the end of an upload ------------------------------------------------------------------ */

/* What ends without a commit leaves a transaction to be settled, or may. */
static void conclude(struct body *body, unsigned status, const char *error)
{
    struct upload_pages *pages = body->pages;
    struct upload_counts counts = { 0 };

    upload_progress(body->upload, &counts);
    upload_book_end(pages->book, body->id, body->upload, error);
    upload_free(body->upload);
    body->upload = NULL;
    body->status = status;
    upload_slots_give(pages->slots, body->slot, counts.written == counts.accepted);
    log_info("upload", "id=%s topic=%s status=%u rows=%" PRId64 " refused=%" PRId64
             " written=%" PRId64 " bytes=%" PRId64 " ms=%" PRId64,
             body->id, feed_name(body->topic), status, counts.rows, counts.refused, counts.written,
             counts.bytes, clock_ms(clock_system()) - body->begun_ms);
}

static void finish(struct body *body)
{
    struct upload_counts counts;
    struct leat_error error = { 0 };
    int code = upload_finish(body->upload, &error);

    upload_progress(body->upload, &counts);
    if (code)
        conclude(body, status_of(code), error.text);
    else
        conclude(body, counts.refused && !counts.written ? HTTP_UNPROCESSABLE : 200, NULL);
}

static void end(void *user, bool whole, struct web_reply *reply)
{
    struct body *body = user;

    if (body->upload && whole)
        finish(body);
    else if (body->upload)
        conclude(body, HTTP_BAD_REQUEST, "the client went away before the end of the file");
    if (reply) {
        reply->status = body->status;
        upload_book_tell(body->pages->book, body->id, &reply->body);
        say_when(reply);
    }
    memory_free(body);
}

/* ---- its parts ----------------------------------------------------------------------------- */

static void take(struct body *body, const void *data, size_t size)
{
    struct leat_error error = { 0 };
    int code = upload_take(body->upload, data, size, &error);

    if (code)
        conclude(body, status_of(code), error.text);
}

/* What has failed is read to its end for the sake of the answer, but not without bound. */
static bool part(void *user, const void *data, size_t size)
{
    struct body *body = user;
    int64_t max = body->pages->options.max_bytes;
    bool slow = clock_ms(clock_system()) - body->begun_ms > LIMIT_UPLOAD_MS;
    char text[128];

    body->bytes += (int64_t)size;
    if (body->upload && body->bytes > max) {
        snprintf(text, sizeof text, "the file is larger than %" PRId64 " bytes", max);
        conclude(body, HTTP_TOO_LARGE, text);
    } else if (body->upload && slow) {
        snprintf(text, sizeof text, "the file took longer than %d minutes",
                 LIMIT_UPLOAD_MS / 60000);
        conclude(body, HTTP_TIMEOUT, text);
    } else if (body->upload) {
        take(body, data, size);
    }
    return !slow && body->bytes <= 2 * max;
}

/* ---- its beginning ------------------------------------------------------------------------- */

static bool read_topic(const char *name, enum feed_topic *topic)
{
    for (int i = 0; i < FEED_TOPICS; i++)
        if (!strcmp(name, feed_name((enum feed_topic)i))) {
            *topic = (enum feed_topic)i;
            return true;
        }
    return false;
}

static bool read_choice(const char *text, enum upload_choice *choice)
{
    *choice = text && !strcmp(text, "all") ? UPLOAD_ALL_OR_NONE : UPLOAD_GOOD_ROWS;
    return !text || !strcmp(text, "all") || !strcmp(text, "good");
}

static bool read_head(const struct web_request *request, struct body *body,
                      enum upload_choice *choice, struct web_reply *reply)
{
    int64_t max = body->pages->options.max_bytes;
    const char *id = web_parameter(request, "id");

    if (!read_topic(web_path(request), &body->topic))
        return say(reply, HTTP_NOT_FOUND,
                   "no such upload: expected sales, inventory-updates, products or stores");
    if (!read_choice(web_parameter(request, "rows"), choice))
        return say(reply, HTTP_BAD_REQUEST, "rows: expected good or all");
    if (id && !upload_id_valid(id))
        return say(reply, HTTP_BAD_REQUEST, "id: expected %d to %d hexadecimal digits",
                   UPLOAD_ID_LEAST, UPLOAD_ID_MOST);
    if (web_length(request) > max)
        return say(reply, HTTP_TOO_LARGE, "the file is larger than %" PRId64 " bytes", max);
    if (id)
        snprintf(body->id, sizeof body->id, "%s", id);
    else
        upload_id_make(body->id);
    return true;
}

static bool take_slot(struct body *body, struct web_reply *reply)
{
    body->slot = upload_slots_take(body->pages->slots, &reply->retry_after_s);
    if (body->slot < 0)
        return say(reply, HTTP_TOO_MANY,
                   "at most %d uploads at once and %d a minute: try again in %u s", LIMIT_UPLOADS,
                   LIMIT_UPLOADS_A_MINUTE, reply->retry_after_s);
    if (upload_book_begin(body->pages->book, body->id))
        return true;
    upload_slots_give(body->pages->slots, body->slot, false);
    return say(reply, HTTP_CONFLICT, "id %s was used already: each upload has its own", body->id);
}

static bool open_upload(struct body *body, enum upload_choice choice, struct web_reply *reply)
{
    struct upload_pages *pages = body->pages;
    struct upload_options options = {
        .topic = body->topic,
        .choice = choice,
        .transactional_id = upload_slots_id(pages->slots, body->slot),
        .timestamp_ahead_ms = pages->options.timestamp_ahead_ms,
        .patience_ms = pages->options.patience_ms,
    };
    struct leat_error error = { 0 };
    int code = upload_new(pages->options.log, pages->options.registry, &options, &body->upload,
                          &error);

    if (!code) {
        upload_book_watch(pages->book, body->id, body->upload);
        return true;
    }
    upload_book_end(pages->book, body->id, NULL, error.text);
    upload_slots_give(pages->slots, body->slot, false);
    reply->status = status_of(code);
    upload_book_tell(pages->book, body->id, &reply->body);
    say_when(reply);
    log_warn("upload_refused", "id=%s topic=%s cause=\"%s\"", body->id, feed_name(body->topic),
             error.text);
    return false;
}

static bool begin(void *user, const struct web_request *request, void **out,
                  struct web_reply *reply)
{
    struct body *body = memory_new(sizeof *body);
    enum upload_choice choice = UPLOAD_GOOD_ROWS;

    body->pages = user;
    if (read_head(request, body, &choice, reply) && take_slot(body, reply) &&
        open_upload(body, choice, reply)) {
        body->begun_ms = clock_ms(clock_system());
        *out = body;
        return true;
    }
    memory_free(body);
    return false;
}

/* ---- what is asked of them ----------------------------------------------------------------- */

static void tell(void *user, const struct web_request *request, struct web_reply *reply)
{
    struct upload_pages *pages = user;
    const char *path = web_path(request), *slash = strchr(path, '/');
    size_t size = slash ? (size_t)(slash - path) : strlen(path);
    char id[UPLOAD_ID_MOST + 1];
    int told;

    snprintf(id, sizeof id, "%.*s", (int)(size < sizeof id ? size : 0), path);
    if (slash && !strcmp(slash + 1, report_name)) {
        told = upload_book_report(pages->book, id, &reply->body);
        if (told < 0)
            say(reply, HTTP_CONFLICT, "the upload is not over yet");
        reply->type = told > 0 ? csv_type : reply->type;
        reply->file_name = told > 0 ? report_name : NULL;
    } else {
        told = !slash && upload_book_tell(pages->book, id, &reply->body);
    }
    if (!told)
        say(reply, HTTP_NOT_FOUND, "there is no such upload, or it is long over");
}

static void give_template(void *user, const struct web_request *request, struct web_reply *reply)
{
    static const char *const names[FEED_TOPICS] = {
        [FEED_PRODUCTS] = "products.csv",
        [FEED_STORES] = "stores.csv",
        [FEED_UPDATES] = "inventory-updates.csv",
        [FEED_SALES] = "sales.csv",
    };

    for (int i = 0; i < FEED_TOPICS; i++)
        if (!strcmp(web_path(request), names[i])) {
            reply->type = csv_type;
            reply->file_name = names[i];
            if (buffer_text(&reply->body, upload_template((enum feed_topic)i)))
                reply->body.size = 0;
            return;
        }
    say(reply, HTTP_NOT_FOUND,
        "no such template: expected sales.csv, inventory-updates.csv, products.csv or stores.csv");
}

/* ---- coming and going ---------------------------------------------------------------------- */

struct upload_pages *upload_pages_new(const struct upload_pages_options *options)
{
    struct upload_pages *pages = memory_new(sizeof *pages);

    pages->options = *options;
    if (!pages->options.max_bytes)
        pages->options.max_bytes = LIMIT_UPLOAD_BYTES;
    pages->slots = upload_slots_new(options->log, options->id_prefix);
    pages->book = upload_book_new();
    return pages;
}

void upload_pages_free(struct upload_pages *pages)
{
    if (!pages)
        return;
    upload_slots_free(pages->slots);
    upload_book_free(pages->book);
    memory_free(pages);
}

void upload_pages_routes(struct upload_pages *pages, struct web_route routes[UPLOAD_ROUTES])
{
    routes[0] = (struct web_route){
        .method = "POST", .path = "/upload/", .user = pages,
        .begin = begin, .part = part, .end = end
    };
    routes[1] = (struct web_route){
        .method = "GET", .path = "/upload/", .user = pages, .answer = tell
    };
    routes[2] = (struct web_route){
        .method = "GET", .path = "/template/", .user = pages, .answer = give_template
    };
}
