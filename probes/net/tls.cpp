// SPDX-License-Identifier: Apache-2.0
// OpenSSL 3 in the few places where Asio does not hide it.
#include "probes/net/tls.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>

namespace mailprobed {

asio::ssl::context& TlsContexts::get(const Endpoint& endpoint) {
    auto& slot = contexts_[{endpoint.ca_file, endpoint.tls_verify}];
    if (slot) return *slot;
    auto context = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_client);
    SSL_CTX* raw = context->native_handle();
    SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
    // A resumed handshake would make the measured time depend on what happened before.
    SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(raw, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
    // Read buffers are freed between records: idle connections are many, records are few.
    SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS);
    boost::system::error_code error;
    if (endpoint.tls_verify) {
        context->set_verify_mode(asio::ssl::verify_peer);
        if (endpoint.ca_file.empty()) {
            context->set_default_verify_paths(error);
        } else {
            context->load_verify_file(endpoint.ca_file, error);
        }
    } else {
        context->set_verify_mode(asio::ssl::verify_none);
    }
    if (error) {
        throw ChannelError(Cause::tls_failed, "cannot load trusted certificates from " +
                                                  endpoint.ca_file + ": " + error.message());
    }
    slot = std::move(context);
    return *slot;
}

namespace {

/// The host as TLS has it: in DNS a name may end in a dot, in SNI (RFC 6066 3) and in certificates
/// it does not.
std::string name_in_tls(const std::string& host) {
    return host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
}

}  // namespace

void expect_server(SSL* ssl, const Endpoint& endpoint) {
    boost::system::error_code not_numeric;
    asio::ip::make_address(endpoint.host, not_numeric);
    X509_VERIFY_PARAM* param = SSL_get0_param(ssl);
    if (!not_numeric) {
        X509_VERIFY_PARAM_set1_ip_asc(param, endpoint.host.c_str());
        return;  // SNI carries names only (RFC 6066 3)
    }
    const std::string name = name_in_tls(endpoint.host);
    // What the macro SSL_set_tlsext_host_name says, without its C cast.
    SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             const_cast<char*>(name.c_str()));
    SSL_set_hostflags(ssl,
                      X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    SSL_set1_host(ssl, name.c_str());
}

namespace {

// What a line of text looks like to a reader of TLS records.
std::string hint(const boost::system::error_code& error) {
    if (error.category() != asio::error::get_ssl_category()) return {};
    const int reason = ERR_GET_REASON(static_cast<unsigned long>(error.value()));
    const bool text = reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST ||
                      reason == SSL_R_PACKET_LENGTH_TOO_LONG;
    return text ? " (the server speaks plaintext here: is `tls: starttls` meant, or another port?)"
                : "";
}

}  // namespace

ChannelError handshake_error(SSL* ssl, const boost::system::error_code& error) {
    // OpenSSL looks at the certificate even if nobody wants to know.
    const bool wanted = SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE;
    const long verified = wanted ? SSL_get_verify_result(ssl) : X509_V_OK;
    const auto detail = [&] {
        return std::string("certificate not accepted: ") + X509_verify_cert_error_string(verified);
    };
    switch (verified) {
        case X509_V_OK:
            return {Cause::tls_failed, "TLS handshake failed: " + error.message() + hint(error)};
        case X509_V_ERR_CERT_HAS_EXPIRED:
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return {Cause::tls_expired, detail()};
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            return {Cause::tls_name_mismatch, detail()};
        default:
            return {Cause::tls_untrusted, detail()};
    }
}

namespace {

WallTime not_after(const X509* certificate) {
    std::tm when{};
    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &when) != 1) return WallTime{};
    // Whoever wants no end writes 99991231235959Z (RFC 5280 4.1.2.5), and WallTime ends in 2262.
    using std::chrono::seconds;
    return WallTime{std::clamp(seconds{timegm(&when)},
                               std::chrono::ceil<seconds>(WallTime::min().time_since_epoch()),
                               std::chrono::floor<seconds>(WallTime::max().time_since_epoch()))};
}

}  // namespace

TlsFacts facts_of(SSL* ssl) {
    TlsFacts facts;
    facts.version = SSL_get_version(ssl);
    facts.cipher = SSL_get_cipher_name(ssl);
    // The verified chain ends at the root that we trust; unverified, only what was sent is known.
    STACK_OF(X509)* chain = SSL_get0_verified_chain(ssl);
    if (chain == nullptr || SSL_get_verify_mode(ssl) == SSL_VERIFY_NONE) {
        chain = SSL_get_peer_cert_chain(ssl);
    }
    for (int i = 0; chain != nullptr && i < sk_X509_num(chain); ++i) {
        const WallTime end = not_after(sk_X509_value(chain, i));
        if (i == 0 || end < facts.chain_not_after) facts.chain_not_after = end;
    }
    return facts;
}

}  // namespace mailprobed
