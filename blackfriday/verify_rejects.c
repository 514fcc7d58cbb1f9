/* verify_rejects.c - one input's dead-letter topic against the input. */
#include "blackfriday/verify_rejects.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdlib.h>

enum { KEY_BYTES = 12, NUMBER_BYTES = 24 };

struct entry {
    uint64_t fingerprint; /* of key, value, timestamp and headers, as they came */
    int64_t count;
    bool settled;
};


static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0xc4ceb9fe1a85ec53u;
    return hash ^ hash >> 31;
}

static uint64_t mix_bytes(uint64_t hash, struct leat_bytes bytes)
{
    return mix(hash, bytes.data ? map_hash(bytes) : 0);
}

/* The five headers that a reject is given on top of its own. */
static bool is_added(const char *name)
{
    return !strcmp(name, "error.reason") || !strcmp(name, "error.message") ||
           !strcmp(name, "source.topic") || !strcmp(name, "source.partition") ||
           !strcmp(name, "source.offset");
}

/* The first `count` headers only: the five stand behind those that came with the record. */
static uint64_t fingerprint(const struct verify_record *record, size_t header_count)
{
    uint64_t hash = mix_bytes(0x9e3779b97f4a7c15u, record->key);

    hash = mix_bytes(hash, record->value);
    hash = mix(hash, (uint64_t)record->timestamp_ms);
    for (size_t i = 0; i < header_count; i++) {
        hash = mix_bytes(hash, leat_bytes_of(record->headers[i].name));
        hash = mix_bytes(hash, record->headers[i].value);
    }
    return hash;
}

/* Where the added headers begin: a record that was rejected before keeps its first five. */
static size_t own_headers(const struct verify_record *record)
{
    size_t count = record->header_count;

    for (int i = 0; i < 5 && count > 0 && is_added(record->headers[count - 1].name); i++)
        count--;
    return count;
}

static struct leat_bytes header(const struct verify_record *record, const char *name)
{
    for (size_t i = record->header_count; i > 0; i--)
        if (!strcmp(record->headers[i - 1].name, name))
            return record->headers[i - 1].value;
    return (struct leat_bytes){ 0 };
}

static bool header_number(const struct verify_record *record, const char *name, int64_t *number)
{
    struct leat_bytes text = header(record, name);
    char copy[NUMBER_BYTES], *end;

    if (!text.size || text.size >= sizeof copy)
        return false;
    memcpy(copy, text.data, text.size);
    copy[text.size] = 0;
    *number = strtoll(copy, &end, 10);
    return !*end;
}

static struct leat_bytes entry_key(int32_t partition, int64_t offset, char space[KEY_BYTES])
{
    memcpy(space, &partition, sizeof partition);
    memcpy(space + sizeof partition, &offset, sizeof offset);
    return leat_bytes(space, KEY_BYTES);
}

static void place_text(int32_t partition, int64_t offset, char *text, size_t size)
{
    snprintf(text, size, "partition %" PRId32 " offset %" PRId64, partition, offset);
}

static bool well_formed(const struct verify_rejects *rejects, const struct verify_record *record,
                        int64_t *partition, int64_t *offset)
{
    return header(record, "error.reason").size && header(record, "error.message").size &&
           !leat_bytes_compare(header(record, "source.topic"), leat_bytes_of(rejects->topic)) &&
           header_number(record, "source.partition", partition) &&
           header_number(record, "source.offset", offset);
}

static int each_reject(void *user, const struct verify_record *record)
{
    struct verify_rejects *rejects = user;
    char space[KEY_BYTES], place[64];
    int64_t partition, offset;
    struct leat_bytes key;
    struct entry *entry;

    rejects->output->found++;
    place_text(record->partition, record->offset, place, sizeof place);
    if (!well_formed(rejects, record, &partition, &offset)) {
        verify_differ(rejects->output, VERIFY_WRONG, place,
                      "expected the headers error.reason, error.message, source.topic %s, "
                      "source.partition and source.offset", rejects->topic);
        return 0;
    }
    key = entry_key((int32_t)partition, offset, space);
    entry = map_get(&rejects->entries, key);
    if (!entry) {
        entry = memory_new(sizeof *entry);
        map_put(&rejects->entries, key, entry);
    }
    entry->fingerprint = fingerprint(record, own_headers(record));
    if (entry->count++ && !rejects->repeats) {
        char source[64];

        place_text((int32_t)partition, offset, source, sizeof source);
        verify_differ(rejects->output, VERIFY_EXTRA, place,
                      "%s of %s was rejected already", source, rejects->topic);
    }
    return 0;
}

int verify_rejects_read(struct verify_rejects *rejects, struct verify_input *input,
                        struct verify_report *report, const char *topic, struct leat_error *error)
{
    rejects->topic = topic;
    snprintf(rejects->rejected_topic, sizeof rejects->rejected_topic, "%s-rejected", topic);
    rejects->output = verify_report_add(report, rejects->rejected_topic);
    return input->read(input, rejects->rejected_topic, each_reject, rejects, error);
}

static void settle_entry(struct verify_rejects *rejects, const struct verify_record *record,
                         struct entry *entry, const char *place)
{
    if (entry->settled)
        return;
    entry->settled = true;
    if (entry->fingerprint != fingerprint(record, record->header_count))
        verify_differ(rejects->output, VERIFY_WRONG, place,
                      "expected key, value, timestamp and headers as they stand in %s, found "
                      "others", rejects->topic);
}

bool verify_rejects_settle(struct verify_rejects *rejects, const struct verify_record *record,
                           enum verify_judgement judgement, const char *why)
{
    char space[KEY_BYTES], place[64];
    struct entry *entry = map_get(&rejects->entries,
                                  entry_key(record->partition, record->offset, space));

    if (!entry && judgement != VERIFY_INVALID)
        return true;
    place_text(record->partition, record->offset, place, sizeof place);
    if (judgement == VERIFY_VALID) {
        verify_differ(rejects->output, VERIFY_EXTRA, place,
                      "expected nothing, since this record of %s is valid; found it rejected",
                      rejects->topic);
        entry->settled = true;
        return true;
    }
    rejects->output->expected++;
    if (entry)
        settle_entry(rejects, record, entry, place);
    else
        verify_differ(rejects->output, VERIFY_MISSING, place,
                      "expected this record of %s (%s), found nothing", rejects->topic, why);
    return false;
}

void verify_rejects_finish(struct verify_rejects *rejects)
{
    struct leat_bytes key;
    void *value;

    for (size_t i = 0; map_next(&rejects->entries, &i, &key, &value);) {
        const struct entry *entry = value;
        char place[64];
        int32_t partition;
        int64_t offset;

        if (entry->settled)
            continue;
        memcpy(&partition, key.data, sizeof partition);
        memcpy(&offset, key.data + sizeof partition, sizeof offset);
        place_text(partition, offset, place, sizeof place);
        verify_differ(rejects->output, VERIFY_EXTRA, place,
                      "expected nothing, found a reject of a record that %s does not hold",
                      rejects->topic);
    }
}

void verify_rejects_free(struct verify_rejects *rejects)
{
    struct leat_bytes key;
    void *value;

    for (size_t i = 0; map_next(&rejects->entries, &i, &key, &value);)
        memory_free(value);
    map_free(&rejects->entries);
}
