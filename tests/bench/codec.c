/* codec.c - what a generated codec costs: one enriched sale (14 fields) and one sale (6 fields),
 * encoded, decoded, copied, and resolved from a writer that lacks a field. */
#include "base/arena.h"
#include "base/limits.h"
#include "base/memory.h"
#include "retail/enriched_sale.h"
#include "retail/sale.h"
#include "schemas/resolve.h"

#include <stdio.h>
#include <time.h>

enum { ROUNDS = 2000000 };

static double now_ns(void)
{
    struct timespec at;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (double)at.tv_sec * 1e9 + (double)at.tv_nsec;
}

static void print_cost(const char *type, const char *what, double begin)
{
    printf("%-22s %-10s %7.1f ns\n", type, what, (now_ns() - begin) / ROUNDS);
}

static void measure(const struct leat_type *type, const void *value)
{
    char *decoded = memory_new(type->size), *block = memory_new(4096), *tail;
    struct buffer out;
    double begin;
    int failed = 0;

    buffer_init(&out, LIMIT_VALUE_BYTES);
    begin = now_ns();
    for (int i = 0; i < ROUNDS; i++) {
        out.size = 0;
        failed |= type->encode(value, &out);
    }
    print_cost(type->name, "encode", begin);
    begin = now_ns();
    for (int i = 0; i < ROUNDS; i++)
        failed |= type->decode(decoded, buffer_bytes(&out), NULL);
    print_cost(type->name, "decode", begin);
    begin = now_ns();
    for (int i = 0; i < ROUNDS; i++) {
        tail = block + type->size;
        failed |= type->extent(decoded) > 4000;
        type->copy(block, decoded, &tail);
    }
    print_cost(type->name, "deep copy", begin);
    printf("%-22s %-10s %7zu bytes%s\n", type->name, "size", out.size, failed ? ", FAILED" : "");
    buffer_free(&out);
    memory_free(decoded);
    memory_free(block);
}

/* A field of the reader that the writer lacks, filled with its default. */
static void measure_plan(const void *value)
{
    static const char later[] =
        ",{\"name\":\"channel\",\"type\":\"string\",\"default\":\"till\"}]}";
    char *reader =
        memory_format("%.*s%s", (int)strlen(sale_type.schema) - 2, sale_type.schema, later);
    struct leat_error error = { 0 };
    struct buffer in, out;
    struct plan *plan;
    double begin;
    int failed;

    buffer_init(&in, LIMIT_VALUE_BYTES);
    buffer_init(&out, LIMIT_VALUE_BYTES);
    failed = sale_type.encode(value, &in) || plan_new(sale_type.schema, reader, &plan, &error);
    begin = now_ns();
    for (int i = 0; i < ROUNDS && !failed; i++) {
        out.size = 0;
        failed = plan_run(plan, buffer_bytes(&in), &out, &error);
    }
    print_cost(sale_type.name, "resolve", begin);
    if (failed)
        printf("FAILED: %s\n", error.text);
    plan_free(plan);
    buffer_free(&in);
    buffer_free(&out);
    memory_free(reader);
}

int main(void)
{
    static const struct sale sale = {
        { "t-0000012345", 12 }, { "P-004711", 8 }, { "S-042", 5 }, INT64_C(1795766400123), 3, 1999,
    };
    static const struct enriched_sale enriched = {
        { "t-0000012345", 12 },
        { "P-004711", 8 },
        { "S-042", 5 },
        INT64_C(1795766400123),
        3,
        1999,
        { "Kettle, steel, 1.7 litres", 25 },
        { "Kitchen", 7 },
        { "Kettles", 7 },
        { "SUP-007", 7 },
        { "Leeds", 5 },
        { "North", 5 },
        120,
        5997,
    };

    measure(&sale_type, &sale);
    measure(&enriched_sale_type, &enriched);
    measure_plan(&sale);
    return 0;
}
