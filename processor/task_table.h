/* task_table.h - which partition of <application>-tasks stands for which task, for good.
 *
 * The record that stands first in partition n names task n. The group assigns partitions of this
 * topic; each instance owns the tasks that they name. New tasks are appended, none is renumbered.
 */
#ifndef PROCESSOR_TASK_TABLE_H
#define PROCESSOR_TASK_TABLE_H

#include "processor/layout.h"

struct task_table;

/* Reads the topic, creates or grows it, and writes the names that are missing. Several instances
 * may do so at once. LEAT_E_TOPOLOGY: it names a task that the topology does not have.
 * Owner: the caller; the layout outlives the table. */
int task_table_open(struct log *log, const struct layout *layout, int16_t replication,
                    struct task_table **out, struct leat_error *error) MUST_CHECK;
void task_table_free(struct task_table *table); /* NULL is a no-op */

const char *task_table_topic(const struct task_table *table);
size_t task_table_count(const struct task_table *table); /* partitions of the topic */

/* The partition that names a task, by the task's place in the layout. */
int32_t task_table_number(const struct task_table *table, size_t task);

/* The task that a partition names; NULL for one that names none. */
const struct layout_task *task_table_task(const struct task_table *table, int32_t number);

#endif
