/* verify_enriched.h - sales-enriched holds each valid sale once, all fields as the inputs give
 * them; on_hand depends on the moment and is not compared. */
#ifndef BLACKFRIDAY_VERIFY_ENRICHED_H
#define BLACKFRIDAY_VERIFY_ENRICHED_H

#include "blackfriday/verify_mirror.h"
#include "blackfriday/verify_world.h"

int verify_enriched_read(struct verify_world *world, struct verify_mirror *mirror) MUST_CHECK;

#endif
