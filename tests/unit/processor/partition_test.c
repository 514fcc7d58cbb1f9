/* partition_test.c - the partitioner against the vectors of Kafka's own tests, and some of its
 * answers for keys that those leave out. */
#include "processor/partition.h"

#include <criterion/criterion.h>

static const struct {
    struct leat_bytes key;
    int32_t hash;
} vectors[] = {
    { LEAT_LITERAL("21"), -973932308 },
    { LEAT_LITERAL("foobar"), -790332482 },
    { LEAT_LITERAL("a-little-bit-long-string"), -985981536 },
    { LEAT_LITERAL("a-little-bit-longer-string"), -1486304829 },
    { LEAT_LITERAL("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8"), -58897971 },
    { LEAT_LITERAL("abc"), 479470107 },
    { LEAT_LITERAL(""), 275646681 },
    { LEAT_LITERAL("\xc3\xa9t\xc3\xa9"), -2101193575 },
    { LEAT_LITERAL("\xff\x80\xfe\x00\x81\x90\xa0"), 985442083 },
};

Test(partition, hashes_as_javas_utils_murmur2)
{
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
        cr_assert_eq((int32_t)partition_murmur2(vectors[i].key), vectors[i].hash, "vector %zu", i);
}

Test(partition, clears_the_sign_before_it_divides)
{
    cr_assert_eq(partition_of(LEAT_LITERAL("P00001|S001"), 12), 2);
    cr_assert_eq(partition_of(LEAT_LITERAL("21"), 12), 0);
    cr_assert_eq(partition_of(LEAT_LITERAL("a-little-bit-longer-string"), 12), 11);
    cr_assert_eq(partition_of(LEAT_LITERAL("anything"), 1), 0);
}
