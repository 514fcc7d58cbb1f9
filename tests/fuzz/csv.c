/* csv.c - fuzz: a CSV file. Rows are as wide as the first; what is wrong has a place in it. */
#include "blackfriday/csv.h"

#include "file.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct leat_error error = { 0 };
    struct csv *csv = NULL;
    char path[64];
    int file = file_of(data, size, path), status = csv_open(path, &csv, &error);
    size_t width = 0, bytes;

    while (!status && (status = csv_next(csv, &error)) == 1) {
        width = width ? width : csv_count(csv);
        assert(csv_count(csv) == width);
        bytes = 0;
        for (size_t i = 0; i < width; i++)
            bytes += csv_field(csv, i).size;
        assert(bytes <= size);
        status = 0;
    }
    assert(status <= 0 && (!status || strstr(error.text, path)));
    csv_close(csv);
    close(file);
    return 0;
}
