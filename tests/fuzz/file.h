/* file.h - what is fuzzed as a file, without a disk. */
#ifndef TESTS_FUZZ_FILE_H
#define TESTS_FUZZ_FILE_H

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

/* A file in memory of these bytes, and its path; close() it. */
static inline int file_of(const uint8_t *data, size_t size, char path[64])
{
    int file = memfd_create("fuzz", 0);

    assert(file >= 0 && write(file, data, size) == (ssize_t)size);
    snprintf(path, 64, "/proc/self/fd/%d", file);
    return file;
}

#endif
