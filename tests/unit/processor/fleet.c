/* fleet.c - instances for tests. */
#include "fleet.h"

#include "base/clock.h"
#include "processor/partition.h"
#include "processor/peer.h"
#include "processor/streams.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

enum { INSTANCES = 3 };

char fleet_body[1 << 20];

static struct {
    struct log *log;
    struct leat_topology *(*topology)(void);
    const struct fleet_setting *settings;
    char folder[32];
    struct instance {
        struct leat_topology *topology;
        struct config *config;
        struct leat_streams *streams;
    } instances[INSTANCES];
    struct leat_error error;
} fleet;

static void must(int status)
{
    cr_assert_eq(status, LEAT_OK, "%s", fleet.error.text);
}

static void set(struct config *config, const char *key, const char *value)
{
    must(config_set(config, key, value, &fleet.error));
}

void fleet_start(int number)
{
    struct instance *instance = &fleet.instances[number];
    char path[64];

    snprintf(path, sizeof path, "%s/%d", fleet.folder, number);
    instance->topology = fleet.topology();
    instance->config = config_new();
    set(instance->config, "application.id", "app");
    set(instance->config, "state.dir", path);
    set(instance->config, "commit.interval.ms", "20");
    set(instance->config, "leat.memory.max.bytes", "32MB");
    for (const struct fleet_setting *one = fleet.settings; one->key; one++)
        set(instance->config, one->key, one->value);
    instance->streams = streams_new(instance->topology, instance->config, fleet.log);
    must(leat_streams_start(instance->streams, &fleet.error));
}

void fleet_stop(int number)
{
    struct instance *instance = &fleet.instances[number];

    if (!instance->streams)
        return;
    must(leat_streams_stop(instance->streams, &fleet.error));
    leat_streams_free(instance->streams);
    config_free(instance->config);
    leat_topology_free(instance->topology);
    *instance = (struct instance){ 0 };
}

void fleet_begin(const char *const *topics, struct leat_topology *(*topology)(void),
                 const struct fleet_setting *settings)
{
    fleet.topology = topology;
    fleet.settings = settings;
    snprintf(fleet.folder, sizeof fleet.folder, "/tmp/leat-fleet-XXXXXX");
    cr_assert(mkdtemp(fleet.folder));
    must(log_local_new(clock_system(), &fleet.log));
    for (; *topics; topics++) {
        struct log_topic topic = { *topics, FLEET_PARTITIONS, 1, NULL, 0 };

        must(log_topic_create(fleet.log, &topic, &fleet.error));
    }
}

void fleet_end(void)
{
    char command[64];

    for (int i = 0; i < INSTANCES; i++)
        fleet_stop(i);
    log_free(fleet.log);
    snprintf(command, sizeof command, "rm -rf %s", fleet.folder);
    cr_assert_eq(system(command), 0);
}

struct log *fleet_log(void)
{
    return fleet.log;
}

const char *fleet_folder(void)
{
    return fleet.folder;
}

void fleet_put(const char *topic, struct leat_bytes key, const char *value, int64_t at_ms)
{
    struct log_writer_options options = { .queue_bytes = 1 << 20 };
    struct log_record record = { .timestamp_ms = at_ms, .key = key,
                                 .value = leat_bytes_of(value) };
    struct log_writer *writer;

    must(log_writer_new(fleet.log, &options, &writer, &fleet.error));
    record.topic = log_writer_topic(writer, topic);
    record.partition = key.data ? partition_of(key, FLEET_PARTITIONS) : 0;
    must(log_writer_send(writer, &record, &fleet.error));
    must(log_writer_flush(writer, &fleet.error));
    log_writer_free(writer);
}

long fleet_ask(int number, const char *path)
{
    struct buffer out;
    char address[32];
    long status;

    snprintf(address, sizeof address, "127.0.0.1:%d",
             leat_streams_port(fleet.instances[number].streams));
    buffer_init(&out, sizeof fleet_body - 1);
    must(peer_get(address, path, FLEET_WAIT_MS, NULL, &status, &out, &fleet.error));
    memcpy(fleet_body, out.data ? out.data : "", out.size);
    fleet_body[out.size] = 0;
    buffer_free(&out);
    return status;
}
