/* join_foreign.c - two tables meet by a key that the left rows name: leat_join_foreign().
 *
 * The verb puts the parts together; foreign.h draws them.
 */
#include "topology/foreign.h"

static struct step *part(const struct foreign_join *foreign, struct step *left, const char *name,
                         const char *what, const struct operator *operator,
                         const struct leat_type *type)
{
    struct leat_topology *topology = left->topology;
    struct leat_bytes text = arena_text(&topology->arena, "%s-%s", name, what);
    struct step *step = step_new(topology, operator, text.data, NOUN_STREAM, type);

    step_options(step, foreign, sizeof *foreign);
    step->user = foreign->with.user;
    return step;
}

/* Sends what a part says to the tasks of the table that it is for; returns the receiving half. */
static struct step *send_to(struct step *from, const struct step *table, const char *name,
                            const char *topic)
{
    struct leat_bytes text = arena_text(&from->topology->arena, "%s-%s", name, topic);
    struct step *received = step_repartition(from, text.data, 0);

    received->twin->partitions_of = table;
    return received;
}

/* A left row that names no right row crosses the first topic too, to come back as a result. */
static struct step *subscribe(const struct foreign_join *foreign, struct step *left,
                              struct step *right, const char *name)
{
    struct step *step = part(foreign, left, name, "subscribe", &foreign_subscribe,
                             &leat_bytes_type), *received;

    step_connect(left, step);
    received = send_to(step, right, name, "subscription-registration");
    received->twin->keeps_null_keys = true;
    return received;
}

static struct step *answer(const struct foreign_join *foreign, struct step *left,
                           struct step *right, struct step *subscriptions, const char *name)
{
    struct step *step = part(foreign, left, name, "answer", &foreign_answer, &leat_bytes_type);
    struct leat_bytes store = arena_text(&left->topology->arena, "%s-subscription-store", name);
    struct leat_repartition home = { .partition_of = foreign_home };
    struct step *received;

    step_keys_like(step, left);
    step_connect(subscriptions, step);
    step_connect(right, step);
    step_store(step, store.data, STORE_KEY_VALUE, &leat_bytes_type)->cached = false;
    received = send_to(step, left, name, "subscription-response");
    step_options(received->twin, &home, sizeof home);
    return received;
}

static struct step *resolve(const struct foreign_join *foreign, struct step *left,
                            struct step *answers, const char *name)
{
    struct step *step = part(foreign, left, name, "resolve", &foreign_resolve,
                             foreign->with.type);

    step_keys_like(step, left);
    step_connect(answers, step);
    step_connect(left, step);
    return step;
}

static void check(struct step *step, const struct leat_join_tables *with, const struct step *right)
{
    step_require(step, with->type && with->join && with->key,
                 "a foreign-key join needs .type, .join and .key");
    step_require(step, with->kind != LEAT_OUTER,
                 "a foreign-key join is LEAT_INNER or LEAT_LEFT; a right row has no one left key");
    step_require(step, !right->window_ms, "the right table's keys must not be windowed ones");
}

struct leat_table *leat_join_foreign(struct leat_table *left, struct leat_table *right,
                                     const char *name, const struct leat_join_tables *options)
{
    struct step *from = step_of(left), *to = step_of(right), *received, *resolved;
    struct foreign_join foreign = { .right_type = to->type };
    struct leat_table *out;

    if (options)
        foreign.with = *options;
    if (!foreign.with.type)
        foreign.with.type = from->type;
    received = subscribe(&foreign, from, to, name);
    foreign.subscriber = received->twin->inputs[0];
    received = answer(&foreign, from, to, received, name);
    resolved = resolve(&foreign, from, received, name);
    table_need_before(from);
    table_need_before(to);
    table_need_told(from);
    table_need_told(to);
    out = leat_to_table((struct leat_stream *)resolved, name,
                        &(struct leat_to_table){ .store = foreign.with.store,
                                                 .in_memory = foreign.with.in_memory,
                                                 .no_cache = foreign.with.no_cache });
    check(step_of(out), &foreign.with, to);
    return out;
}
