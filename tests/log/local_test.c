/* local_test.c - the log in memory keeps the contract. */
#include "contract.h"

#include "base/clock.h"

#include <criterion/criterion.h>

static void run(void (*contract)(struct log *))
{
    struct log *log = NULL;

    cr_assert_eq(log_local_new(clock_system(), &log), LEAT_OK);
    contract(log);
    log_free(log);
}

#define RUN(name)                                                                                  \
    Test(local_log, name, .timeout = 60)                                                           \
    {                                                                                              \
        run(contract_##name);                                                                      \
    }
CONTRACT(RUN)
