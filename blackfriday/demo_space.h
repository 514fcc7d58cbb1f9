/* demo_space.h - a log whose topics, groups and transactions all have a prefix to their names, so
 * that what runs on it shares a broker with others and meets nobody. */
#ifndef BLACKFRIDAY_DEMO_SPACE_H
#define BLACKFRIDAY_DEMO_SPACE_H

struct log;

/* Takes the log that is behind it; the prefix must outlive it. */
struct log *demo_space_new(struct log *inner, const char *prefix);

#endif
