/* pending.c - verbs that the headers promise and no file has yet. */
#include "topology/operators.h"

static struct step *pending(const void *in, const char *name, enum noun noun)
{
    struct step *step = step_new(step_of(in)->topology, &late_records, name, noun,
                                 step_of(in)->type ? step_of(in)->type : &leat_bytes_type);

    step_mistake(step, LEAT_E_TOPOLOGY, "the verb is not there yet");
    step_connect(step_of(in), step);
    return step;
}

struct leat_table *leat_suppress(struct leat_table *in, const char *name,
                                 const struct leat_suppress *with)
{
    return (struct leat_table *)pending(in, name, NOUN_TABLE);
}
