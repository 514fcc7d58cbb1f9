/* streams_run.c - an instance as a process of its own: run until told to stop, and end in time. */
#include "base/clock.h"
#include "base/logline.h"
#include "processor/streams.h"

#include <stdlib.h>

enum {
    LOOK_MS = 20,
    STOP_MS = 4500, /* from the signal on: whoever sent it kills soon */
};

struct guard {
    struct leat_streams *streams;
    bool (*stop)(void);
    atomic_bool started, over;
};

/* A call into the client may outlast any patience while the brokers are away. The process can end
 * all the same: what is uncommitted is done again by whoever takes over, as after a crash. */
static void *guard_stop(void *argument)
{
    struct guard *guard = argument;
    int64_t until_ms = 0;

    while (!atomic_load(&guard->over)) {
        int64_t now_ms = clock_ms(clock_system());

        if (!until_ms && guard->stop()) {
            until_ms = now_ms + STOP_MS;
            atomic_store(&guard->streams->stopping, true);
        }
        if (until_ms && now_ms >= until_ms) {
            log_warn("stop_forced", "after_ms=%d", STOP_MS);
            _Exit(atomic_load(&guard->started) ? 1 : 0);
        }
        clock_sleep_ms(LOOK_MS);
    }
    return NULL;
}

static int run(struct guard *guard, struct leat_error *error)
{
    struct leat_streams *streams = guard->streams;
    int status = leat_streams_start(streams, error);

    if (status)
        return guard->stop() && status == LEAT_E_RETRY ? LEAT_OK : status;
    atomic_store(&guard->started, true);
    while (!guard->stop() && leat_streams_state(streams) != LEAT_FAILED)
        clock_sleep_ms(LOOK_MS);
    return leat_streams_stop(streams, error);
}

int streams_run(struct leat_streams *streams, bool (*stop)(void), struct leat_error *error)
{
    struct guard guard = { .streams = streams, .stop = stop };
    pthread_t thread;
    int status;

    if (pthread_create(&thread, NULL, guard_stop, &guard))
        return error_set(error, LEAT_E_LIMIT, "cannot start the thread that watches for the stop");
    status = run(&guard, error);
    atomic_store(&guard.over, true);
    pthread_join(thread, NULL);
    return status;
}
