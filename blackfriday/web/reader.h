/* reader.h - reads the aggregate topics from their beginning, read committed, into the figures.
 *
 * Topics that are not there yet and brokers that are away are waited for. A topic that was made
 * anew, or that lost what was to be read next, is a new beginning for all of them: the figures
 * start from nothing, and are not caught up until each topic was read to its end again.
 * Thread: one.
 */
#ifndef BLACKFRIDAY_WEB_READER_H
#define BLACKFRIDAY_WEB_READER_H

#include "base/error.h"
#include "blackfriday/web/figures.h"

#include <stdatomic.h>

struct log;
struct registry;
struct web_reader;

struct web_reader_options {
    struct log *log;
    struct registry *registry;
    struct figures_options figures;
    const atomic_bool *stop; /* looked at where something is waited for */
};

struct web_reader *web_reader_new(const struct web_reader_options *options);
void web_reader_free(struct web_reader *reader); /* NULL is a no-op */

/* Reads for about timeout_ms, or until there is no more. */
void web_reader_poll(struct web_reader *reader, int timeout_ms);

struct figures *web_reader_figures(struct web_reader *reader);

/* Every topic was read to its end once, so that the figures are of now. */
bool web_reader_caught_up(const struct web_reader *reader);

/* What is waited for, a sentence; empty: nothing. Valid until the next call. */
const char *web_reader_waits(const struct web_reader *reader);

#endif
