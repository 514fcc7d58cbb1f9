/* big_endian.h - numbers in keys and row heads: big-endian, so that bytewise order is theirs. */
#ifndef STATE_BIG_ENDIAN_H
#define STATE_BIG_ENDIAN_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

static inline void big_endian_put_16(char *to, uint16_t number)
{
    number = htobe16(number);
    memcpy(to, &number, sizeof number);
}

static inline void big_endian_put_32(char *to, uint32_t number)
{
    number = htobe32(number);
    memcpy(to, &number, sizeof number);
}

static inline void big_endian_put_64(char *to, uint64_t number)
{
    number = htobe64(number);
    memcpy(to, &number, sizeof number);
}

static inline uint16_t big_endian_get_16(const char *from)
{
    uint16_t number;

    memcpy(&number, from, sizeof number);
    return be16toh(number);
}

static inline uint32_t big_endian_get_32(const char *from)
{
    uint32_t number;

    memcpy(&number, from, sizeof number);
    return be32toh(number);
}

static inline uint64_t big_endian_get_64(const char *from)
{
    uint64_t number;

    memcpy(&number, from, sizeof number);
    return be64toh(number);
}

#endif
