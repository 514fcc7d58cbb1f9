/* checkpoint_test.c - which local copies are trusted. */
#include "state/checkpoint.h"

#include <criterion/criterion.h>

static struct checkpoint usual(void)
{
    return (struct checkpoint){ .offset = 50,
                                .written_ms = 1000,
                                .first_offset = 10,
                                .end_offset = 100,
                                .now_ms = 2000,
                                .delete_retention_ms = 4000 };
}

static void check(struct checkpoint checkpoint, enum checkpoint_verdict verdict, int64_t start,
                  const char *because)
{
    char text[256];

    cr_assert_eq(checkpoint_judge(&checkpoint), verdict);
    cr_assert_eq(checkpoint_start(&checkpoint, verdict), start);
    checkpoint_explain(&checkpoint, verdict, "stock", text, sizeof text);
    cr_assert(strstr(text, because), "%s", text);
    cr_assert(strstr(text, "store 'stock'"), "%s", text);
    cr_assert_eq(!!strstr(text, "wiped"), checkpoint_wipes(verdict));
}

Test(checkpoint, within_the_changelog_and_young_is_trusted)
{
    struct checkpoint checkpoint = usual();

    check(checkpoint, CHECKPOINT_TRUSTED, 50, "from offset 50 to 100");
    checkpoint.offset = checkpoint.first_offset;
    check(checkpoint, CHECKPOINT_TRUSTED, 10, "from offset 10");
    checkpoint.offset = checkpoint.end_offset;
    check(checkpoint, CHECKPOINT_TRUSTED, 100, "from offset 100");
}

Test(checkpoint, that_is_missing_means_all)
{
    struct checkpoint checkpoint = usual();

    checkpoint.offset = checkpoint.written_ms = -1;
    check(checkpoint, CHECKPOINT_NONE, 10, "no local copy");
}

Test(checkpoint, behind_the_first_offset_is_wiped)
{
    struct checkpoint checkpoint = usual();

    checkpoint.offset = 9;
    check(checkpoint, CHECKPOINT_BEHIND, 10, "offset 9 and its changelog begins at 10");
}

Test(checkpoint, older_than_half_the_retention_of_tombstones_is_wiped)
{
    struct checkpoint checkpoint = usual();

    checkpoint.now_ms = 3000;
    check(checkpoint, CHECKPOINT_TRUSTED, 50, "from offset 50");
    checkpoint.now_ms = 3001;
    check(checkpoint, CHECKPOINT_OLD, 10, "is 2 s old");
}

Test(checkpoint, at_the_end_has_missed_nothing_however_old)
{
    struct checkpoint checkpoint = usual();

    checkpoint.now_ms = 1LL << 50;
    checkpoint.offset = checkpoint.end_offset;
    check(checkpoint, CHECKPOINT_TRUSTED, 100, "from offset 100");
}

Test(checkpoint, of_a_changelog_without_compaction_does_not_age)
{
    struct checkpoint checkpoint = usual();

    checkpoint.now_ms = 1LL << 50;
    checkpoint.delete_retention_ms = -1;
    check(checkpoint, CHECKPOINT_TRUSTED, 50, "from offset 50");
}

Test(checkpoint, from_before_a_clock_went_back_is_young)
{
    struct checkpoint checkpoint = usual();

    checkpoint.now_ms = 10;
    check(checkpoint, CHECKPOINT_TRUSTED, 50, "from offset 50");
}

Test(checkpoint, ahead_of_the_changelog_is_wiped)
{
    struct checkpoint checkpoint = usual();

    checkpoint.offset = 101;
    check(checkpoint, CHECKPOINT_AHEAD, 10, "made anew");
}
