/* layout.h - a topology laid on a log: full topic names, partition counts, and the tasks.
 *
 * Repartition topics take the widest source partition count of the sub-topology that feeds them,
 * unless the step says otherwise. Sources that meet in one join, cogroup or aggregate must have
 * equal counts.
 */
#ifndef PROCESSOR_LAYOUT_H
#define PROCESSOR_LAYOUT_H

#include "processor/log.h"
#include "topology/step.h"

struct layout_topic {
    char *name;         /* in full; NULL for steps without a topic */
    int32_t partitions;
    int32_t rejects;    /* partitions of an external source's dead letter; 0: not known */
    bool exists;
};

struct layout_task {
    char *name;         /* <sub-topology>-<partition> */
    int group;
    int32_t partition;
};

struct layout {
    struct leat_topology *topology;
    char *application;
    struct layout_topic *topics;  /* by row number of the step */
    int32_t *partitions;        /* by group */
    int32_t *origins;           /* by group: source partitions upstream */
    struct layout_task *tasks;
    size_t task_count;
};

/* Looks at the topics and decides; creates nothing. LEAT_E_TOPOLOGY names a missing topic, or
 * inputs that are not co-partitioned, and the mend. */
int layout_new(struct log *log, struct leat_topology *topology, const char *application,
             struct layout **out, struct leat_error *error) MUST_CHECK;
void layout_free(struct layout *layout);

char *layout_changelog(const struct layout *layout, const char *store); /* memory_free() it */
const struct layout_topic *layout_topic(const struct layout *layout, const struct step *step);

#endif
