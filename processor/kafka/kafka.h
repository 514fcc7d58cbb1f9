/* kafka.h - what the files of this folder share. Nothing outside it includes this.
 *
 * Every handle of librdkafka comes of kafka_conf_new() and kafka_open(), and every code that
 * librdkafka returns goes through kafka_fail(), so that defaults, the user's settings and the
 * meaning of errors each stand in one place.
 */
#ifndef PROCESSOR_KAFKA_KAFKA_H
#define PROCESSOR_KAFKA_KAFKA_H

#include "base/map.h"
#include "processor/log_ops.h"

#include <librdkafka/rdkafka.h>
#include <pthread.h>

enum kafka_role {
    KAFKA_CLIENT = 1,  /* metadata, administration, ends of partitions: reads uncommitted */
    KAFKA_OFFSETS = 2, /* a group's committed offsets, from outside of the group */
    KAFKA_READER = 4,
    KAFKA_WRITER = 8,
    KAFKA_GROUP = 16,
};

struct kafka_log {
    struct log log;
    char *brokers, *client_id;
    struct log_setting *settings; /* the user's, owned */
    size_t setting_count;
    rd_kafka_t *client;
    pthread_mutex_t mutex; /* guards all below */
    struct map offsets;    /* group -> its KAFKA_OFFSETS handle, made when first asked for */
    bool met;              /* the brokers have answered once */
    char refusal[512];     /* why they would not, since they last answered; "" */
};

/* ---- error.c ------------------------------------------------------------------------------ */

/* The status of one of librdkafka's codes: LEAT_E_RETRY for outages, LEAT_E_LOG for the rest. */
int kafka_status(rd_kafka_resp_err_t code);

/* Writes "<action>: <librdkafka's sentence>" and returns the status. LEAT_OK for no error. */
__attribute__((format(printf, 3, 4))) int
kafka_fail(struct leat_error *error, rd_kafka_resp_err_t code, const char *format, ...);

/* The same for an error object, which it destroys. */
__attribute__((format(printf, 3, 4))) int
kafka_fail_object(struct leat_error *error, rd_kafka_error_t *object, const char *format, ...);

/* What to do about a code, as the end of a sentence; "" where there is no more to say. */
const char *kafka_advice(rd_kafka_resp_err_t code);

/* ---- conf.c ------------------------------------------------------------------------------- */

int kafka_conf_new(const struct kafka_log *log, enum kafka_role role, rd_kafka_conf_t **out,
                   struct leat_error *error) MUST_CHECK;

/* Sets one of our own properties; an unknown name or value is a mistake of ours. */
void kafka_conf_set(rd_kafka_conf_t *conf, const char *name, const char *value);
void kafka_conf_number(rd_kafka_conf_t *conf, const char *name, int64_t value);

/* Takes conf, also when it fails. */
int kafka_open(rd_kafka_conf_t *conf, rd_kafka_type_t type, rd_kafka_t **out,
               struct leat_error *error) MUST_CHECK;

/* ---- contact.c ---------------------------------------------------------------------------- */

/* For the client handle: has it tell why the brokers refuse it. */
void kafka_contact_prepare(rd_kafka_conf_t *conf, struct kafka_log *kafka);

/* What the brokers say of a topic, or of all (NULL). The caller destroys *out. LEAT_E_LOG: they
 * refuse us, and have never done otherwise; LEAT_E_RETRY: an outage. */
int kafka_metadata(struct kafka_log *kafka, rd_kafka_topic_t *topic, const char *action,
                   const struct rd_kafka_metadata **out, struct leat_error *error) MUST_CHECK;

/* ---- admin.c ------------------------------------------------------------------------------ */

int kafka_topic_look(struct log *log, struct log_topic *topic, struct leat_error *error);
int kafka_topic_setting(struct log *log, const char *topic, const char *name, char *text,
                        size_t size, struct leat_error *error);
int kafka_topic_create(struct log *log, const struct log_topic *topic, struct leat_error *error);
int kafka_topic_grow(struct log *log, const char *topic, int32_t partitions,
                     struct leat_error *error);
int kafka_topic_delete(struct log *log, const char *topic, struct leat_error *error);
int kafka_topic_list(struct log *log, const char *prefix, char ***names, struct leat_error *error);

/* ---- offsets.c ---------------------------------------------------------------------------- */

int kafka_ends(struct log *log, const char *topic, int32_t partition, int64_t *first, int64_t *end,
               struct leat_error *error);

/* Fills in the ends of many partitions at once, each with an error of its own; does not wait long.
 * A status other than LEAT_OK: nobody knows now. */
int kafka_ends_now(struct kafka_log *kafka, bool committed, rd_kafka_topic_partition_list_t *list);

int kafka_committed(struct log *log, const char *group, struct log_position *positions,
                    size_t count, struct leat_error *error);
int kafka_commit_for(struct log *log, const char *group, const struct log_position *positions,
                     size_t count, struct leat_error *error);
int kafka_delete_group(struct log *log, const char *group, struct leat_error *error);
int kafka_delete_records(struct log *log, const struct log_position *before, size_t count,
                         struct leat_error *error);
void kafka_offsets_free(struct kafka_log *log);

rd_kafka_topic_partition_list_t *kafka_list(const struct log_position *positions, size_t count);

/* ---- reader.c, writer.c, group.c ---------------------------------------------------------- */

int kafka_reader_new(struct log *log, const struct log_reader_options *options,
                     struct log_reader **out, struct leat_error *error);
int kafka_writer_new(struct log *log, const struct log_writer_options *options,
                     struct log_writer **out, struct leat_error *error);
int kafka_group_join(struct log *log, const struct log_group_options *options,
                     struct log_group **out, struct leat_error *error);

/* The membership as it is now, fit to commit under; LEAT_E_ABORTED with a sentence if the group
 * would be right to refuse it, or wrong to accept it. The caller destroys *out. Thread: any. */
int kafka_group_member(struct log_group *group, rd_kafka_consumer_group_metadata_t **out,
                       struct leat_error *error) MUST_CHECK;

#endif
