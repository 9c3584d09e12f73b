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

}  // namespace
}  // namespace mailprobed
