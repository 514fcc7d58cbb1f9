/* streams_status.c - what an instance tells of itself: metrics, health, tasks, over HTTP. */
#include "processor/streams.h"

int streams_status_start(struct leat_streams *streams, struct leat_error *error)
{
    return LEAT_OK;
}

void streams_status_stop(struct leat_streams *streams)
{
}

int streams_status_port(const struct leat_streams *streams)
{
    return 0;
}
