/* upload_pages.h - uploads over HTTP, as routes of server.h.
 *
 *   POST /upload/{sales|inventory-updates|products|stores}?rows=good|all&id=HEX
 *        The body is the CSV itself. 200: all that was accepted is written; 422: nothing is, since
 *        rows or the file were refused; 400, 404, 409 (that id was used), 408, 413, 429: as they
 *        are; 502: the broker or the registry refused, 503: it is away, and nothing was written.
 *        "written" is null where the broker did not answer the commit: then all is, or nothing.
 *   GET  /upload/ID             the same JSON while it goes on, and for a while after
 *   GET  /upload/ID/report.csv  the refused rows, once it is over
 *   GET  /template/sales.csv    and so on
 *
 * What breaks off, takes longer than LIMIT_UPLOAD_MS or grows beyond max_bytes is aborted.
 */
#ifndef BLACKFRIDAY_WEB_UPLOAD_PAGES_H
#define BLACKFRIDAY_WEB_UPLOAD_PAGES_H

#include "blackfriday/web/server.h"

struct log;
struct registry;
struct upload_pages;

enum { UPLOAD_ROUTES = 3 };

struct upload_pages_options {
    struct log *log;
    struct registry *registry;
    const char *id_prefix;      /* of transactional ids: one that no other process has */
    int64_t timestamp_ahead_ms; /* as at upload.h */
    int64_t max_bytes;          /* of one file; 0: LIMIT_UPLOAD_BYTES */
    int patience_ms;            /* for the broker and the registry; 0: half a minute */
};

struct upload_pages *upload_pages_new(const struct upload_pages_options *options);
void upload_pages_free(struct upload_pages *pages); /* after the server; NULL is a no-op */

void upload_pages_routes(struct upload_pages *pages, struct web_route routes[UPLOAD_ROUTES]);

#endif
