/* config.c - tests of the table of options: what is taken, what is refused, and in which words. */
#include "processor/config.h"

#include "processor/log.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct config *config;
static struct leat_error error;
static char path[] = "/tmp/leat-config-XXXXXX";

static void start(void)
{
    config = config_new();
    error = (struct leat_error){ 0 };
}

static void stop(void)
{
    config_free(config);
    unlink(path);
}

TestSuite(config, .init = start, .fini = stop);

static int read_text(const char *text)
{
    int fd = mkstemp(path);

    cr_assert(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    return config_read_file(config, path, &error);
}

static void refuse(const char *argument, const char *words)
{
    error = (struct leat_error){ 0 };
    cr_assert_eq(config_read_argument(config, argument, &error), LEAT_E_ARGUMENT, "%s", argument);
    cr_assert(strstr(error.text, words), "'%s' is not in: %s", words, error.text);
}

static void take(const char *argument)
{
    cr_assert_eq(config_read_argument(config, argument, &error), LEAT_OK, "%s", error.text);
}

/* ---- values ------------------------------------------------------------------------------- */

Test(config, has_the_documented_defaults)
{
    cr_assert_str_eq(config_text(config, "bootstrap.servers"), "localhost:9092");
    cr_assert_str_eq(config_text(config, "state.dir"), "/tmp/leat");
    cr_assert_eq(config_number(config, "commit.interval.ms"), 100);
    cr_assert_eq(config_choice(config, "processing.guarantee"), CONFIG_EXACTLY_ONCE);
    cr_assert_eq(config_number(config, "leat.memory.max.bytes"), 256 << 20);
    cr_assert_eq(config_number(config, "leat.idle.ms"), -1);
    cr_assert_eq(config_choice(config, "deserialization.exception.handler"), CONFIG_DEAD_LETTER);
    cr_assert(!config_text(config, "application.id"));
    cr_assert(!config_given(config, "state.dir"));
}

Test(config, takes_durations_in_every_unit)
{
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = { { "100", 100 },   { "100ms", 100 },  { "10s", 10000 },
                  { "5m", 300000 }, { "1h", 3600000 }, { "7d", 604800000 },
                  { "-1", -1 },     { "0", 0 },        { "2 h", 7200000 } };
    int64_t ms;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_assert_eq(config_parse_duration(cases[i].text, &ms), LEAT_OK, "%s", cases[i].text);
        cr_assert_eq(ms, cases[i].ms, "%s", cases[i].text);
    }
}

Test(config, refuses_what_is_no_duration)
{
    static const char *const cases[] = { "",
                                         "s",
                                         "10 parsecs",
                                         "1.5s",
                                         "0x10",
                                         "+5",
                                         " 5",
                                         "10s ",
                                         "1s2",
                                         "9223372036854775807d",
                                         "99999999999999999999" };
    int64_t ms;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_assert_eq(config_parse_duration(cases[i], &ms), LEAT_E_ARGUMENT, "%s", cases[i]);
    refuse("commit.interval.ms=soon", "a duration such as");
    refuse("commit.interval.ms=", "a duration such as");
}

Test(config, takes_sizes)
{
    int64_t bytes;

    cr_assert(!config_parse_size("4096", &bytes) && bytes == 4096);
    cr_assert(!config_parse_size("64KB", &bytes) && bytes == 65536);
    cr_assert(!config_parse_size("2GB", &bytes) && bytes == INT64_C(2) << 30);
    cr_assert(!config_parse_size("1MiB", &bytes) && bytes == 1 << 20);
    cr_assert_eq(config_parse_size("1TBs", &bytes), LEAT_E_ARGUMENT);
    refuse("leat.memory.max.bytes=much", "256MB");
}

Test(config, refuses_what_is_out_of_range_and_says_the_range)
{
    refuse("num.stream.threads=0", "1 to 256");
    refuse("num.stream.threads=257", "1 to 256");
    refuse("num.stream.threads=two", "not a whole number");
    refuse("num.stream.threads=2s", "not a whole number");
    refuse("leat.http.port=65536", "0 to 65535");
    refuse("commit.interval.ms=1d", "1 to 600000");
    refuse("replication.factor=0", "-1 leaves it to the broker");
    cr_assert_eq(config_number(config, "num.stream.threads"), 1);
}

Test(config, refuses_a_word_that_is_none_and_lists_them)
{
    refuse("processing.guarantee=exactly_once", "at_least_once, exactly_once_v2");
    refuse("leat.http.expose=yes", "false, true");
    take("leat.http.expose=true");
    cr_assert(config_flag(config, "leat.http.expose"));
}

Test(config, refuses_an_application_id_that_is_no_topic_s_name)
{
    char argument[256] = "application.id=";

    refuse("application.id=black friday", "letters, digits");
    refuse("application.id=a/b", "letters, digits");
    refuse("application.id=..", "letters, digits");
    memset(argument + 15, 'a', 200);
    argument[215] = 0;
    refuse(argument, "more than 124 characters");
    take("application.id=black-friday_1.2");
}

Test(config, names_the_nearest_key)
{
    refuse("comit.interval.ms=5", "is 'commit.interval.ms' meant?");
    refuse("num.stream.thread=5", "is 'num.stream.threads' meant?");
    refuse("http.port=5", "is 'leat.http.port' meant?");
    refuse("session.timeout.ms=5", "begin with 'kafka.'");
    refuse("completely.different.and.rather.long.key.that.goes.on.and.on.until.it.is.too.long=1",
           "there is no option");
    refuse("=1", "expected key=value");
    refuse("state.dir", "expected key=value");
}

Test(config, takes_kafka_streams_older_names)
{
    take("default.production.exception.handler=continue");
    cr_assert_eq(config_choice(config, "production.exception.handler"), CONFIG_CONTINUE);
}

/* ---- sources ------------------------------------------------------------------------------ */

Test(config, reads_a_file)
{
    cr_assert_eq(read_text("# the job\n\n  application.id = shop \r\n"
                           "state.dir=/var/lib/leat=1\n\tkafka.session.timeout.ms =  6000\n"
                           "# kafka.debug = all\ncommit.interval.ms = 1s"),
                 LEAT_OK, "%s", error.text);
    cr_assert_str_eq(config_text(config, "application.id"), "shop");
    cr_assert_str_eq(config_text(config, "state.dir"), "/var/lib/leat=1");
    cr_assert_eq(config_number(config, "commit.interval.ms"), 1000);
    cr_assert_str_eq(config_kafka_text(config, "session.timeout.ms"), "6000");
    cr_assert(!config_kafka_text(config, "debug"));
}

Test(config, a_mistake_in_a_file_has_its_line)
{
    cr_assert_eq(read_text("application.id = shop\n\ncommit.interval.ms = soon\n"),
                 LEAT_E_ARGUMENT);
    cr_assert(strstr(error.text, ":3: commit.interval.ms: 'soon' is not a duration"), "%s",
              error.text);
}

Test(config, a_line_without_a_value_is_refused)
{
    cr_assert_eq(read_text("[section]\n"), LEAT_E_ARGUMENT);
    cr_assert(strstr(error.text, ":1: a line reads `key = value`"), "%s", error.text);
}

Test(config, a_key_twice_in_a_file_is_refused)
{
    cr_assert_eq(read_text("state.dir = a\n#\nstate.dir = b\n"), LEAT_E_ARGUMENT);
    cr_assert(strstr(error.text, ":3: 'state.dir' is set in line 1 already"), "%s", error.text);
}

Test(config, an_endless_line_is_refused)
{
    char *text = malloc(40000);

    memset(text, 'x', 39999);
    text[39999] = 0;
    cr_assert_eq(read_text(text), LEAT_E_ARGUMENT);
    cr_assert(strstr(error.text, "longer than"), "%s", error.text);
    free(text);
}

Test(config, a_file_that_is_missing_is_named)
{
    cr_assert_eq(config_read_file(config, "/nonexistent/leat.conf", &error), LEAT_E_ARGUMENT);
    cr_assert(strstr(error.text, "/nonexistent/leat.conf"), "%s", error.text);
    cr_assert_eq(config_read_file(config, "/tmp", &error), LEAT_E_ARGUMENT);
}

Test(config, reads_the_environment)
{
    char *variables[] = { "PATH=/bin",
                          "LEAT_COMMIT_INTERVAL_MS=5s",
                          "LEAT_HTTP_PORT=8080",
                          "LEAT_KAFKA_SASL_PASSWORD=s=3",
                          "LEAT_CACHE=/x",
                          "LEAT_",
                          "LEAT_KAFKA_=x",
                          "leat_state_dir=/y",
                          NULL };

    cr_assert_eq(config_read_environment(config, variables, &error), LEAT_OK, "%s", error.text);
    cr_assert_eq(config_number(config, "commit.interval.ms"), 5000);
    cr_assert_eq(config_number(config, "leat.http.port"), 8080);
    cr_assert_str_eq(config_kafka_text(config, "sasl.password"), "s=3");
    cr_assert_str_eq(config_text(config, "state.dir"), "/tmp/leat");
}

Test(config, a_mistake_in_the_environment_has_its_variable)
{
    char *variables[] = { "LEAT_NUM_STREAM_THREADS=many", NULL };

    cr_assert_eq(config_read_environment(config, variables, &error), LEAT_E_ARGUMENT);
    cr_assert(strstr(error.text, "environment LEAT_NUM_STREAM_THREADS: num.stream.threads"), "%s",
              error.text);
}

Test(config, the_command_line_wins_whatever_the_order)
{
    char *variables[] = { "LEAT_STATE_DIR=/environment", "LEAT_KAFKA_DEBUG=env", NULL };

    take("state.dir=/argument");
    take("kafka.debug=arg");
    cr_assert_eq(config_read_environment(config, variables, &error), LEAT_OK);
    cr_assert_eq(read_text("state.dir = /file\nkafka.debug = file\nnum.stream.threads = 3\n"),
                 LEAT_OK);
    cr_assert_eq(config_set(config, "state.dir", "/program", &error), LEAT_OK);
    cr_assert_eq(config_set(config, "num.stream.threads", "2", &error), LEAT_OK);
    cr_assert_str_eq(config_text(config, "state.dir"), "/argument");
    cr_assert_str_eq(config_kafka_text(config, "debug"), "arg");
    cr_assert_eq(config_number(config, "num.stream.threads"), 3);
    take("state.dir=/later");
    cr_assert_str_eq(config_text(config, "state.dir"), "/later");
}

/* ---- secrets ------------------------------------------------------------------------------ */

Test(config, secrets_are_refused_from_the_command_line)
{
    refuse("schema.registry.basic.auth.user.info=leat:topsecret", "list of processes");
    refuse("kafka.sasl.password=topsecret", "list of processes");
    refuse("kafka.ssl.key.password=topsecret", "list of processes");
    refuse("kafka.sasl.oauthbearer.client.secret=topsecret", "list of processes");
    cr_assert(!strstr(error.text, "topsecret"));
    take("kafka.sasl.username=leat");
}

Test(config, secrets_are_neither_printed_nor_repeated)
{
    char *printed = NULL;
    size_t size;
    FILE *out = open_memstream(&printed, &size);

    cr_assert_eq(config_set(config, "schema.registry.basic.auth.user.info", "topsecret", &error),
                 LEAT_E_ARGUMENT);
    cr_assert(!strstr(error.text, "topsecret"), "%s", error.text);
    cr_assert_eq(read_text("schema.registry.basic.auth.user.info = leat:topsecret\n"
                           "kafka.sasl.password = topsecret\nkafka.debug = all\n"),
                 LEAT_OK);
    config_print(config, out);
    fclose(out);
    cr_assert(!strstr(printed, "topsecret"), "%s", printed);
    cr_assert(strstr(printed, "kafka.sasl.password = ********"));
    cr_assert(strstr(printed, "kafka.debug = all"));
    cr_assert(strstr(printed, "state.dir = /tmp/leat\n"));
    free(printed);
}

/* ---- the whole ---------------------------------------------------------------------------- */

Test(config, the_whole_is_checked)
{
    cr_assert_eq(config_check(config, &error), LEAT_E_ARGUMENT);
    cr_assert(strstr(error.text, "application.id must be set"), "%s", error.text);
    take("application.id=shop");
    cr_assert_eq(config_check(config, &error), LEAT_OK, "%s", error.text);
    take("transaction.timeout.ms=1s");
    take("commit.interval.ms=1s");
    cr_assert_eq(config_check(config, &error), LEAT_E_ARGUMENT);
    take("processing.guarantee=at_least_once");
    cr_assert_eq(config_check(config, &error), LEAT_OK, "%s", error.text);
    take("schema.registry.ssl.cert=/c");
    cr_assert_eq(config_check(config, &error), LEAT_E_ARGUMENT);
    take("schema.registry.ssl.cert=");
    cr_assert_eq(config_check(config, &error), LEAT_OK, "%s", error.text);
    take("kafka.group.id=mine");
    cr_assert_eq(config_check(config, &error), LEAT_E_ARGUMENT);
    cr_assert(strstr(error.text, "kafka.group.id is decided by the engine"), "%s", error.text);
}

Test(config, an_application_adds_its_own_options)
{
    static const struct config_option own[] = {
        { "generate.late.percent", "Share of late sales.", CONFIG_REAL, "0.5", 0, 100 },
        { "postgres.url", "Where the tables are.", CONFIG_TEXT, .secret = true },
    };

    config_add(config, own, 2);
    cr_assert_float_eq(config_real(config, "generate.late.percent"), 0.5, 1e-9);
    take("generate.late.percent=2.25");
    cr_assert_float_eq(config_real(config, "generate.late.percent"), 2.25, 1e-9);
    refuse("generate.late.percent=101", "0 to 100");
    refuse("generate.late.percent=nan", "not a number");
    refuse("generate.late.percent=1x", "not a number");
    refuse("postgres.url=x", "list of processes");
}

Test(config, every_option_has_help_within_the_width)
{
    char *help = NULL;
    size_t size;
    FILE *out = open_memstream(&help, &size);

    config_help(config, out, true);
    fclose(out);
    for (const char *line = help; *line; line += strcspn(line, "\n") + 1)
        cr_assert_leq(strcspn(line, "\n"), 100, "%.200s", line);
    cr_assert(!strstr(help, " \n"));
    free(help);
}

Test(config, short_help_is_a_part_of_the_long_one)
{
    char *brief = NULL, *all = NULL;
    size_t brief_size, all_size;
    FILE *brief_out = open_memstream(&brief, &brief_size);
    FILE *all_out = open_memstream(&all, &all_size);

    config_help(config, brief_out, false);
    config_help(config, all_out, true);
    fclose(brief_out);
    fclose(all_out);
    cr_assert_lt(brief_size, all_size);
    cr_assert(strstr(brief, "application.id") && !strstr(brief, "leat.watchdog.ms"));
    cr_assert(strstr(all, "leat.watchdog.ms=60000") && strstr(all, "kafka.NAME=VALUE"));
    free(brief);
    free(all);
}
