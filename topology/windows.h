/* windows.h - which windows a timestamp falls into, and when they close. Source: Kafka Streams'
 * TimeWindows, SlidingWindows, SessionWindows. */
#ifndef TOPOLOGY_WINDOWS_H
#define TOPOLOGY_WINDOWS_H

#include "leat/stateful.h"

/* The kind that is meant; LEAT_WINDOW_GUESS: none at all. */
static inline enum leat_window_kind window_kind(const struct leat_window *window)
{
    if (window->kind != LEAT_WINDOW_GUESS)
        return window->kind;
    if (window->advance)
        return LEAT_HOPPING;
    return window->size || window->grace ? LEAT_TUMBLING : LEAT_WINDOW_GUESS;
}

static inline int64_t window_advance(const struct leat_window *window)
{
    return window->advance ? window->advance : window->size;
}

/* From a row's time in its store, a window's start or a session's end, to where it has closed. A
 * sliding window and a session hold their last instant too. */
static inline int64_t window_closes_after(const struct leat_window *window)
{
    enum leat_window_kind kind = window_kind(window);

    return window->size + window->grace + (kind == LEAT_SLIDING || kind == LEAT_SESSION);
}

/* The start of the earliest window that holds the timestamp; the others follow by the advance, up
 * to the last that starts at or before it. */
static inline int64_t window_first(const struct leat_window *window, int64_t timestamp_ms)
{
    int64_t advance = window_advance(window), low = timestamp_ms - window->size + advance;

    return (low > 0 ? low : 0) / advance * advance;
}

/* The start of the last window that holds the timestamp. */
static inline int64_t window_last(const struct leat_window *window, int64_t timestamp_ms)
{
    int64_t advance = window_advance(window);

    return timestamp_ms / advance * advance;
}

#endif
