/* broker.h - real Kafka for a Criterion suite, started once for the whole runner.
 *
 * A suite says so in one file of its own:
 *
 *     ReportHook(PRE_ALL)(struct criterion_test_set *tests) { broker_start_all(1); }
 *     ReportHook(POST_ALL)(struct criterion_global_stats *stats) { broker_stop_all(); }
 *
 * Criterion runs each test in a child; they find the brokers by the environment. If the brokers do
 * not start the runner ends with a failure, and if the runner dies they end by themselves.
 */
#ifndef TESTS_KAFKA_BROKER_H
#define TESTS_KAFKA_BROKER_H

void broker_start_all(int brokers);
void broker_stop_all(void);

const char *broker_bootstrap(void); /* "127.0.0.1:port,..." */

/* One command of broker.sh on broker number (1...): "kill", "restart", "pause", "resume".
 * Aborts the test if it fails. */
void broker_do(const char *command, int number);

/* A name that no other test of the run uses: prefix-<pid>-<n>. The caller frees it. */
char *broker_unique(const char *prefix);

#endif
