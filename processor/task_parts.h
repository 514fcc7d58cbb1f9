/* task_parts.h - what task.c, task_record.c and task_commit.c have of each other alone. */
#ifndef PROCESSOR_TASK_PARTS_H
#define PROCESSOR_TASK_PARTS_H

#include "processor/task.h"

const struct flow_ops *task_flow_ops(void);

/* The timestamp of the message at the head, extracted once. */
int task_head_ms(struct task *task, struct input *input, int64_t *out, struct leat_error *error);

/* One message through the flow. */
int task_record(struct task *task, struct input *input, const struct log_message *message,
                int64_t timestamp_ms, struct leat_error *error);

/* The message to its dead-letter topic, with the reason in headers. */
int task_reject(struct task *task, struct input *input, const struct log_message *message,
                const char *reason, const char *sentence, struct leat_error *error);

/* What the results of the record at hand are tagged with; 0: no one record causes them. */
uint64_t task_tag(const struct task *task);

/* Forgets the refusals of what has been committed. */
void task_forgive(struct input *input, int64_t before);

#endif
