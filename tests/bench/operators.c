/* operators.c - what each operator costs: CPU-microseconds of the process for a record.
 *
 *     bench-operators [--keys N] [--records N] [--only WORD]      prints a table in Markdown
 *
 * The topology driver with its state in RocksDB, 32 MB of memory for caches and buffers, and a
 * store of keys times a hundred bytes, which is larger; a transaction and a changelog in the local
 * log, a commit every 10,000 records. The stores are filled with every key first; then records of
 * random keys are measured, a millisecond of event time between them, RocksDB's own threads
 * included.
 */
#include "operators.h"

#include <leat/driver.h>

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { VALUE_BYTES = 100, COMMIT_RECORDS = 10000, MEMORY_BYTES = 32 << 20 };

struct bench {
    uint64_t keys, records, random;
    const char *only;
    struct leat_driver *driver;
    int64_t now_ms;
};

static void check(const struct bench *bench, int status)
{
    if (!status)
        return;
    fprintf(stderr, "%s\n", leat_driver_error(bench->driver));
    exit(1);
}

/* splitmix64 */
static uint64_t next(struct bench *bench)
{
    uint64_t z = bench->random += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Random bytes in letters, so that the rows do not shrink when they are packed. */
static void send(struct bench *bench, const char *topic, uint64_t number)
{
    char key[24], value[VALUE_BYTES];
    struct leat_bytes text = leat_bytes(value, sizeof value);

    snprintf(key, sizeof key, "%09" PRIu64, number);
    for (size_t i = 0; i < sizeof value; i += 10) {
        uint64_t bits = next(bench);

        for (size_t j = i; j < i + 10; j++, bits >>= 6)
            value[j] = (char)('0' + (bits & 63));
    }
    check(bench, leat_driver_send(bench->driver, topic, leat_bytes_of(key), &leat_string_type,
                                  &text, bench->now_ms));
}

static void fill(struct bench *bench, const char *topic)
{
    leat_driver_hold(bench->driver);
    for (uint64_t number = 0; number < bench->keys; number++)
        send(bench, topic, number);
    check(bench, leat_driver_release(bench->driver, COMMIT_RECORDS));
}

static double cpu_us(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return 1e6 * (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static double run(struct bench *bench, bool right)
{
    double before;

    if (right)
        fill(bench, "right");
    fill(bench, "left");
    leat_driver_hold(bench->driver);
    for (uint64_t i = 0; i < bench->records; i++) {
        bench->now_ms++;
        send(bench, right && i % 2 ? "right" : "left", next(bench) % bench->keys);
    }
    before = cpu_us();
    check(bench, leat_driver_release(bench->driver, COMMIT_RECORDS));
    return (cpu_us() - before) / (double)bench->records;
}

static void remove_tree(const char *path)
{
    char command[128];

    snprintf(command, sizeof command, "rm -rf '%s'", path);
    if (system(command))
        fprintf(stderr, "%s is left behind\n", path);
}

static void measure(struct bench *bench, const struct operator_case *what)
{
    char directory[] = "/tmp/leat-operators-XXXXXX";
    struct leat_driver_options options = { .state = mkdtemp(directory),
                                           .memory_bytes = MEMORY_BYTES };
    struct leat_topology *topology = leat_topology_new();
    struct leat_error error = { 0 };

    bench->now_ms = 1000000;
    bench->random = 1;
    what->describe(topology, leat_stream_from(topology, "left", &(struct leat_source){
                                 .type = &leat_string_type }));
    if (leat_driver_new(topology, &options, &bench->driver, &error)) {
        fprintf(stderr, "%s: %s\n", what->name, error.text);
        exit(1);
    }
    printf("| %s | %.1f |\n", what->name, run(bench, what->right));
    fflush(stdout);
    leat_driver_close(bench->driver);
    leat_topology_free(topology);
    remove_tree(directory);
}

int main(int argc, char **argv)
{
    static const struct option options[] = { { "keys", required_argument, NULL, 'k' },
                                             { "records", required_argument, NULL, 'r' },
                                             { "only", required_argument, NULL, 'o' },
                                             { 0 } };
    struct bench bench = { .keys = 300000, .records = 200000 };
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'k')
            bench.keys = strtoull(optarg, NULL, 10);
        else if (option == 'r')
            bench.records = strtoull(optarg, NULL, 10);
        else if (option == 'o')
            bench.only = optarg;
        else
            return 2;
    }
    printf("| operator | CPU-us a record |\n| --- | --- |\n");
    for (const struct operator_case *what = operator_cases; what->name; what++)
        if (!bench.only || strstr(what->name, bench.only))
            measure(&bench, what);
    return 0;
}
