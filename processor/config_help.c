/* config_help.c - the options as help, and the values that are in force. */
#include "processor/config_table.h"

#include <inttypes.h>
#include <string.h>

enum { HELP_COLUMN = 44, HELP_WIDTH = 100 };

static void write_words(FILE *out, const char *text, int *column)
{
    while (*text) {
        int size = (int)strcspn(text, " ");

        bool first = *column == HELP_COLUMN;

        if (*column + size >= HELP_WIDTH) {
            fprintf(out, "\n%*s", HELP_COLUMN, "");
            *column = HELP_COLUMN;
            first = true;
        }
        *column += fprintf(out, "%s%.*s", first ? "" : " ", size, text);
        text += size;
        text += *text == ' ';
    }
}

static void write_choices(FILE *out, const struct config_option *option, int *column)
{
    char list[256];
    int used = snprintf(list, sizeof list, "One of:");

    for (size_t i = 0; option->choices[i] && used < (int)sizeof list; i++)
        used += snprintf(list + used, sizeof list - (size_t)used, " %s%s", option->choices[i],
                         option->choices[i + 1] ? "," : ".");
    write_words(out, list, column);
}

static void write_option(FILE *out, const struct config_option *option)
{
    int column = fprintf(out, "  %s%s%s", option->key, option->preset ? "=" : "",
                         option->preset ? option->preset : "");

    if (column >= HELP_COLUMN) {
        fputc('\n', out);
        column = 0;
    }
    fprintf(out, "%*s", HELP_COLUMN - column, "");
    column = HELP_COLUMN;
    write_words(out, option->help, &column);
    if (option->kind == CONFIG_CHOICE)
        write_choices(out, option, &column);
    if (option->required)
        write_words(out, "Must be set.", &column);
    if (option->secret)
        write_words(out, "Secret: from the file or the environment only.", &column);
    fputc('\n', out);
}

void config_help(const struct config *config, FILE *out, bool all)
{
    for (size_t i = 0; i < config->count; i++)
        if (all || config->values[i].option->common)
            write_option(out, config->values[i].option);
    fprintf(out, "  kafka.NAME=VALUE%*sAny setting of librdkafka, which checks it.\n",
            HELP_COLUMN - 18, "");
}

void config_print(const struct config *config, FILE *out)
{
    for (size_t i = 0; i < config->count; i++) {
        const struct config_value *value = &config->values[i];
        const char *text = value->text ? value->text : "";

        fprintf(out, "%s = %s", value->option->key,
                value->option->secret && *text ? "********" : text);
        fprintf(out, "%s%s\n", value->origin ? "   # " : "", value->origin ? value->origin : "");
    }
    for (size_t i = 0; i < config->kafka_count; i++)
        fprintf(out, "kafka.%s = %s\n", config->kafka[i].name,
                config_is_secret(config, config->kafka[i].name) ? "********"
                                                                : config->kafka[i].value);
}
