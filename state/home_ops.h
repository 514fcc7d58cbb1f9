/* home_ops.h - what a home is made of: rocks.c and memory.c stand behind these calls, home.c
 * before them. */
#ifndef STATE_HOME_OPS_H
#define STATE_HOME_OPS_H

#include "state/expiry.h"
#include "state/home.h"

#include <pthread.h>
#include <stdatomic.h>

struct home_ops {
    void (*close)(struct home *home); /* makes all that is committed durable; frees the home */
    int (*get)(struct home *home, struct leat_bytes key, struct buffer *value,
               struct leat_error *error);
    void (*put)(struct home *home, struct leat_bytes key, struct leat_bytes value);
    void (*remove)(struct home *home, struct leat_bytes key);
    int (*commit)(struct home *home, struct leat_error *error);
    void (*discard)(struct home *home);
    int (*range)(struct home *home, struct leat_bytes from, struct leat_bytes to, bool descending,
                 struct home_cursor **out, struct leat_error *error);
    int (*next)(struct home_cursor *cursor, struct leat_bytes *key, struct leat_bytes *value,
                struct leat_error *error);
    void (*cursor_close)(struct home_cursor *cursor);

    /* Past the batch: visible at once. erase is durable when it returns. */
    int (*put_now)(struct home *home, struct leat_bytes key, struct leat_bytes value,
                   struct leat_error *error);
    int (*erase)(struct home *home, struct leat_bytes from, struct leat_bytes to,
                 struct leat_error *error);
    int (*sync)(struct home *home, bool wait, struct leat_error *error); /* to disk */
    size_t (*bytes)(struct home *home);
    void (*figures)(struct home *home, struct home_figures *figures); /* NULL: there are none */
};

struct home {
    const struct home_ops *ops;
    struct budget *budget;
    char *path, *application, *task; /* path NULL: in memory */
    struct expiry expiry;
    pthread_mutex_t numbers;  /* store numbers are given by whoever opens a store first */
    _Atomic uint64_t commits; /* readers on other threads see by it that rows changed */
};

struct home_cursor {
    struct home *home;
};

/* The home's own rows: 0xffff, then one letter, then what it is about. */
enum { HOME_OWN = 0xffff, HOME_FORMAT_VERSION = 1 };

int rocks_home_new(const struct home_options *options, struct home **out,
                   struct leat_error *error) MUST_CHECK;
struct home *memory_home_new(void);

/* Sets up, and gives back, what both kinds share; ops and the rest are the kind's. */
void home_init(struct home *home, const struct home_options *options);
void home_deinit(struct home *home);

#endif
