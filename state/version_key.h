/* version_key.h - keys of versioned stores: the key's bytes, the time at which the version ends in
 * eight (big-endian), in four whether the row is a value or says that there was none.
 *
 * So the latest version, which has not ended, stands under a key that is known beforehand; the one
 * that was valid at some time is the first that ends behind it; and what ended long ago expires as
 * windows do, by the time in its key. It is the layout of a window's key, with the end for the
 * start; as there, versions of a key that begins with this one's bytes may lie between.
 */
#ifndef STATE_VERSION_KEY_H
#define STATE_VERSION_KEY_H

#include "state/window_key.h"

#define VERSION_OPEN INT64_MAX /* the end of the latest */

enum version_kind { VERSION_VALUE, VERSION_DELETION };

struct version_key {
    struct leat_bytes key;
    int64_t end_ms;
    enum version_kind kind;
};

static inline struct leat_bytes version_key_build(struct arena *arena, struct leat_bytes key,
                                                  int64_t end_ms, enum version_kind kind)
{
    return window_key_build(arena, key, end_ms, (uint32_t)kind);
}

static inline bool version_key_parse(struct leat_bytes bytes, struct version_key *out)
{
    struct window_key parts;

    if (!window_key_parse(bytes, &parts))
        return false;
    *out = (struct version_key){ parts.key, parts.start_ms,
                                 parts.sequence ? VERSION_DELETION : VERSION_VALUE };
    return true;
}

#endif
