/* logline.h - structured log lines on standard error, one event a line:
 *
 *   2026-11-27T08:00:00.123Z INFO committed task=sales-0 records=512
 *
 * The event is a fixed word; what varies stands in key=value pairs that the format writes. Never
 * a secret, never a record's payload. Thread: any.
 */
#ifndef BASE_LOGLINE_H
#define BASE_LOGLINE_H

enum logline_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

void logline_set_level(enum logline_level level); /* lines above it are not written */
__attribute__((format(printf, 3, 4))) void logline(enum logline_level level, const char *event,
                                                   const char *format, ...);

#define log_error(...) logline(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...)  logline(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...)  logline(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) logline(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
