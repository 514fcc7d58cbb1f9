/* Counts the words of topic "lines" into topic "word-counts". */
#include <leat/leat.h>

#include <ctype.h>

/* Each word of the line becomes a record with the word as its key. */
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

static void count(const struct leat_record *word, void *out)
{
    ++*(int64_t *)out;
}

int main(int argc, char **argv)
{
    struct leat_topology *topology = leat_topology_new();
    struct leat_stream *lines = leat_stream_from(topology, "lines", &(struct leat_source){
        .type = &leat_string_type });
    struct leat_stream *words = leat_flat_map(lines, "words", &(struct leat_map){
        .type = &leat_string_type, .value = split });
    struct leat_table *counts = leat_aggregate(words, "counts", &(struct leat_aggregate){
        .type = &leat_long_type, .add = count, .store = "counts" });

    leat_to(leat_changes(counts, "changed"), "word-counts", NULL);
    return leat_main(topology, argc, argv);
}
