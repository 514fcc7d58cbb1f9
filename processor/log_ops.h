/* log_ops.h - for those who implement a log: the vtables behind log.h. log.c only dispatches.
 *
 * Every handle begins with its vtable; each function is as its log_* namesake in log.h says.
 */
#ifndef PROCESSOR_LOG_OPS_H
#define PROCESSOR_LOG_OPS_H

#include "processor/log.h"

struct log_ops {
    int (*topic_look)(struct log *, struct log_topic *, struct leat_error *);
    int (*topic_setting)(struct log *, const char *topic, const char *name, char *text, size_t size,
                         struct leat_error *);
    int (*topic_create)(struct log *, const struct log_topic *, struct leat_error *);
    int (*topic_grow)(struct log *, const char *topic, int32_t partitions, struct leat_error *);
    int (*topic_delete)(struct log *, const char *topic, struct leat_error *);
    int (*topic_list)(struct log *, const char *prefix, char ***names, struct leat_error *);
    int (*ends)(struct log *, const char *topic, int32_t partition, int64_t *first, int64_t *end,
                struct leat_error *);
    int (*committed)(struct log *, const char *group, struct log_position *, size_t,
                     struct leat_error *);
    int (*commit_for)(struct log *, const char *group, const struct log_position *, size_t,
                      struct leat_error *);
    int (*delete_group)(struct log *, const char *group, struct leat_error *);
    int (*delete_records)(struct log *, const struct log_position *, size_t, struct leat_error *);
    int (*reader_new)(struct log *, const struct log_reader_options *, struct log_reader **,
                      struct leat_error *);
    int (*writer_new)(struct log *, const struct log_writer_options *, struct log_writer **,
                      struct leat_error *);
    int (*group_join)(struct log *, const struct log_group_options *, struct log_group **,
                      struct leat_error *);
    void (*free)(struct log *);
};

struct log_reader_ops {
    int (*assign)(struct log_reader *, const struct log_position *, int slot, struct leat_error *);
    int (*unassign)(struct log_reader *, const struct log_position *, struct leat_error *);
    int (*pause)(struct log_reader *, const struct log_position *, bool, struct leat_error *);
    int (*poll)(struct log_reader *, struct log_message *, size_t, int, struct leat_error *);
    int64_t (*end)(struct log_reader *, const struct log_position *);
    void (*message_free)(struct log_message *);
    size_t (*headers)(const struct log_message *, struct log_header *, size_t);
    void (*free)(struct log_reader *);
};

struct log_writer_ops {
    int (*topic)(struct log_writer *, const char *topic);
    int (*begin)(struct log_writer *, struct leat_error *);
    int (*send)(struct log_writer *, const struct log_record *, struct leat_error *);
    int (*flush)(struct log_writer *, struct leat_error *);
    int (*commit)(struct log_writer *, struct log_group *, const struct log_position *, size_t,
                  struct leat_error *);
    int (*abort)(struct log_writer *, struct leat_error *);
    bool (*failure)(struct log_writer *, struct log_failure *);
    void (*free)(struct log_writer *);
    int64_t (*end)(struct log_writer *, int topic, int32_t partition);
};

struct log_group_ops {
    int (*poll)(struct log_group *, int timeout_ms, struct leat_error *);
    int (*commit)(struct log_group *, const struct log_position *, size_t, struct leat_error *);
    void (*leave)(struct log_group *);
};

struct log { const struct log_ops *ops; };
struct log_reader { const struct log_reader_ops *ops; };
struct log_writer { const struct log_writer_ops *ops; };
struct log_group { const struct log_group_ops *ops; };

/* message->owner begins with this, so that a message finds the code that frees it. */
struct log_owner { const struct log_reader_ops *ops; };

#endif
