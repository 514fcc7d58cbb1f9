/* upload_slots.h - how many uploads at once and a minute, and a transactional id for each.
 *
 * Each slot has one id, <prefix>-<n>, that it keeps over restarts: the next one who takes it over
 * settles what the last one left open. Were ids made up for each upload, what a killed server left
 * open would hold up the readers of what is committed until the broker's time is over. For the same
 * reason slots are settled at the start, and after each upload that did not end with a commit.
 * Thread: any.
 */
#ifndef BLACKFRIDAY_WEB_UPLOAD_SLOTS_H
#define BLACKFRIDAY_WEB_UPLOAD_SLOTS_H

#include <stdbool.h>

struct log;
struct upload_slots;

struct upload_slots *upload_slots_new(struct log *log, const char *prefix);
void upload_slots_free(struct upload_slots *slots); /* none may be taken; NULL is a no-op */

/* A slot, or -1 and in how many seconds to try again. */
int upload_slots_take(struct upload_slots *slots, unsigned *wait_s);
void upload_slots_give(struct upload_slots *slots, int slot, bool settled);

const char *upload_slots_id(const struct upload_slots *slots, int slot);

#endif
