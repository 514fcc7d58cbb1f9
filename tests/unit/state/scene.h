/* scene.h - a home of either kind in a directory of its own, for the tests of this folder. */
#ifndef TESTS_STATE_SCENE_H
#define TESTS_STATE_SCENE_H

#include "schemas/codec.h"
#include "state/budget.h"
#include "state/home.h"
#include "state/store.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

enum scene_kind { SCENE_MEMORY, SCENE_ROCKS };

struct scene {
    enum scene_kind kind;
    char directory[64]; /* removed at the end */
    char path[80];      /* the task's, below it */
    struct budget *budget;
    struct home *home;
    struct leat_error error;
};

void scene_start(struct scene *scene, enum scene_kind kind);
void scene_stop(struct scene *scene);
void scene_open(struct scene *scene);
void scene_close(struct scene *scene); /* the home; it can be opened again */

struct store *scene_store(struct scene *scene, const struct store_spec *spec, struct codec *codec);

void scene_remove(const char *directory); /* with all that is in it */

static inline struct leat_bytes text(const char *from)
{
    return leat_bytes_of(from);
}

/* The string of an entry of a string store, "-" where there is no row. */
const char *entry_text(const struct entry *entry);
void set_text(struct store *store, const char *key, const char *value, int64_t timestamp_ms);
const char *get_text(struct store *store, const char *key);
void commit(struct scene *scene, struct store *store); /* flush, home, store */

#define OK(call, error) cr_assert((call) == LEAT_OK, "%s", (error)->text)

/* A test that is run against each kind of home. */
#define EACH_KIND(suite, name)                                                                     \
    ParameterizedTestParameters(suite, name)                                                       \
    {                                                                                              \
        static enum scene_kind kinds[] = { SCENE_MEMORY, SCENE_ROCKS };                            \
        return cr_make_param_array(enum scene_kind, kinds, 2);                                     \
    }                                                                                              \
    ParameterizedTest(enum scene_kind *kind, suite, name)

#endif
