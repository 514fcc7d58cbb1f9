/* pane_block.h - the panes of one key over one window's length, packed into one row.
 *
 * Panes stand in order of index, then sequence: [index, sequence, timestamp, size, wire bytes]...
 * The sequence says how many of the earliest windows over the pane it stays out of.
 */
#ifndef TOPOLOGY_PANE_BLOCK_H
#define TOPOLOGY_PANE_BLOCK_H

#include "base/arena.h"

enum { PANE_BLOCK_MAX = 64 }; /* panes of a block: a word has a bit for each */

struct pane {
    uint8_t index, sequence;
    int64_t timestamp_ms;
    struct leat_bytes wire;
};

/* Takes the first pane off *block; false at the end. */
bool pane_block_next(struct leat_bytes *block, struct pane *pane);

/* Finds a pane; false, and *pane as it was, if the block has none such. */
bool pane_block_find(struct leat_bytes block, uint8_t index, uint8_t sequence, struct pane *pane);

/* The block with this pane in the place of the old one, or added; the memory is the arena's. */
struct leat_bytes pane_block_put(struct arena *arena, struct leat_bytes block,
                                 const struct pane *pane);

#endif
