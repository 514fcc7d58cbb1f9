/* kafka_test.c - Kafka, through librdkafka, keeps the contract. */
#include "../kafka/broker.h"
#include "contract.h"

#include <criterion/criterion.h>

ReportHook(PRE_ALL)(struct criterion_test_set *tests)
{
    broker_start_all(1);
}

ReportHook(POST_ALL)(struct criterion_global_stats *stats)
{
    broker_stop_all();
}

static void run(void (*contract)(struct log *))
{
    struct leat_error error = { 0 };
    struct log *log = NULL;

    cr_assert_eq(log_kafka_new(broker_bootstrap(), "contract", NULL, 0, &log, &error), LEAT_OK,
                 "%s", error.text);
    contract(log);
    log_free(log);
}

#define RUN(name)                                                                                  \
    Test(kafka_log, name, .timeout = 120)                                                          \
    {                                                                                              \
        run(contract_##name);                                                                      \
    }
CONTRACT(RUN)
