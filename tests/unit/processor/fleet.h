/* fleet.h - for tests: instances of one application in one process, over a log in memory, each
 * asked over HTTP. There is one fleet, as each test has a process of its own. */
#ifndef UNIT_FLEET_H
#define UNIT_FLEET_H

#include "leat/topology.h"

#include <stdint.h>

struct log;

enum { FLEET_PARTITIONS = 4, FLEET_WAIT_MS = 120000 };

struct fleet_setting { const char *key, *value; };

/* The answer of the last question, as text. */
extern char fleet_body[1 << 20];

/* Topics of FLEET_PARTITIONS, and what each instance runs, with settings of its own; both lists end
 * with a NULL. */
void fleet_begin(const char *const *topics, struct leat_topology *(*topology)(void),
                 const struct fleet_setting *settings);
void fleet_end(void);

struct log *fleet_log(void);
const char *fleet_folder(void); /* an instance's state lies in its folder/number */

void fleet_start(int number);
void fleet_stop(int number); /* nothing where it is stopped already */

/* Writes one record. */
void fleet_put(const char *topic, struct leat_bytes key, const char *value, int64_t at_ms);

/* GET of a path: the status. */
long fleet_ask(int number, const char *path);

#endif
