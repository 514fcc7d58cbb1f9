/* contact.c - the first word with the brokers, where a refusal is told from an outage.
 *
 * librdkafka tries again for ever, whether a broker is down, knows no such user or shows a
 * certificate that is not its own. No wait mends the last two, so until the brokers have answered
 * once they end the start, with a sentence; later they are told with the outage that they look
 * like.
 *
 * Entry points: kafka_contact_prepare(), kafka_metadata()
 */
#include "processor/kafka/admin_call.h"

#include "base/clock.h"

#include <openssl/x509_vfy.h>
#include <stdio.h>

enum { LOOK_MS = 250 }; /* between two looks at what went wrong */

/* ---- what goes wrong ------------------------------------------------------------------------ */

static const char *certificate_fault(int code)
{
    switch (code) {
    case X509_V_OK:
        return NULL;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return "it is made out to another host name; use that one in bootstrap.servers and in the "
               "brokers' advertised.listeners";
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return "it has expired";
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return "it is not valid yet";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        return "no authority that is trusted here has signed it; kafka.ssl.ca.location names the "
               "file of those that are";
    default:
        return "it does not pass verification";
    }
}

/* In librdkafka's thread of that broker. The verdict stays OpenSSL's own. */
static int on_certificate(rd_kafka_t *handle, const char *broker, int32_t id, int *fault,
                          int depth, const char *data, size_t size, char *text, size_t text_size,
                          void *opaque)
{
    struct kafka_log *kafka = opaque;
    const char *sentence = certificate_fault(*fault);

    if (!sentence)
        return 1;
    pthread_mutex_lock(&kafka->mutex);
    snprintf(kafka->refusal, sizeof kafka->refusal,
             "the certificate of broker %s is not accepted: %s", broker, sentence);
    pthread_mutex_unlock(&kafka->mutex);
    snprintf(text, text_size, "%s", sentence);
    return 0;
}

/* In the thread that polls the client, which is the one that asks. */
static void on_error(rd_kafka_t *handle, int code, const char *reason, void *opaque)
{
    struct kafka_log *kafka = opaque;
    bool user = code == RD_KAFKA_RESP_ERR__AUTHENTICATION;

    if (!user && code != RD_KAFKA_RESP_ERR__SSL)
        return;
    pthread_mutex_lock(&kafka->mutex);
    if (!*kafka->refusal)
        snprintf(kafka->refusal, sizeof kafka->refusal, "%s: %s",
                 user ? "the brokers do not let this user in (kafka.sasl.*)"
                      : "there is no secure connection (kafka.ssl.*)",
                 reason);
    pthread_mutex_unlock(&kafka->mutex);
}

/* Who has turned verification off is not told what it would have found. */
static bool is_verified(const rd_kafka_conf_t *conf)
{
    char text[8] = "";
    size_t size = sizeof text;

    return rd_kafka_conf_get(conf, "enable.ssl.certificate.verification", text, &size) ==
               RD_KAFKA_CONF_OK && !strcmp(text, "true");
}

void kafka_contact_prepare(rd_kafka_conf_t *conf, struct kafka_log *kafka)
{
    rd_kafka_conf_set_opaque(conf, kafka);
    rd_kafka_conf_set_error_cb(conf, on_error);
    if (is_verified(conf))
        (void)rd_kafka_conf_set_ssl_cert_verify_cb(conf, on_certificate);
}

/* ---- asking --------------------------------------------------------------------------------- */

static bool is_refused(struct kafka_log *kafka, char *text, size_t size)
{
    (void)rd_kafka_poll(kafka->client, 0);
    pthread_mutex_lock(&kafka->mutex);
    snprintf(text, size, "%s", kafka->refusal);
    pthread_mutex_unlock(&kafka->mutex);
    return *text;
}

static void welcome(struct kafka_log *kafka)
{
    pthread_mutex_lock(&kafka->mutex);
    kafka->met = true;
    *kafka->refusal = '\0';
    pthread_mutex_unlock(&kafka->mutex);
}

static bool has_met(struct kafka_log *kafka)
{
    bool met;

    pthread_mutex_lock(&kafka->mutex);
    met = kafka->met;
    pthread_mutex_unlock(&kafka->mutex);
    return met;
}

int kafka_metadata(struct kafka_log *kafka, rd_kafka_topic_t *topic, const char *action,
                   const struct rd_kafka_metadata **out, struct leat_error *error)
{
    int64_t deadline = clock_ms(clock_system()) + KAFKA_CALL_MS;
    bool met = has_met(kafka);
    char refusal[sizeof kafka->refusal];
    rd_kafka_resp_err_t code;

    do {
        code = rd_kafka_metadata(kafka->client, !topic, topic, out, met ? KAFKA_CALL_MS : LOOK_MS);
        if (!code) {
            welcome(kafka);
            return LEAT_OK;
        }
        if (is_refused(kafka, refusal, sizeof refusal))
            return error_set(error, met ? LEAT_E_RETRY : LEAT_E_LOG, "%s: %s", action, refusal);
    } while (!met && kafka_status(code) == LEAT_E_RETRY && clock_ms(clock_system()) < deadline);
    return kafka_fail(error, code, "%s", action);
}
