/* config.c - fuzz: a configuration file, and durations and sizes. */
#include "processor/config.h"

#include "file.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse_text(const uint8_t *data, size_t size)
{
    char text[64] = "";
    int64_t number = 0;

    memcpy(text, data, size < sizeof text ? size : sizeof text - 1);
    if (!config_parse_duration(text, &number))
        assert(number >= 0 || *text == '-');
    if (!config_parse_size(text, &number))
        assert(number >= 0 || *text == '-');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct leat_error error = { 0 };
    struct config *config = config_new();
    char path[64];
    int file = file_of(data, size, path);
    int status = config_read_file(config, path, &error);

    if (!status)
        status = config_check(config, &error);
    assert(!status == !error.text[0]);
    close(file);
    config_free(config);
    parse_text(data, size);
    return 0;
}
