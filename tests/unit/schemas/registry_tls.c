/* registry_tls.c - tests of a registry behind TLS: who is trusted, and who is not. */
#include "schemas/registry.h"

#include "registry_server.h"

#include <criterion/criterion.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PEM_BYTES = 8192 };

/* A certificate that signs itself, its key, and both as files. */
struct identity {
    char certificate[PEM_BYTES], key[PEM_BYTES];
    char certificate_file[64], key_file[64];
};

static const struct server_answer answers[] = { { 200, "{\"schema\":\"\\\"string\\\"\"}" } };

static void read_all(BIO *bio, char *text)
{
    int size = BIO_read(bio, text, PEM_BYTES - 1);

    cr_assert_gt(size, 0);
    text[size] = 0;
    BIO_free(bio);
}

static void write_file(const char *text, char path[64])
{
    int fd;

    snprintf(path, 64, "/tmp/leat-tls-XXXXXX");
    fd = mkstemp(path);
    cr_assert(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
}

static void add_address(X509 *certificate, const char *address)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, address);

    cr_assert(extension && X509_add_ext(certificate, extension, -1));
    X509_EXTENSION_free(extension);
}

static void make_identity(struct identity *identity, const char *address, long seconds_left)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    BIO *text = BIO_new(BIO_s_mem());

    cr_assert(key && certificate && text);
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -86400);
    X509_gmtime_adj(X509_getm_notAfter(certificate), seconds_left);
    X509_set_pubkey(certificate, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                               (const unsigned char *)"registry", -1, -1, 0);
    X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
    add_address(certificate, address);
    cr_assert(X509_sign(certificate, key, EVP_sha256()));
    cr_assert(PEM_write_bio_X509(text, certificate));
    read_all(text, identity->certificate);
    text = BIO_new(BIO_s_mem());
    cr_assert(PEM_write_bio_PrivateKey(text, key, NULL, NULL, 0, NULL, NULL));
    read_all(text, identity->key);
    X509_free(certificate);
    EVP_PKEY_free(key);
    write_file(identity->certificate, identity->certificate_file);
    write_file(identity->key, identity->key_file);
}

static void remove_identity(const struct identity *identity)
{
    unlink(identity->certificate_file);
    unlink(identity->key_file);
}

static void expect(const char *address, long seconds_left, bool trusted, int expected,
                   const char *words)
{
    struct leat_error error = { 0 };
    struct identity identity;
    struct registry *registry;
    struct server server;
    const char *schema;
    int code;

    make_identity(&identity, address, seconds_left);
    server_start_tls(&server, answers, 1, identity.certificate, identity.key);
    cr_assert_eq(registry_new(
                     &(struct registry_options){
                         .url = server.url, .ca_file = trusted ? identity.certificate_file : NULL },
                     &registry, &error),
                 LEAT_OK, "%s", error.text);
    code = registry_schema(registry, 7, &schema, &error);
    registry_free(registry);
    server_stop(&server);
    remove_identity(&identity);
    cr_assert_eq(code, expected, "%d: %s", code, error.text);
    cr_assert(strstr(error.text, words), "'%s' is not in: %s", words, error.text);
}

Test(registry_tls, talks_to_whom_the_ca_file_vouches_for)
{
    expect("IP:127.0.0.1", 86400, true, LEAT_OK, "");
}

Test(registry_tls, does_not_talk_to_strangers)
{
    expect("IP:127.0.0.1", 86400, false, LEAT_E_RETRY, "self-signed certificate");
}

Test(registry_tls, does_not_talk_to_another_host)
{
    expect("DNS:elsewhere.example", 86400, true, LEAT_E_RETRY, "127.0.0.1");
}

Test(registry_tls, does_not_take_an_expired_certificate)
{
    expect("IP:127.0.0.1", -3600, true, LEAT_E_RETRY, "expired");
}

Test(registry_tls, names_a_certificate_of_its_own_that_is_missing)
{
    struct leat_error error = { 0 };
    struct registry *registry;
    struct server server;
    struct identity identity;
    const char *schema;

    make_identity(&identity, "IP:127.0.0.1", 86400);
    server_start_tls(&server, answers, 1, identity.certificate, identity.key);
    cr_assert_eq(registry_new(&(struct registry_options){ .url = server.url,
                                                          .ca_file = identity.certificate_file,
                                                          .certificate_file = "/nonexistent.pem",
                                                          .key_file = "/nonexistent.pem" },
                              &registry, &error),
                 LEAT_OK, "%s", error.text);
    cr_assert_eq(registry_schema(registry, 7, &schema, &error), LEAT_E_RETRY);
    cr_assert(strstr(error.text, "/nonexistent.pem"), "%s", error.text);
    registry_free(registry);
    server_stop(&server);
    remove_identity(&identity);
}
