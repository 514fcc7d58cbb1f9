/* live.h - keeps the page's figures live: one thread reads the topics, one looks at lag and owners,
 * and what changed goes out as events, at most twice a second a section.
 */
#ifndef BLACKFRIDAY_WEB_LIVE_H
#define BLACKFRIDAY_WEB_LIVE_H

#include "blackfriday/web/figures.h"
#include "blackfriday/web/server.h"

struct log;
struct registry;
struct live;

struct live_options {
    struct log *log;
    struct registry *registry;
    const char *application; /* whose lag and whose instances; outlives it */
    struct figures_options figures;
};

struct live *live_new(const struct live_options *options);
void live_free(struct live *live); /* after the server that has its routes; NULL is a no-op */

enum { LIVE_ROUTES = 2 };

/* GET /figures and GET /health. */
void live_routes(struct live *live, struct web_route routes[LIVE_ROUTES]);

/* From here to the stop it publishes to the server. */
void live_start(struct live *live, struct web_server *server);
void live_stop(struct live *live);

#endif
