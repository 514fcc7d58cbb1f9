/* main.c - blackfriday: one binary, a command each for what can be done. */
#include "blackfriday/cli.h"

#include <malloc.h>
#include <stdio.h>
#include <string.h>

static const struct cli_command *const commands[] = {
    &command_run,    &command_sink,     &command_generate, &command_load,
    &command_verify, &command_describe, &command_reset,
    &command_query,  &command_web,  &command_demo,     &command_health,
};

static void usage(FILE *file)
{
    fprintf(file, "Usage: blackfriday COMMAND [options]\n\n");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        fprintf(file, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    fprintf(file, "\n`blackfriday COMMAND --help` tells more of one.\n");
}

/* A thread with a heap of its own keeps what it once used; the clients' threads are many. */
static void share_heaps(void)
{
    mallopt(M_ARENA_MAX, 2);
}

int main(int argc, char **argv)
{
    share_heaps();
    if (argc < 2) {
        usage(stderr);
        return 2;
    }
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
        usage(stdout);
        return 0;
    }
    if (!strcmp(argv[1], "--version")) {
        printf("blackfriday %s\n", BLACKFRIDAY_VERSION);
        return 0;
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (!strcmp(argv[1], commands[i]->name))
            return commands[i]->run(argc - 1, argv + 1);
    fprintf(stderr, "blackfriday: '%s' is no command; `blackfriday --help` lists them\n", argv[1]);
    return 2;
}
