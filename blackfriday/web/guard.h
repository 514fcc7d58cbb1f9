/* guard.h - who may ask: the token, the cookie that stands for it, and what a browser says of where
 * a request comes from. Of HTTP it knows the headers' texts alone.
 */
#ifndef BLACKFRIDAY_WEB_GUARD_H
#define BLACKFRIDAY_WEB_GUARD_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct guard;

enum { GUARD_COOKIE_BYTES = 160 };

/* What a request says; what it does not say is NULL. */
struct guard_question {
    const char *address; /* of the client, as text */
    const char *method, *path, *host, *origin, *fetch_site, *fetch_mode, *authorization, *cookie;
    const char *token; /* the parameter of the path */
    bool open;         /* for those without a token too */
    int64_t now_ms;    /* of a clock that does not jump */
};

enum guard_verdict {
    GUARD_PASS,
    GUARD_ENTER,   /* the token was right: give the cookie, and send on to / */
    GUARD_HOST,    /* a name that is not this machine's: a page elsewhere may have made it up */
    GUARD_ORIGIN,  /* another page's request */
    GUARD_NONE,    /* no token, or a cookie of an older one */
    GUARD_WRONG,   /* a wrong token */
    GUARD_TOO_MANY /* wrong tokens from that address: it waits a minute */
};

/* token NULL: none is asked for. LEAT_E_ARGUMENT: it is too short, too long, or not printable. */
int guard_new(const char *token, struct guard **out, struct leat_error *error) MUST_CHECK;
void guard_free(struct guard *guard); /* NULL is a no-op */

/* Thread: any. */
enum guard_verdict guard_ask(struct guard *guard, const struct guard_question *question);

/* The value of Set-Cookie. */
void guard_cookie(const struct guard *guard, char out[GUARD_COOKIE_BYTES]);

#endif
