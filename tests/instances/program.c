/* program.c - the small application that these tests run, kill and refuse: a word count, and the
 * variants that a test asks for by PROGRAM_MODE.
 *
 *   count     lines from PROGRAM_LINES, counts into PROGRAM_COUNTS
 *   poison    the same; leat_fail() on a line that holds the word "poison"
 *   renamed   the same under other names of steps
 *   numbers   longs from PROGRAM_LINES, as they are, into PROGRAM_COUNTS
 *   join      lines beside a table from PROGRAM_TABLE
 */
#include <leat/leat.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static void split(const struct leat_record *line, void *out)
{
    struct leat_bytes text = leat_string_of(line), word = { text.data, 0 };

    for (size_t i = 0; i <= text.size; i++) {
        if (i < text.size && !isspace((unsigned char)text.data[i])) {
            word.size++;
            continue;
        }
        if (word.size)
            leat_forward(line, word, &word, line->timestamp_ms);
        word = (struct leat_bytes){ text.data + i + 1, 0 };
    }
}

static void split_or_fail(const struct leat_record *line, void *out)
{
    struct leat_bytes text = leat_string_of(line);

    if (memmem(text.data, text.size, "poison", 6))
        leat_fail(line, "the line holds %s", "poison");
    else
        split(line, out);
}

static void count(const struct leat_record *word, void *out)
{
    ++*(int64_t *)out;
}

static void first(const struct leat_record *left, const void *right, void *out)
{
    *(struct leat_bytes *)out = leat_string_of(left);
}

static const char *topic(const char *name)
{
    const char *value = getenv(name);

    return value ? value : "missing";
}

static void count_words(struct leat_topology *topology, leat_fill how, const char *words_step,
                        const char *counts_step)
{
    struct leat_stream *lines = leat_stream_from(topology, "lines", &(struct leat_source){
        .topic = topic("PROGRAM_LINES"), .type = &leat_string_type });
    struct leat_stream *words = leat_flat_map(lines, words_step, &(struct leat_map){
        .type = &leat_string_type, .value = how });
    struct leat_table *counts = leat_aggregate(words, counts_step, &(struct leat_aggregate){
        .type = &leat_long_type, .add = count, .store = counts_step });

    leat_to(leat_changes(counts, "changed"), "out", &(struct leat_to){
        .topic = topic("PROGRAM_COUNTS") });
}

static void pass_numbers(struct leat_topology *topology)
{
    leat_to(leat_stream_from(topology, "numbers", &(struct leat_source){
                .topic = topic("PROGRAM_LINES"), .type = &leat_long_type }),
            "out", &(struct leat_to){ .topic = topic("PROGRAM_COUNTS") });
}

static void join_table(struct leat_topology *topology)
{
    struct leat_stream *lines = leat_stream_from(topology, "lines", &(struct leat_source){
        .topic = topic("PROGRAM_LINES"), .type = &leat_string_type });
    struct leat_table *table = leat_table_from(topology, "table", &(struct leat_source){
        .topic = topic("PROGRAM_TABLE"), .type = &leat_string_type });

    leat_to(leat_join_table(lines, table, "joined", &(struct leat_join){
                .type = &leat_string_type, .join = first }),
            "out", &(struct leat_to){ .topic = topic("PROGRAM_COUNTS") });
}

int main(int argc, char **argv)
{
    const char *mode = getenv("PROGRAM_MODE") ? getenv("PROGRAM_MODE") : "count";
    struct leat_topology *topology = leat_topology_new();

    if (!strcmp(mode, "numbers"))
        pass_numbers(topology);
    else if (!strcmp(mode, "join"))
        join_table(topology);
    else if (!strcmp(mode, "renamed"))
        count_words(topology, split, "other-words", "other-counts");
    else
        count_words(topology, strcmp(mode, "poison") ? split : split_or_fail, "words", "counts");
    return leat_main(topology, argc, argv);
}
