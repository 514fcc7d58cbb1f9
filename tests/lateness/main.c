/* main.c - the laboratory behind a pipe: a command a line, each answered by lines and a dot.
 *
 *     open PARTITIONS HOPS IDLE_MS AHEAD_MS CACHING     first; CACHING is 0 or 1
 *     feed TOPIC PARTITION TIME VALUE
 *     task TOPIC                                the first of those that read the topic
 *     freeze TASK STAGE | go TASK | kill TASK | own TASK [STAGE]
 *     stage TASK
 *     settle MS
 *     dump TOPIC
 *     dropped
 */
#include "lab.h"

#include "base/logline.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 6, LINE_BYTES = 1024 };

struct command {
    char *words[WORDS];
    int count;
};

static struct command split(char *line)
{
    struct command command = { { 0 }, 0 };
    char *rest = line, *word;

    while ((word = strsep(&rest, " \n")) && command.count < WORDS)
        if (*word)
            command.words[command.count++] = word;
    return command;
}

static int64_t number(const struct command *command, int at)
{
    char *end;
    int64_t found;

    assert(at < command->count);
    found = strtoll(command->words[at], &end, 10);
    assert(!*end);
    return found;
}

static bool is(const struct command *command, const char *name)
{
    return command->count && !strcmp(command->words[0], name);
}

/* Stages outlive the line that names them. */
static const char *stage(const struct command *command)
{
    static const char *const stages[] = { "opening", "restoring", "seeking", "running" };

    for (size_t i = 0; i < 4 && command->words[2]; i++)
        if (!strcmp(command->words[2], stages[i]))
            return stages[i];
    return NULL;
}

static void trouble(struct lab *lab, const struct command *command)
{
    int task = (int)number(command, 1);

    assert(task >= 0 && task < (int)lab->layout->task_count);
    if (is(command, "kill"))
        lab_kill(lab, task);
    else if (is(command, "own"))
        lab_own(lab, task, stage(command));
    else
        lab_freeze(lab, task, is(command, "go") ? NULL : stage(command));
}

static void obey(struct lab *lab, const struct command *command)
{
    if (is(command, "feed"))
        lab_feed(lab, command->words[1], (int32_t)number(command, 2), number(command, 3),
                 command->words[4]);
    else if (is(command, "task"))
        printf("%d\n", lab_first_task(lab, command->words[1]));
    else if (is(command, "stage"))
        puts(lab_stage(lab, (int)number(command, 1)));
    else if (is(command, "settle"))
        lab_settle(lab, number(command, 1));
    else if (is(command, "dump"))
        lab_dump(lab, command->words[1]);
    else if (is(command, "dropped"))
        printf("%" PRIu64 "\n", lab_dropped(lab));
    else
        trouble(lab, command);
}

int main(void)
{
    char line[LINE_BYTES];
    struct lab lab = { 0 };

    logline_set_level(LOG_LEVEL_ERROR);
    while (fgets(line, sizeof line, stdin)) {
        struct command command = split(line);

        if (is(&command, "open"))
            lab_open(&lab, (int32_t)number(&command, 1), (int)number(&command, 2),
                     number(&command, 3), number(&command, 4),
                     number(&command, 5));
        else
            obey(&lab, &command);
        puts(".");
        fflush(stdout);
    }
    if (lab.log)
        lab_close(&lab);
    return 0;
}
