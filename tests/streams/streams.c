/* streams.c - whole instances over the log in memory: words are counted, by one or by several, over
 * stops and starts. */
#include "word_world.h"

#include "base/clock.h"
#include "base/memory.h"

#include <criterion/criterion.h>

static struct word_world world;

static const char *const lines[] = { "the quick brown fox", "jumps over the lazy dog", "the end",
                                     "the fox" };

struct one {
    struct config *config;
    struct leat_topology *topology;
    struct leat_streams *streams;
};

static struct one start(const char *name)
{
    struct one one = { word_world_config(&world, name), word_world_topology(), NULL };
    struct leat_error error = { 0 };

    one.streams = streams_new(one.topology, one.config, world.log);
    cr_assert(leat_streams_start(one.streams, &error) == LEAT_OK, "%s", error.text);
    return one;
}

static void stop(struct one *one)
{
    struct leat_error error = { 0 };

    cr_assert(leat_streams_stop(one->streams, &error) == LEAT_OK, "%s", error.text);
    leat_streams_free(one->streams);
    leat_topology_free(one->topology);
    config_free(one->config);
}

static void begin(void)
{
    word_world_start(&world, 4);
}

static void end(void)
{
    word_world_stop(&world);
}

Test(streams, counts_words_through_a_repartition, .init = begin, .fini = end)
{
    struct one one = start("a");

    word_world_say(&world, lines, 4);
    cr_assert(word_world_reaches(&world, 13));
    cr_assert_eq(word_world_count(&world, "the"), 4);
    cr_assert_eq(word_world_count(&world, "fox"), 2);
    stop(&one);
}

Test(streams, go_on_where_they_stopped, .init = begin, .fini = end)
{
    struct one one = start("a");

    word_world_say(&world, lines, 4);
    cr_assert(word_world_reaches(&world, 13));
    stop(&one);
    one = start("a");
    word_world_say(&world, lines, 4);
    cr_assert(word_world_reaches(&world, 26));
    cr_assert_eq(word_world_count(&world, "the"), 8);
    stop(&one);
}

Test(streams, share_the_work_and_hand_it_over, .init = begin, .fini = end)
{
    struct one a = start("a"), b = start("b");

    word_world_say(&world, lines, 4);
    cr_assert(word_world_reaches(&world, 13));
    stop(&a);
    word_world_say(&world, lines, 4);
    cr_assert(word_world_reaches(&world, 26));
    a = start("a");
    word_world_say(&world, lines, 4);
    cr_assert(word_world_reaches(&world, 39));
    cr_assert_eq(word_world_count(&world, "the"), 12);
    stop(&b);
    stop(&a);
}
