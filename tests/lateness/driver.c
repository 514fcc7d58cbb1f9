/* driver.c - the same topology in the topology driver, whose results are Kafka Streams'.
 *
 *     lateness-driver HOPS OUTPUT...            reads lines TOPIC TIME VALUE to their end
 *
 * Prints for each output its name, and lines KEY START VALUE TIME, bytes in hexadecimal.
 */
#include "verbs.h"

#include "base/error.h"
#include "base/logline.h"

#include <inttypes.h>
#include <leat/driver.h>
#include <stdio.h>
#include <stdlib.h>

enum { WORD_BYTES = 128 };

static void must(int status, const struct leat_error *error)
{
    if (status >= 0)
        return;
    fprintf(stderr, "%s\n", error->text);
    exit(1);
}

static void feed(struct leat_driver *driver)
{
    char topic[WORD_BYTES], value[WORD_BYTES];
    struct leat_error error = { 0 };
    int64_t at_ms;

    while (scanf("%127s %" SCNd64 " %127s", topic, &at_ms, value) == 3) {
        int status = leat_driver_send_bytes(driver, topic, leat_bytes_of("k"),
                                            leat_bytes_of(value), at_ms);

        if (status)
            error_set(&error, status, "%s", leat_driver_error(driver));
        must(status, &error);
    }
}

static void print_bytes(struct leat_bytes bytes)
{
    if (!bytes.data)
        putchar('-');
    for (size_t i = 0; i < bytes.size; i++)
        printf("%02x", (unsigned char)bytes.data[i]);
    putchar(' ');
}

static void print(struct leat_driver *driver, const char *topic)
{
    struct leat_driver_record record;

    puts(topic);
    while (leat_driver_take(driver, topic, &record) == 1) {
        print_bytes(record.key);
        printf("%" PRId64 " ", record.window.start_ms);
        print_bytes(record.bytes);
        printf("%" PRId64 "\n", record.timestamp_ms);
    }
}

int main(int argc, char **argv)
{
    struct leat_driver_options options = { .wall_ms = 1700000100000, .no_cache = true };
    struct leat_error error = { 0 };
    struct leat_topology *topology;
    struct leat_driver *driver;

    if (argc < 2)
        return 2;
    logline_set_level(LOG_LEVEL_ERROR);
    topology = verbs_topology((int)strtol(argv[1], NULL, 10));
    must(leat_driver_new(topology, &options, &driver, &error), &error);
    feed(driver);
    for (int i = 2; i < argc; i++)
        print(driver, argv[i]);
    leat_driver_close(driver);
    leat_topology_free(topology);
    return 0;
}
