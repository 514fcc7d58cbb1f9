/* shared_broker.c - one broker for the tests that leave it alone. */
#include "../kafka/broker.h"

#include <criterion/criterion.h>

ReportHook(PRE_ALL)(struct criterion_test_set *tests)
{
    broker_start_all(1);
}

ReportHook(POST_ALL)(struct criterion_global_stats *stats)
{
    broker_stop_all();
}
