/* settings.h - the application's settings beside the engine's: windows, threshold, database. */
#ifndef BLACKFRIDAY_SETTINGS_H
#define BLACKFRIDAY_SETTINGS_H

#include "processor/config.h"

struct retail_options;
struct verify_options;
struct sink_options;
struct log;
struct registry;
struct verify_input;

/* The engine's options with the application's values for them, and the application's own. */
struct config *settings_new(void);

void settings_retail(const struct config *config, struct retail_options *options);
void settings_verify(const struct config *config, struct verify_options *options);
void settings_sink(const struct config *config, struct sink_options *options);

/* The log and the registry that the configuration names, for commands that are no instance. */
int settings_open(const struct config *config, struct log **log, struct registry **registry,
                  struct leat_error *error) MUST_CHECK;

/* The topics as verify reads them: through its own client, not through the engine's. */
int settings_input(const struct config *config, struct verify_input **input,
                   struct leat_error *error) MUST_CHECK;

#endif
