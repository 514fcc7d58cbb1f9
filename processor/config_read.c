/* config_read.c - options from a file, from the environment and from the command line. */
#include "processor/config_table.h"

#include "base/limits.h"
#include "base/logline.h"
#include "base/memory.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- a file ------------------------------------------------------------------------------- */

struct reading {
    struct config *config;
    FILE *file;
    const char *path;
    int line;
    struct config_seen *seen; /* keys so far */
    size_t seen_count, seen_capacity;
    bool secrets;
};

struct config_seen {
    char *key;
    int line;
};

static char *trim(char *text)
{
    size_t size;

    text += strspn(text, " \t\r\n");
    size = strlen(text);
    while (size && isspace((unsigned char)text[size - 1]))
        text[--size] = 0;
    return text;
}

static int note_key(struct reading *reading, const char *key, const char *origin,
                    struct leat_error *error)
{
    for (size_t i = 0; i < reading->seen_count; i++)
        if (!strcmp(reading->seen[i].key, key))
            return error_set(error, LEAT_E_ARGUMENT, "%s: '%.100s' is set in line %d already",
                             origin, key, reading->seen[i].line);
    reading->seen = memory_grow(reading->seen, reading->seen_count, &reading->seen_capacity,
                                sizeof *reading->seen);
    reading->seen[reading->seen_count++] = (struct config_seen){ memory_text(key), reading->line };
    reading->secrets |= config_is_secret(reading->config, key);
    return LEAT_OK;
}

static int read_line(struct reading *reading, char *line, struct leat_error *error)
{
    char origin[256], *key = trim(line), *value;
    int code;

    if (!*key || *key == '#')
        return LEAT_OK;
    snprintf(origin, sizeof origin, "%s:%d", reading->path, reading->line);
    value = strchr(key, '=');
    if (!value || value == key)
        return error_set(error, LEAT_E_ARGUMENT,
                         "%s: a line reads `key = value`, and this does not", origin);
    *value++ = 0;
    key = trim(key);
    code = note_key(reading, key, origin, error);
    return code ? code
                : config_store(reading->config, key, trim(value), SOURCE_FILE, origin, error);
}

static int read_lines(struct reading *reading, struct leat_error *error)
{
    char *line = memory_new(LIMIT_CONFIG_LINE_BYTES);
    int code = LEAT_OK;

    while (!code && fgets(line, LIMIT_CONFIG_LINE_BYTES, reading->file)) {
        size_t size = strlen(line);

        if (++reading->line > LIMIT_CONFIG_LINES)
            code = error_set(error, LEAT_E_ARGUMENT, "%s has more than %d lines", reading->path,
                             LIMIT_CONFIG_LINES);
        else if (size == LIMIT_CONFIG_LINE_BYTES - 1 && line[size - 1] != '\n')
            code = error_set(error, LEAT_E_ARGUMENT, "%s:%d: the line is longer than %d bytes",
                             reading->path, reading->line, LIMIT_CONFIG_LINE_BYTES - 1);
        else
            code = read_line(reading, line, error);
    }
    if (!code && ferror(reading->file))
        code =
            error_set(error, LEAT_E_ARGUMENT, "cannot read %s: %s", reading->path, strerror(errno));
    explicit_bzero(line, LIMIT_CONFIG_LINE_BYTES);
    memory_free(line);
    return code;
}

/* A file that is not ours, a mounted secret say, may reach us by its group and no other way. */
static void warn_of_readers(const struct reading *reading)
{
    struct stat status;

    if (reading->secrets && !fstat(fileno(reading->file), &status) &&
        (status.st_mode & (status.st_uid == geteuid() ? S_IRGRP | S_IROTH : S_IROTH)))
        log_warn("config_readable", "file=%s mend=\"it holds a secret: chmod 600\"", reading->path);
}

int config_read_file(struct config *config, const char *path, struct leat_error *error)
{
    struct reading reading = { .config = config, .path = path, .file = fopen(path, "re") };
    int code;

    if (!reading.file)
        return error_set(error, LEAT_E_ARGUMENT, "cannot open the configuration file '%s': %s",
                         path, strerror(errno));
    code = read_lines(&reading, error);
    if (!code)
        warn_of_readers(&reading);
    for (size_t i = 0; i < reading.seen_count; i++)
        memory_free(reading.seen[i].key);
    memory_free(reading.seen);
    fclose(reading.file);
    return code;
}

/* ---- the environment ---------------------------------------------------------------------- */

static const char prefix[] = "LEAT_";
static const char kafka[] = "KAFKA_";

/* Whether NAME= begins the variable that is meant by the key: dots are underscores, and the
 * leat. of a key is not said twice. */
static bool is_variable_of(const char *name, size_t size, const char *key)
{
    if (!strncmp(key, "leat.", 5))
        key += 5;
    if (strlen(key) != size)
        return false;
    for (size_t i = 0; i < size; i++)
        if (name[i] != (key[i] == '.' ? '_' : toupper((unsigned char)key[i])))
            return false;
    return true;
}

static const char *key_of(const struct config *config, const char *name, size_t size)
{
    for (size_t i = 0; i < config->count; i++)
        if (is_variable_of(name, size, config->values[i].option->key))
            return config->values[i].option->key;
    return NULL;
}

static char *kafka_key_of(const char *name, size_t size)
{
    char *key = memory_format("%.*s", (int)size, name);

    for (char *at = key; *at; at++)
        *at = *at == '_' ? '.' : (char)tolower((unsigned char)*at);
    return key;
}

static int read_variable(struct config *config, const char *variable, struct leat_error *error)
{
    const char *name = variable + sizeof prefix - 1, *equals = strchr(variable, '='), *key;
    char origin[128], *made = NULL;
    size_t size;
    int code = LEAT_OK;

    if (strncmp(variable, prefix, sizeof prefix - 1) || !equals || equals <= name)
        return LEAT_OK;
    size = (size_t)(equals - name);
    key = key_of(config, name, size);
    if (!key && size > sizeof kafka - 1 && !strncmp(name, kafka, sizeof kafka - 1))
        key = made = kafka_key_of(name, size);
    snprintf(origin, sizeof origin, "environment %.*s", (int)(equals - variable), variable);
    if (key)
        code = config_store(config, key, equals + 1, SOURCE_ENVIRONMENT, origin, error);
    memory_free(made);
    return code;
}

int config_read_environment(struct config *config, char *const *variables, struct leat_error *error)
{
    int code = LEAT_OK;

    for (; *variables && !code; variables++)
        code = read_variable(config, *variables, error);
    return code;
}

/* ---- the command line --------------------------------------------------------------------- */

int config_read_argument(struct config *config, const char *argument, struct leat_error *error)
{
    const char *equals = strchr(argument, '=');
    char *key;
    int code;

    if (!equals || equals == argument)
        return error_set(error, LEAT_E_ARGUMENT, "--set '%.100s': expected key=value", argument);
    key = memory_format("%.*s", (int)(equals - argument), argument);
    if (config_is_secret(config, key))
        code = error_set(error, LEAT_E_ARGUMENT,
                         "--set %.100s: a secret would show in the list of processes; put it into "
                         "the file or the environment",
                         key);
    else
        code = config_store(config, key, equals + 1, SOURCE_ARGUMENT, "--set", error);
    memory_free(key);
    return code;
}
