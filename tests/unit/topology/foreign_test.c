/* foreign_test.c - the messages of a foreign-key join, and the hash in them. */
#include "topology/flow.h"
#include "topology/foreign.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <stdio.h>

static char *hash_of(const char *text)
{
    static char digits[40];
    uint64_t hash[2];

    foreign_hash(leat_bytes_of(text), hash);
    snprintf(digits, sizeof digits, "%016" PRIx64 "%016" PRIx64, hash[0], hash[1]);
    return digits;
}

/* Expected values: those of the reference implementation. */
Test(foreign, hashes_as_murmur3_does)
{
    cr_assert(eq(str, hash_of(""), "00000000000000000000000000000000"));
    cr_assert(eq(str, hash_of("hello"), "cbd8a7b341bd9b025b1e906a48ae1d19"));
    cr_assert(eq(str, hash_of("The quick brown fox jumps over the lazy dog"),
                 "e34bbc7bbc071b6c7a433ca9c49a9347"));
}

Test(foreign, reads_what_it_writes_and_nothing_shorter)
{
    struct leat_error error = { 0 };
    struct flow flow = { .error = &error };
    struct step step = { .name = "answer" };
    struct node node = { .step = &step, .flow = &flow };
    struct foreign_message sent = { FOREIGN_ANSWER, { true, { 1, UINT64_MAX }, 77 },
                                    leat_bytes_of("key") }, read;
    struct arena arena;
    struct leat_bytes bytes;

    arena_init(&arena, 256);
    bytes = foreign_write(&arena, &sent);
    cr_assert(eq(int, foreign_read(&node, &bytes, &read), LEAT_OK));
    cr_assert(eq(int, read.order, FOREIGN_ANSWER));
    cr_assert(foreign_stamp_equal(&read.stamp, &sent.stamp));
    cr_assert(eq(int, read.stamp.partition, 77));
    cr_assert(leat_bytes_equal(read.rest, sent.rest));
    bytes.size = FOREIGN_HEAD_BYTES - 1;
    cr_assert(eq(int, foreign_read(&node, &bytes, &read), LEAT_E_DATA));
    cr_assert(eq(int, foreign_read(&node, NULL, &read), LEAT_E_DATA));
    cr_assert(strstr(error.text, "step 'answer'") != NULL);
    arena_free(&arena);
}

Test(foreign, takes_rows_for_the_same_only_if_both_are_there)
{
    struct foreign_stamp none = { .partition = 1 }, empty = { .exists = true };

    cr_assert(not(foreign_stamp_equal(&none, &empty)));
    empty.exists = false;
    cr_assert(foreign_stamp_equal(&none, &empty));
}
