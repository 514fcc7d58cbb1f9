/* guard.c - who may ask.
 *
 * Secrets are compared by their digests: those have one length, and the comparison takes the same
 * time wherever they differ. The cookie is derived from the token by a slow function: it outlives a
 * restart of the server, and trying tokens by their cookies is no way around the limit on wrong
 * tokens. Wrong cookies do not count there, since a page that is left open sends an old one again
 * and again.
 */
#include "blackfriday/web/guard.h"

#include "base/limits.h"
#include "base/memory.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { COOKIE_ROUNDS = 100000, MINUTE_MS = 60000, ADDRESS_BYTES = 48 };

static const char cookie_name[] = "blackfriday";

struct caller {
    char address[ADDRESS_BYTES];
    int64_t since_ms;
    int failures;
};

struct guard {
    bool has_token;
    unsigned char token[SHA256_DIGEST_LENGTH]; /* its digest */
    char cookie[2 * SHA256_DIGEST_LENGTH + 1];
    unsigned char cookie_digest[SHA256_DIGEST_LENGTH];
    pthread_mutex_t mutex;
    struct caller callers[LIMIT_WEB_ADDRESSES];
};

static void digest(const char *text, size_t size, unsigned char out[SHA256_DIGEST_LENGTH])
{
    SHA256((const unsigned char *)text, size, out);
}

static bool same(const char *text, size_t size, const unsigned char wanted[SHA256_DIGEST_LENGTH])
{
    unsigned char given[SHA256_DIGEST_LENGTH];

    digest(text, size, given);
    return !CRYPTO_memcmp(given, wanted, sizeof given);
}

/* ---- life ------------------------------------------------------------------------------------ */

static int check_token(const char *token, struct leat_error *error)
{
    size_t size = strlen(token);

    if (size < LIMIT_WEB_TOKEN_LEAST || size > LIMIT_WEB_TOKEN_BYTES)
        return error_set(error, LEAT_E_ARGUMENT, "the token has %zu characters: %d to %d are asked",
                         size, LIMIT_WEB_TOKEN_LEAST, LIMIT_WEB_TOKEN_BYTES);
    for (size_t i = 0; i < size; i++)
        if (token[i] <= ' ' || token[i] > '~')
            return error_set(error, LEAT_E_ARGUMENT,
                             "the token's character %zu is no printable one of ASCII", i + 1);
    return LEAT_OK;
}

static void derive_cookie(struct guard *guard, const char *token)
{
    static const unsigned char salt[] = "blackfriday web cookie";
    unsigned char key[SHA256_DIGEST_LENGTH];
    int done = PKCS5_PBKDF2_HMAC(token, (int)strlen(token), salt, sizeof salt - 1, COOKIE_ROUNDS,
                                 EVP_sha256(), sizeof key, key);

    assert(done == 1);
    for (size_t i = 0; i < sizeof key; i++)
        snprintf(guard->cookie + 2 * i, 3, "%02x", key[i]);
    digest(guard->cookie, sizeof guard->cookie - 1, guard->cookie_digest);
}

int guard_new(const char *token, struct guard **out, struct leat_error *error)
{
    int status = token ? check_token(token, error) : LEAT_OK;
    struct guard *guard;

    if (status)
        return status;
    guard = memory_new(sizeof *guard);
    guard->has_token = token;
    if (token) {
        digest(token, strlen(token), guard->token);
        derive_cookie(guard, token);
    }
    pthread_mutex_init(&guard->mutex, NULL);
    *out = guard;
    return LEAT_OK;
}

void guard_free(struct guard *guard)
{
    if (!guard)
        return;
    pthread_mutex_destroy(&guard->mutex);
    memory_free(guard);
}

void guard_cookie(const struct guard *guard, char out[GUARD_COOKIE_BYTES])
{
    snprintf(out, GUARD_COOKIE_BYTES, "%s=%s; Path=/; HttpOnly; SameSite=Strict", cookie_name,
             guard->cookie);
}

/* ---- where it comes from --------------------------------------------------------------------- */

/* Without a token the names of this machine alone are answered to: a page elsewhere can let its own
 * name stand for 127.0.0.1, and would read what is here as its own. */
static bool names_loopback(const char *host)
{
    static const char *const names[] = { "localhost", "127.0.0.1", "[::1]" };

    for (size_t i = 0; host && i < sizeof names / sizeof *names; i++) {
        size_t size = strlen(names[i]);

        if (!strncasecmp(host, names[i], size) && (!host[size] || host[size] == ':'))
            return true;
    }
    return false;
}

static bool origin_is_host(const char *origin, const char *host)
{
    if (!host)
        return false;
    if (!strncasecmp(origin, "http://", 7))
        return !strcasecmp(origin + 7, host);
    return !strncasecmp(origin, "https://", 8) && !strcasecmp(origin + 8, host);
}

/* A link from elsewhere may lead to the page; nothing else of another page's doing is taken. Only
 * browsers send these headers, and no script can forge them. */
static bool from_elsewhere(const struct guard_question *question)
{
    bool get = strcmp(question->method, "POST") != 0;
    bool link = get && question->fetch_mode && !strcmp(question->fetch_mode, "navigate");
    const char *site = question->fetch_site;

    if (site && !link && strcmp(site, "same-origin") && strcmp(site, "none"))
        return true;
    return question->origin && !link && !origin_is_host(question->origin, question->host);
}

/* ---- wrong tokens ---------------------------------------------------------------------------- */

/* The address' entry, else the oldest one. */
static struct caller *caller_of(struct guard *guard, const char *address)
{
    struct caller *oldest = &guard->callers[0];

    for (size_t i = 0; i < LIMIT_WEB_ADDRESSES; i++) {
        struct caller *caller = &guard->callers[i];

        if (!strcmp(caller->address, address))
            return caller;
        if (caller->since_ms < oldest->since_ms)
            oldest = caller;
    }
    return oldest;
}

/* The address' entry of this minute. The mutex is held. */
static struct caller *caller_now(struct guard *guard, const struct guard_question *question)
{
    struct caller *caller = caller_of(guard, question->address);

    if (strcmp(caller->address, question->address) ||
        question->now_ms - caller->since_ms >= MINUTE_MS) {
        snprintf(caller->address, sizeof caller->address, "%s", question->address);
        caller->since_ms = question->now_ms;
        caller->failures = 0;
    }
    return caller;
}

/* ---- the token ------------------------------------------------------------------------------- */

static const char *bearer(const char *authorization)
{
    static const char scheme[] = "Bearer ";

    return authorization && !strncasecmp(authorization, scheme, sizeof scheme - 1)
               ? authorization + sizeof scheme - 1
               : NULL;
}

static bool right_cookie(const struct guard *guard, const char *cookies)
{
    size_t name = sizeof cookie_name - 1;

    while (cookies && *cookies) {
        const char *end = cookies + strcspn(cookies, ";");

        if (!strncmp(cookies, cookie_name, name) && cookies[name] == '=' &&
            same(cookies + name + 1, (size_t)(end - cookies) - name - 1, guard->cookie_digest))
            return true;
        cookies = end + strspn(end, "; ");
    }
    return false;
}

/* Looked at and counted in one, or many at once would have more tries. */
static enum guard_verdict try_token(struct guard *guard, const struct guard_question *question,
                                    const char *token, enum guard_verdict right)
{
    enum guard_verdict verdict = right;
    struct caller *caller;

    pthread_mutex_lock(&guard->mutex);
    caller = caller_now(guard, question);
    if (caller->failures >= LIMIT_WEB_FAILURES) {
        verdict = GUARD_TOO_MANY;
    } else if (!same(token, strlen(token), guard->token)) {
        caller->failures++;
        verdict = GUARD_WRONG;
    }
    pthread_mutex_unlock(&guard->mutex);
    return verdict;
}

enum guard_verdict guard_ask(struct guard *guard, const struct guard_question *question)
{
    const char *token = bearer(question->authorization);

    if (!guard->has_token && !names_loopback(question->host))
        return GUARD_HOST;
    if (from_elsewhere(question))
        return GUARD_ORIGIN;
    if (!guard->has_token || question->open)
        return GUARD_PASS;
    if (token)
        return try_token(guard, question, token, GUARD_PASS);
    if (question->token && !strcmp(question->path, "/") && strcmp(question->method, "POST"))
        return try_token(guard, question, question->token, GUARD_ENTER);
    return right_cookie(guard, question->cookie) ? GUARD_PASS : GUARD_NONE;
}
