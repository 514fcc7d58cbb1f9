/* utf8.c - the UTF-8 check: eight ASCII bytes at a time, then one character at a time. */
#include "base/utf8.h"

static bool ascii8(const unsigned char *at)
{
    uint64_t word;

    memcpy(&word, at, 8);
    return !(word & 0x8080808080808080u);
}

static bool follows(const unsigned char *at, const unsigned char *end, int count)
{
    if (end - at < count)
        return false;
    for (int i = 0; i < count; i++)
        if ((at[i] & 0xc0) != 0x80)
            return false;
    return true;
}

/* The length of the character at `at`, or 0 if it is not one. */
static int character(const unsigned char *at, const unsigned char *end)
{
    unsigned char first = *at, second = end - at > 1 ? at[1] : 0;

    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first <= 0xdf)
        return follows(at + 1, end, 1) ? 2 : 0;
    if (first >= 0xe0 && first <= 0xef) {
        if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f))
            return 0;
        return follows(at + 1, end, 2) ? 3 : 0;
    }
    if (first >= 0xf0 && first <= 0xf4) {
        if ((first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f))
            return 0;
        return follows(at + 1, end, 3) ? 4 : 0;
    }
    return 0;
}

bool utf8_valid(struct leat_bytes text)
{
    const unsigned char *at = (const unsigned char *)text.data, *end = at + text.size;

    while (at < end) {
        int size;

        if (end - at >= 8 && ascii8(at)) {
            at += 8;
            continue;
        }
        size = character(at, end);
        if (!size)
            return false;
        at += size;
    }
    return true;
}
