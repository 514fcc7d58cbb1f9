/* live.c - what keeps the page's figures live. */
#include "blackfriday/web/live.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/logline.h"
#include "base/memory.h"
#include "blackfriday/web/health.h"
#include "blackfriday/web/reader.h"
#include "schemas/print.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum {
    POLL_MS = 100,
    SECTION_MS = 500,   /* least time between two events of a section */
    COST_PART = 20,     /* writing a section takes at most this part of the time */
    LOOK_MS = 1000,     /* between looks at lag and owners */
    SILENCE_MS = 30000, /* without an answer of the log the page is not healthy */
    HEALTH = FIGURES_SECTIONS,
};

struct live {
    struct live_options options;
    struct web_server *server;
    pthread_t reading, looking;
    atomic_bool stop;
    int64_t next_ms[FIGURES_SECTIONS]; /* the reading thread's */

    pthread_mutex_t mutex; /* of what follows */
    char *sections[FIGURES_SECTIONS + 1], waits[LEAT_ERROR_TEXT];
    struct health_counts counts;
    bool caught_up;
    int64_t answered_ms; /* when the log answered last */
};

static int64_t now_ms(void)
{
    return clock_ms(clock_system());
}

/* ---- sections -------------------------------------------------------------------------------- */

static const char *name_of(int section)
{
    return section == HEALTH ? "health" : figures_section_name((enum figures_section)section);
}

/* Keeps the text for /figures, and sends it where it is new. */
static void publish(struct live *live, int section, struct buffer *text)
{
    char *copy = memory_format("%.*s", (int)text->size, text->data);
    bool same;

    pthread_mutex_lock(&live->mutex);
    same = live->sections[section] && !strcmp(live->sections[section], copy);
    if (!same) {
        memory_free(live->sections[section]);
        live->sections[section] = copy;
        web_server_publish(live->server, name_of(section), copy);
    }
    pthread_mutex_unlock(&live->mutex);
    if (same)
        memory_free(copy);
}

static void write_section(struct live *live, struct figures *figures, enum figures_section section)
{
    int64_t began_ms = now_ms(), took_ms;
    struct buffer text;

    buffer_init(&text, LIMIT_WEB_EVENT_BYTES);
    if (figures_write(figures, section, &text))
        log_warn("web_section_too_large", "section=%s", name_of((int)section));
    else
        publish(live, (int)section, &text);
    buffer_free(&text);
    took_ms = (now_ms() - began_ms) * COST_PART;
    live->next_ms[section] = began_ms + (took_ms > SECTION_MS ? took_ms : SECTION_MS);
}

/* ---- reading --------------------------------------------------------------------------------- */

/* What the other thread and the routes want to know of the reader. */
static void note(struct live *live, struct web_reader *reader)
{
    const struct figures *figures = web_reader_figures(reader);

    pthread_mutex_lock(&live->mutex);
    snprintf(live->waits, sizeof live->waits, "%s", web_reader_waits(reader));
    if (web_reader_caught_up(reader)) {
        if (!live->caught_up)
            log_info("web_caught_up", "late=%" PRId64, figures_count(figures, FIGURES_LATE));
        live->counts.late = figures_count(figures, FIGURES_LATE);
        live->counts.rejected = figures_count(figures, FIGURES_REJECTED);
        live->counts.newest_ms = figures_time_ms(figures);
    }
    live->caught_up = web_reader_caught_up(reader);
    pthread_mutex_unlock(&live->mutex);
}

/* Until all was read, sums of a part of the topics would look like figures. */
static void *read_on(void *user)
{
    struct live *live = user;
    struct web_reader *reader = web_reader_new(&(struct web_reader_options){
        live->options.log, live->options.registry, live->options.figures, &live->stop });

    while (!atomic_load(&live->stop)) {
        web_reader_poll(reader, POLL_MS);
        note(live, reader);
        for (int i = 0; i < FIGURES_SECTIONS && web_reader_caught_up(reader); i++) {
            struct figures *figures = web_reader_figures(reader);

            if (figures_changed(figures, (enum figures_section)i) && now_ms() >= live->next_ms[i])
                write_section(live, figures, (enum figures_section)i);
        }
    }
    web_reader_free(reader);
    return NULL;
}

/* ---- looking --------------------------------------------------------------------------------- */

static void write_health(struct live *live, const struct health *health)
{
    struct health_counts counts;
    struct buffer text;

    pthread_mutex_lock(&live->mutex);
    counts = live->counts;
    pthread_mutex_unlock(&live->mutex);
    buffer_init(&text, LIMIT_WEB_EVENT_BYTES);
    if (health_write(health, &counts, &text))
        log_warn("web_section_too_large", "section=health");
    else
        publish(live, HEALTH, &text);
    buffer_free(&text);
}

static void *look_on(void *user)
{
    struct live *live = user;
    struct health *health = health_new(live->options.log, live->options.application);

    for (int64_t next_ms = 0; !atomic_load(&live->stop);) {
        if (now_ms() < next_ms) {
            clock_sleep_ms(POLL_MS);
            continue;
        }
        if (health_look(health)) {
            pthread_mutex_lock(&live->mutex);
            live->answered_ms = now_ms();
            pthread_mutex_unlock(&live->mutex);
        }
        write_health(live, health);
        next_ms = now_ms() + LOOK_MS;
    }
    health_free(health);
    return NULL;
}

/* ---- routes ---------------------------------------------------------------------------------- */

static void fail(struct web_reply *reply, unsigned status, const char *reason)
{
    reply->status = status;
    reply->body.size = 0;
    if (buffer_text(&reply->body, "{\"error\":") ||
        print_string(leat_bytes_of(reason), &reply->body) || buffer_text(&reply->body, "}\n"))
        reply->body.size = 0;
}

/* Empty: nothing is wrong. The mutex is held. */
static const char *trouble(const struct live *live)
{
    if (now_ms() - live->answered_ms > SILENCE_MS)
        return "the brokers do not answer";
    if (*live->waits)
        return live->waits;
    return live->caught_up ? "" : "the topics are being read to their end";
}

static void show_health(void *user, const struct web_request *request, struct web_reply *reply)
{
    struct live *live = user;

    pthread_mutex_lock(&live->mutex);
    if (*trouble(live))
        fail(reply, 503, trouble(live));
    else if (buffer_text(&reply->body, "{\"status\":\"healthy\"}\n"))
        fail(reply, 500, "no room");
    pthread_mutex_unlock(&live->mutex);
}

static int write_sections(const struct live *live, struct buffer *out)
{
    int status = LEAT_OK;

    for (int i = 0; i <= HEALTH && !status; i++)
        status = buffer_format(out, "%s\"%s\":", i ? "," : "{", name_of(i)) ||
                 buffer_text(out, live->sections[i] ? live->sections[i] : "null");
    return status ? status : buffer_text(out, "}\n");
}

static void show_figures(void *user, const struct web_request *request, struct web_reply *reply)
{
    struct live *live = user;

    pthread_mutex_lock(&live->mutex);
    if (!live->sections[0])
        fail(reply, 503, *trouble(live) ? trouble(live) : "there are no figures yet");
    else if (write_sections(live, &reply->body))
        fail(reply, 500, "the figures are too large");
    pthread_mutex_unlock(&live->mutex);
}

void live_routes(struct live *live, struct web_route routes[LIVE_ROUTES])
{
    routes[0] = (struct web_route){
        .method = "GET", .path = "/figures", .user = live, .answer = show_figures
    };
    routes[1] = (struct web_route){
        .method = "GET", .path = "/health", .user = live, .open = true, .answer = show_health
    };
}

/* ---- life ------------------------------------------------------------------------------------ */

struct live *live_new(const struct live_options *options)
{
    struct live *live = memory_new(sizeof *live);

    live->options = *options;
    pthread_mutex_init(&live->mutex, NULL);
    live->answered_ms = now_ms() - SILENCE_MS - 1;
    return live;
}

void live_free(struct live *live)
{
    if (!live)
        return;
    for (int i = 0; i <= HEALTH; i++)
        memory_free(live->sections[i]);
    pthread_mutex_destroy(&live->mutex);
    memory_free(live);
}

void live_start(struct live *live, struct web_server *server)
{
    int status;

    live->server = server;
    status = pthread_create(&live->reading, NULL, read_on, live);
    assert(!status);
    status = pthread_create(&live->looking, NULL, look_on, live);
    assert(!status);
}

void live_stop(struct live *live)
{
    atomic_store(&live->stop, true);
    pthread_join(live->reading, NULL);
    pthread_join(live->looking, NULL);
}
