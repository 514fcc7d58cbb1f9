/* servers_test.c - a broker that is down, that dies, that forgets offsets, that asks for a
 * password. */
#include "app.h"
#include "server.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- outages --------------------------------------------------------------------------------- */

Test(servers, one_that_is_down_at_the_start_is_waited_for, .timeout = 200)
{
    struct server server;
    struct app app;

    server_folder(&server);
    server_start(&server, NULL);
    app_open(&app, server.brokers, 2);
    app_feed(&app, 1000);
    server_do(&server, "kill");
    app_start(&app, 0);
    app_await(&app, 0, "start_waits");
    app_stop(&app, 0); /* while it waits, too */
    app_start(&app, 0);
    server_do(&server, "restart");
    app_await_drained(&app);
    app_check_exact(&app);
    app_stop(&app, 0);
    app_close(&app);
    server_stop(&server);
}

static void survive_a_restart(const char *guarantee)
{
    struct server server;
    struct app app;

    server_folder(&server);
    server_start(&server, NULL);
    app_open(&app, server.brokers, 2);
    app.settings[0] = guarantee;
    app_start(&app, 0);
    app_feed(&app, 50000);
    app_work(&app, 50000);
    server_do(&server, "kill");
    server_do(&server, "restart");
    app_feed(&app, 1000);
    app_await_drained(&app);
    if (strstr(guarantee, "exactly"))
        app_check_exact(&app);
    app_stop(&app, 0);
    app_start(&app, 0);
    app_feed(&app, 1000);
    app_await_drained(&app);
    app_stop(&app, 0);
    app_close(&app);
    server_stop(&server);
}

Test(servers, one_that_dies_and_comes_back_costs_no_record_and_doubles_none, .timeout = 250)
{
    survive_a_restart("processing.guarantee=exactly_once_v2");
}

Test(servers, one_that_dies_and_comes_back_does_not_end_at_least_once, .timeout = 250)
{
    survive_a_restart("processing.guarantee=at_least_once");
}

/* What it had in hand is done again by whoever takes over, as after a crash. */
Test(servers, one_that_is_gone_holds_up_no_stop, .timeout = 200)
{
    struct server server;
    struct app app;
    int status;

    server_folder(&server);
    server_start(&server, NULL);
    app_open(&app, server.brokers, 2);
    app_start(&app, 0);
    app_feed(&app, 20000);
    app_work(&app, 20000);
    server_do(&server, "kill");
    kill(app.pids[0], SIGTERM);
    status = app_end(&app, 0);
    cr_assert(status == 0 || app_said(&app, 0, "stop_forced"), "it ended with %d", status);
    server_do(&server, "restart");
    app_start(&app, 0);
    app_await_drained(&app);
    app_check_exact(&app);
    app_stop(&app, 0);
    app_close(&app);
    server_stop(&server);
}

/* ---- offsets that expire --------------------------------------------------------------------- */

static void count_and_rest(struct app *app, const struct server *server, const char *setting)
{
    app_open(app, server->brokers, 1);
    app->settings[0] = setting;
    app_start(app, 0);
    app_feed(app, 100);
    app_await_drained(app);
}

/* Beside it stands one that does not commit again: it shows that the broker does forget. */
Test(servers, one_that_forgets_offsets_is_reminded_of_idle_ones, .timeout = 300)
{
    static const char *const settings[] = { "offsets.retention.minutes=1",
                                            "offsets.retention.check.interval.ms=1000", NULL };
    struct server server;
    struct app reminds, forgets;
    int64_t until_ms = clock_ms(clock_system()) + 200000;

    server_folder(&server);
    server_start(&server, settings);
    count_and_rest(&forgets, &server, "leat.offsets.recommit.interval.ms=1h");
    count_and_rest(&reminds, &server, "leat.offsets.recommit.interval.ms=5s");
    while (app_has_offsets(&forgets)) {
        cr_assert(clock_ms(clock_system()) < until_ms, "the broker forgets nothing");
        cr_assert(app_has_offsets(&reminds));
        clock_sleep_ms(200);
    }
    app_kill(&reminds, 0);
    app_kill(&forgets, 0);
    app_refuses(&forgets, 0,
                (const char *const[]){ "but the group has no committed offset", NULL });
    cr_assert(app_has_offsets(&reminds));
    app_start(&reminds, 0);
    app_feed(&reminds, 100);
    app_await_drained(&reminds);
    app_check_exact(&reminds);
    app_stop(&reminds, 0);
    app_close(&reminds);
    app_close(&forgets);
    server_stop(&server);
}

/* ---- TLS and a password ---------------------------------------------------------------------- */

static const char secret[] = "correct-horse-battery";

static int free_port(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof at;
    int file = socket(AF_INET, SOCK_STREAM, 0);

    cr_assert_eq(bind(file, (struct sockaddr *)&at, size), 0);
    cr_assert_eq(getsockname(file, (struct sockaddr *)&at, &size), 0);
    close(file);
    return ntohs(at.sin_port);
}

static void make_certificate(const char *folder)
{
    char command[640];

    snprintf(command, sizeof command,
             "cd '%s' && openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 "
             "-addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out cert.pem 2>openssl.log && "
             "cat key.pem cert.pem >server.pem", folder);
    cr_assert_eq(system(command), 0);
}

static void start_with_password(struct server *server, int port)
{
    char listeners[192], advertised[160], keystore[128], jaas[256];

    server_folder(server);
    make_certificate(server->folder);
    snprintf(listeners, sizeof listeners,
             "listeners=PLAINTEXT://127.0.0.1:%%PORT%%,SASL_SSL://127.0.0.1:%d,"
             "CONTROLLER://127.0.0.1:%%CONTROLLER%%", port);
    snprintf(advertised, sizeof advertised,
             "advertised.listeners=PLAINTEXT://127.0.0.1:%%PORT%%,SASL_SSL://127.0.0.1:%d", port);
    snprintf(keystore, sizeof keystore, "ssl.keystore.location=%s/server.pem", server->folder);
    snprintf(jaas, sizeof jaas,
             "listener.name.sasl_ssl.plain.sasl.jaas.config="
             "org.apache.kafka.common.security.plain.PlainLoginModule required "
             "user_leat=\"%s\";", secret);
    server_start(server, (const char *const[]){
        listeners, advertised, keystore, jaas, "ssl.keystore.type=PEM",
        "sasl.enabled.mechanisms=PLAIN",
        "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,"
        "SASL_SSL:SASL_SSL", NULL });
}

static void write_config(const struct app *app, const char *server_folder_, const char *password,
                         char *path, size_t size)
{
    FILE *file;

    snprintf(path, size, "%s/app.conf", app->folder);
    file = fopen(path, "w");
    cr_assert(file && !chmod(path, 0600));
    fprintf(file,
            "kafka.security.protocol = SASL_SSL\nkafka.sasl.mechanism = PLAIN\n"
            "kafka.sasl.username = leat\nkafka.ssl.ca.location = %s/cert.pem\n", server_folder_);
    if (password)
        fprintf(file, "kafka.sasl.password = %s\n", password);
    fclose(file);
}

Test(servers, one_that_asks_for_a_password_over_tls_is_served_and_the_secret_kept, .timeout = 200)
{
    int port = free_port();
    char brokers[64], config[96];
    struct server server;
    struct app app;

    start_with_password(&server, port);
    app_open(&app, server.brokers, 2);
    snprintf(brokers, sizeof brokers, "127.0.0.1:%d", port);
    write_config(&app, server.folder, secret, config, sizeof config);
    app.brokers = brokers;
    app.config = config;
    app_feed(&app, 500);
    app_start(&app, 0);
    app_await_drained(&app);
    app_stop(&app, 0);
    write_config(&app, server.folder, NULL, config, sizeof config);
    setenv("LEAT_KAFKA_SASL_PASSWORD", secret, 1);
    app.settings[0] = "log.level=debug";
    app_start(&app, 0);
    app_feed(&app, 500);
    app_await_drained(&app);
    app_check_exact(&app);
    app_stop(&app, 0);
    unsetenv("LEAT_KAFKA_SASL_PASSWORD");
    cr_assert_not(app_said(&app, 0, secret));

    app.settings[0] = "kafka.sasl.password=no-place-for-it";
    app_refuses(&app, 1, (const char *const[]){ "kafka.sasl.password", "the file or the "
                                                "environment", NULL });
    cr_assert_not(app_said(&app, 1, "no-place-for-it"));

    write_config(&app, server.folder, "not-the-password", config, sizeof config);
    app.settings[0] = "task.timeout.ms=3s";
    app_refuses(&app, 2, (const char *const[]){ "uthentication", NULL });
    cr_assert_not(app_said(&app, 2, "not-the-password"));
    app_close(&app);
    server_stop(&server);
}
