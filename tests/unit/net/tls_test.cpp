// SPDX-License-Identifier: Apache-2.0
// What the TLS layer asks of a server and reads from it, at OpenSSL's own objects: no sockets.
#include "probes/net/tls.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>

namespace mailprobed {
namespace {

template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* object) const {
        Free(object);
    }
};
template <class T, auto Free>
using Owned = std::unique_ptr<T, Freed<Free>>;
using Tls = Owned<SSL, SSL_free>;

Endpoint endpoint(const std::string& host, bool verify = true) {
    Endpoint result;
    result.host = host;
    result.tls_verify = verify;
    return result;
}

Tls client_of(TlsContexts& contexts, const Endpoint& server) {
    Tls ssl(SSL_new(contexts.get(server).native_handle()));
    SSL_set_connect_state(ssl.get());
    expect_server(ssl.get(), server);
    return ssl;
}

/// What facts_of() says of a server whose certificate ends then (as in RFC 5280 4.1.2.5).
TlsFacts facts_of_server_with_end(const char* generalized_time) {
    const Owned<EVP_PKEY, EVP_PKEY_free> key(EVP_EC_gen("P-256"));
    const Owned<X509, X509_free> certificate(X509_new());
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
    ASN1_TIME_set_string(X509_getm_notAfter(certificate.get()), generalized_time);
    X509_set_pubkey(certificate.get(), key.get());
    X509_sign(certificate.get(), key.get(), EVP_sha256());
    const Owned<SSL_CTX, SSL_CTX_free> context(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_use_certificate(context.get(), certificate.get());
    SSL_CTX_use_PrivateKey(context.get(), key.get());
    const Tls server(SSL_new(context.get()));
    SSL_set_accept_state(server.get());

    TlsContexts contexts;
    const Tls client = client_of(contexts, endpoint("mail.example.org", false));
    BIO* near = nullptr;
    BIO* far = nullptr;
    BIO_new_bio_pair(&near, 0, &far, 0);
    SSL_set_bio(client.get(), near, near);
    SSL_set_bio(server.get(), far, far);
    for (int round = 0; round < 8; ++round) {
        SSL_do_handshake(client.get());
        SSL_do_handshake(server.get());
    }
    EXPECT_EQ(SSL_is_init_finished(client.get()), 1);
    return facts_of(client.get());
}

TEST(TlsFacts, TheEndOfACertificateIsReadToTheSecond) {
    using namespace std::chrono;
    EXPECT_EQ(facts_of_server_with_end("20380119031408Z").chain_not_after,
              WallTime{seconds{2'147'483'648}});
}

TEST(TlsFacts, ACertificateThatNeverExpiresDoesNotSeemExpired) {
    using namespace std::chrono;
    // RFC 5280 4.1.2.5: no well-defined expiration date; and the first second too late for
    // WallTime.
    for (const char* end : {"99991231235959Z", "22620412000000Z"}) {
        EXPECT_GE(facts_of_server_with_end(end).chain_not_after,
                  WallTime{sys_days{year{2262} / 4 / 11}})
            << end;
    }
    // Nor does one of long ago seem to last.
    EXPECT_LE(facts_of_server_with_end("15000101000000Z").chain_not_after, WallTime{});
}

TEST(TlsNames, AFinalDotIsForDnsAndNotForTls) {
    TlsContexts contexts;
    for (const char* host : {"mail.example.org", "mail.example.org."}) {
        const Tls ssl = client_of(contexts, endpoint(host));
        // RFC 6066 3: "represented as a byte string using ASCII encoding without a trailing dot".
        EXPECT_STREQ(SSL_get_servername(ssl.get(), TLSEXT_NAMETYPE_host_name), "mail.example.org");
        EXPECT_STREQ(X509_VERIFY_PARAM_get0_host(SSL_get0_param(ssl.get()), 0), "mail.example.org");
    }
    // More dots are no name at all, which DNS will say.
    const Tls ssl = client_of(contexts, endpoint("mail.example.org.."));
    EXPECT_STREQ(X509_VERIFY_PARAM_get0_host(SSL_get0_param(ssl.get()), 0), "mail.example.org.");
}

TEST(TlsErrors, ACertificateIsBlamedOnlyWhereItIsVerified) {
    TlsContexts contexts;
    const auto cause = [&](bool verify) {
        const Tls ssl = client_of(contexts, endpoint("mail.example.org", verify));
        // OpenSSL notes this without verification too; then something else fails.
        SSL_set_verify_result(ssl.get(), X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT);
        return handshake_error(ssl.get(), asio::error::connection_reset).cause();
    };
    EXPECT_EQ(cause(true), Cause::tls_untrusted);
    EXPECT_EQ(cause(false), Cause::tls_failed);
}

}  // namespace
}  // namespace mailprobed
