/* bench_sink.c - what a row costs on its way into PostgreSQL: rows a second, and the CPU of this
 * process and of the server's backend.
 *
 *   bench-sink CONNINFO [rows] [batch]      CONNINFO as tests/postgres/server.sh prints it
 *
 * Lines: upsert of new rows, upsert of rows that are there, and facts by COPY, in one batch after
 * the other; last the whole way, from a log in memory through sink_run() into the same tables.
 */
#include "base/clock.h"
#include "base/memory.h"
#include "blackfriday/tables.h"
#include "processor/log.h"
#include "retail/enriched_sale.h"
#include "retail/product_sales.h"
#include "schemas/codec.h"
#include "schemas/registry.h"
#include "sink/postgres.h"
#include "sink/runner.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define FRIDAY_MS 1795737600000LL

enum { KEY_BYTES = 32, WINDOW_BYTES = 8 };

struct bench {
    const char *conninfo;
    int rows, batch;
    struct leat_error error;
};

static void must(int status, const struct leat_error *error)
{
    if (!status)
        return;
    fprintf(stderr, "bench-sink: %d %s\n", status, error->text);
    exit(1);
}

/* ---- rows --------------------------------------------------------------------------------- */

static struct leat_bytes windowed_key(char key[KEY_BYTES], int i)
{
    int64_t start_ms = FRIDAY_MS + i / 10000 * 3600000LL;
    int size = snprintf(key, KEY_BYTES - WINDOW_BYTES, "P%06d", i % 10000);

    for (int k = 0; k < WINDOW_BYTES; k++)
        key[size + k] = (char)(start_ms >> (56 - 8 * k));
    return leat_bytes(key, (size_t)size + WINDOW_BYTES);
}

static void fill_window(struct product_sales *value, struct leat_bytes key, int i)
{
    *value = (struct product_sales){ .product_id = leat_bytes(key.data, key.size - WINDOW_BYTES),
                                     .category = LEAT_LITERAL("electronics"),
                                     .window_start = FRIDAY_MS, .window_end = FRIDAY_MS + 3600000,
                                     .orders = i, .units = 3 * i, .revenue = 1999 * (int64_t)i };
}

static void fill_sale(struct enriched_sale *value, char key[KEY_BYTES], int i)
{
    int size = snprintf(key, KEY_BYTES, "T%09d", i);

    *value = (struct enriched_sale){
        .transaction_id = leat_bytes(key, (size_t)size), .product_id = LEAT_LITERAL("P000123"),
        .store_id = LEAT_LITERAL("S042"), .timestamp = FRIDAY_MS + i, .quantity = 2,
        .unit_price = 1999, .product_name = LEAT_LITERAL("Wireless headphones, black"),
        .category = LEAT_LITERAL("electronics"), .subcategory = LEAT_LITERAL("audio"),
        .supplier_id = LEAT_LITERAL("SUP0017"), .location = LEAT_LITERAL("Springfield"),
        .region = LEAT_LITERAL("midwest"), .on_hand = 1000 - i, .amount = 3998,
    };
}

/* ---- figures ------------------------------------------------------------------------------ */

struct figures {
    int64_t wall_us, client_us, server_us;
};

static int64_t client_us(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000LL + usage.ru_utime.tv_usec +
           usage.ru_stime.tv_usec;
}

static int64_t server_us(int pid)
{
    char path[64], line[1024] = "";
    long long user = 0, kernel = 0;
    const char *at;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    file = fopen(path, "r");
    if (file && fgets(line, sizeof(line), file) && (at = strrchr(line, ')')))
        sscanf(at, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lld %lld", &user, &kernel);
    if (file)
        fclose(file);
    return (user + kernel) * (1000000LL / sysconf(_SC_CLK_TCK));
}

static struct figures now(int backend)
{
    return (struct figures){ clock_us(clock_system()), client_us(), server_us(backend) };
}

static void print(const char *what, const struct bench *bench, struct figures from,
                  struct figures to)
{
    double rows = bench->rows;

    printf("%-34s %9.0f rows/s   client %5.2f us/row   server %5.2f us/row\n", what,
           rows * 1e6 / (double)(to.wall_us - from.wall_us),
           (double)(to.client_us - from.client_us) / rows,
           (double)(to.server_us - from.server_us) / rows);
    fflush(stdout);
}

/* ---- the sink alone ----------------------------------------------------------------------- */

static int table_of(const char *topic)
{
    size_t count;
    const struct sink_table *tables = tables_all(&count);

    for (size_t i = 0; i < count; i++) {
        if (!strcmp(tables[i].topic, topic))
            return (int)i;
    }
    return -1;
}

static void write_batch(struct bench *bench, struct sink *sink, struct sink_claim *claim, int from,
                        bool facts)
{
    char key[KEY_BYTES];
    int64_t next = claim->next_offset < 0 ? 0 : claim->next_offset;

    must(sink_begin(sink, claim, &bench->error), &bench->error);
    for (int i = from; i < from + bench->batch; i++) {
        struct sink_row row = { .offset = next + i - from };
        struct enriched_sale sale;
        struct product_sales window;

        if (facts) {
            fill_sale(&sale, key, i);
            row.value = &sale;
        } else {
            row.key = windowed_key(key, i);
            fill_window(&window, row.key, i);
            row.value = &window;
        }
        must(sink_write(sink, &row, &bench->error), &bench->error);
    }
    must(sink_commit(sink, next + bench->batch, &bench->error), &bench->error);
}

static void measure(struct bench *bench, struct sink *sink, const char *what, const char *topic,
                    bool facts)
{
    struct sink_claim claim = { .table = table_of(topic) };
    struct figures from;
    int backend;

    must(sink_resume(sink, &claim, &bench->error), &bench->error);
    backend = PQbackendPID(((struct postgres *)sink)->connection);
    from = now(backend);
    for (int i = 0; i < bench->rows; i += bench->batch)
        write_batch(bench, sink, &claim, i, facts);
    print(what, bench, from, now(backend));
}

static void measure_sink(struct bench *bench)
{
    struct postgres_options options = { .database = bench->conninfo, .schema = "bench",
                                        .id = "bench" };
    struct sink *sink;

    options.tables = tables_all(&options.table_count);
    must(postgres_new(&options, &sink, &bench->error), &bench->error);
    measure(bench, sink, "upsert, new rows", "sales-by-product", false);
    measure(bench, sink, "upsert, rows that are there", "sales-by-product", false);
    measure(bench, sink, "facts, COPY", "sales-enriched", true);
    sink_close(sink);
}

/* ---- the whole way ------------------------------------------------------------------------ */

static void fill_topic(struct bench *bench, struct log *log, struct registry *registry,
                       const char *name, bool facts)
{
    const struct leat_type *type = facts ? &enriched_sale_type : &product_sales_type;
    struct codec *codec = codec_new(type, registry);
    struct log_writer_options options = { .queue_bytes = 8 << 20 };
    struct log_writer *writer;
    struct buffer bytes;
    int topic;

    must(codec_register(codec, name, &bench->error), &bench->error);
    must(log_writer_new(log, &options, &writer, &bench->error), &bench->error);
    topic = log_writer_topic(writer, name);
    buffer_init(&bytes, 1 << 20);
    for (int i = 0; i < bench->rows; i++) {
        char key[KEY_BYTES];
        struct log_record record = { .topic = topic, .timestamp_ms = FRIDAY_MS + i };
        struct enriched_sale sale;
        struct product_sales window;

        if (facts) {
            fill_sale(&sale, key, i);
            record.key = sale.transaction_id;
        } else {
            record.key = windowed_key(key, i);
            fill_window(&window, record.key, i);
        }
        bytes.size = 0;
        must(codec_encode(codec, facts ? (void *)&sale : (void *)&window, &bytes), &bench->error);
        record.value = buffer_bytes(&bytes);
        must(log_writer_send(writer, &record, &bench->error), &bench->error);
    }
    must(log_writer_flush(writer, &bench->error), &bench->error);
    log_writer_free(writer);
    codec_free(codec);
    buffer_free(&bytes);
}

static void measure_run(struct bench *bench, const char *what, const char *name, bool facts)
{
    size_t count;
    struct registry_options registry_options = { .url = "mock://bench" };
    struct sink_options options = { .id = name, .database = bench->conninfo, .schema = "bench_run",
                                    .tables = &tables_all(&count)[table_of(name)],
                                    .table_count = 1, .until_caught_up = true };
    struct log_topic topic = { name, 1, -1 };
    atomic_bool stop = false;
    struct figures from;
    struct log *log;

    must(log_local_new(clock_system(), &log), &bench->error);
    must(registry_new(&registry_options, &options.registry, &bench->error), &bench->error);
    must(log_topic_create(log, &topic, &bench->error), &bench->error);
    fill_topic(bench, log, options.registry, name, facts);
    from = now(0);
    must(sink_run(log, &options, &stop, &bench->error), &bench->error);
    print(what, bench, from, now(0));
    registry_free(options.registry);
    log_free(log);
}

int main(int argc, char **argv)
{
    struct bench bench = { .rows = 500000, .batch = 5000 };

    if (argc < 2) {
        fprintf(stderr, "usage: bench-sink CONNINFO [rows] [batch]\n");
        return 2;
    }
    bench.conninfo = argv[1];
    if (argc > 2)
        bench.rows = (int)strtol(argv[2], NULL, 10);
    if (argc > 3)
        bench.batch = (int)strtol(argv[3], NULL, 10);
    measure_sink(&bench);
    measure_run(&bench, "sink_run, upserts", "sales-by-product", false);
    measure_run(&bench, "sink_run, facts", "sales-enriched", true);
    return 0;
}
