/* driver_parts.h - what the driver's files have of each other, and nobody else. */
#ifndef PROCESSOR_DRIVER_PARTS_H
#define PROCESSOR_DRIVER_PARTS_H

#include "base/arena.h"
#include "base/clock.h"
#include "processor/globals.h"
#include "processor/task.h"
#include "leat/driver.h"

struct driver_clock {
    struct clock clock;
    int64_t wall_ms, monotonic_us;
};

struct driver_output { /* a topic that was asked for */
    char *topic;
    struct log_reader *reader;
    struct codec *codec;         /* NULL: no step writes to it */
    int64_t window_ms;
    struct arena arena;          /* of the record at hand */
    struct log_message message;
    bool taken;                  /* message is one */
};

struct driver_codec { /* of values that were sent */
    struct codec *codec;
    char *topic;
};

struct leat_driver {
    struct leat_driver_options options;
    struct driver_clock clock;
    struct log *log;
    struct registry *registry;
    struct budget *budget;       /* NULL: state in memory */
    char *path;                  /* of the task's state; NULL: in memory */
    struct layout *layout;
    struct globals *globals;
    int *groups;
    struct home *home;
    struct task *task;
    struct log_writer *writer;   /* the task's */
    struct log_writer *feeder;   /* of what is sent from outside */
    struct log_reader *reader;
    struct log_position *committed; /* by input of the task */
    struct driver_output *outputs;
    size_t output_count, output_capacity;
    struct driver_codec *codecs;
    size_t codec_count, codec_capacity;
    struct buffer scratch;
    struct arena header_arena;
    struct leat_bytes headers;   /* of the record that is sent next */
    uint64_t commits;
    int batch;                   /* records to a commit; 0: they are held back */
    struct leat_error error;
};

int driver_task_open(struct leat_driver *driver) MUST_CHECK;  /* and reads its changelogs back */
void driver_task_close(struct leat_driver *driver);
int driver_run(struct leat_driver *driver) MUST_CHECK;        /* until all queues are empty */
int driver_wall(struct leat_driver *driver) MUST_CHECK;       /* what the wall clock makes due */
void driver_io_close(struct leat_driver *driver);

#endif
