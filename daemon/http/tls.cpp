// SPDX-License-Identifier: Apache-2.0
// From configuration to OpenSSL.
#include "daemon/http/tls.hpp"

#include "config/load/secret_file.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>

namespace mailprobed {

namespace {

namespace ssl = boost::asio::ssl;
using ErrorCode = boost::system::error_code;
using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

class Builder {
  public:
    Builder(const WebTlsConfig& config, const std::string& file)
        : config_(config),
          file_(file),
          context_(std::make_shared<ssl::context>(ssl::context::tls_server)) {}

    ServerTls build() {
        // Without it OpenSSL asks for the passphrase of a key at the terminal.
        context_->set_password_callback(
            [](std::size_t, ssl::context::password_purpose) { return std::string(); });
        identity();
        clients();
        protocol();
        ServerTls result;
        if (problems_.empty()) result.context = std::move(context_);
        result.problems = std::move(problems_);
        return result;
    }

  private:
    void wrong(const PemSource& source, const std::string& key, const std::string& what,
               const std::string& expected) {
        const std::string name = source.path.empty() ? key : key + "_file";
        problems_.push_back({file_, source.place.line, source.place.column,
                             "`tls_server_config." + name + "`: " + what, expected});
    }

    /// The PEM text; empty after a complaint.
    Secret content(const PemSource& source, const std::string& key) {
        if (source.path.empty()) return source.text;
        Secret text;
        if (const auto complaint = read_secret_file(source.path, ModeCheck::none, text)) {
            wrong(source, key, complaint->what, complaint->expected);
            return {};
        }
        if (text.empty()) wrong(source, key, in_quotes(source.path) + " is empty", "PEM text");
        return text;
    }

    static boost::asio::const_buffer octets(const Secret& text) {
        return {text.reveal().data(), text.reveal().size()};
    }

    void identity() {
        const Secret cert = content(config_.cert, "cert");
        const Secret key = content(config_.key, "key");
        if (cert.empty() || key.empty()) return;
        ErrorCode error;
        context_->use_certificate_chain(octets(cert), error);
        if (error) {
            wrong(config_.cert, "cert", "no certificate can be read: " + error.message(),
                  "a certificate in PEM, those that sign it behind it");
            return;
        }
        // A key that does not belong to the certificate is refused here too.
        context_->use_private_key(octets(key), ssl::context::pem, error);
        if (!error && SSL_CTX_check_private_key(context_->native_handle()) == 1) return;
        const std::string why = error ? error.message() : "it is another certificate's";
        wrong(config_.key, "key", "the key cannot be used: " + why,
              "the certificate's private key in PEM, without a passphrase");
        ERR_clear_error();
    }

    void clients() {
        SSL_CTX* handle = context_->native_handle();
        // OpenSSL's own choice of certificates stands; only whether it matters is told here.
        const auto take_any = [](int, X509_STORE_CTX*) { return 1; };
        switch (config_.client_auth) {
            case ClientAuth::none:
                SSL_CTX_set_verify(handle, SSL_VERIFY_NONE, nullptr);
                return;
            case ClientAuth::request:
                SSL_CTX_set_verify(handle, SSL_VERIFY_PEER, take_any);
                break;
            case ClientAuth::require_any:
                SSL_CTX_set_verify(handle, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                                   take_any);
                break;
            case ClientAuth::verify_if_given:
                SSL_CTX_set_verify(handle, SSL_VERIFY_PEER, nullptr);
                break;
            case ClientAuth::require:
                SSL_CTX_set_verify(handle, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                                   nullptr);
                break;
        }
        if (!config_.client_ca.empty()) authorities();
    }

    void authorities() {
        const Secret text = content(config_.client_ca, "client_ca");
        if (text.empty()) return;
        const Bio bio(BIO_new_mem_buf(text.reveal().data(), static_cast<int>(text.reveal().size())),
                      BIO_free);
        SSL_CTX* handle = context_->native_handle();
        std::size_t count = 0;
        for (;; ++count) {
            const Certificate one(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr),
                                  X509_free);
            if (!one) break;
            X509_STORE_add_cert(SSL_CTX_get_cert_store(handle), one.get());
            SSL_CTX_add_client_CA(handle, one.get());
        }
        ERR_clear_error();
        if (count == 0) {
            wrong(config_.client_ca, "client_ca", "no certificate can be read",
                  "certificates of authorities in PEM");
        }
    }

    void protocol() {
        SSL_CTX* handle = context_->native_handle();
        const auto number = [](TlsVersion version) {
            return version == TlsVersion::tls12 ? TLS1_2_VERSION : TLS1_3_VERSION;
        };
        SSL_CTX_set_min_proto_version(handle, number(config_.min_version));
        SSL_CTX_set_max_proto_version(handle, number(config_.max_version));
        // Every connection is judged by the certificates of its own handshake.
        SSL_CTX_set_session_cache_mode(handle, SSL_SESS_CACHE_OFF);
        SSL_CTX_set_options(handle,
                            SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
        SSL_CTX_set_num_tickets(handle, 0);
        if (config_.prefer_server_cipher_suites) {
            SSL_CTX_set_options(handle, SSL_OP_CIPHER_SERVER_PREFERENCE);
        }
        std::string ciphers;
        for (const std::string& name : config_.cipher_suites) {
            // Those of TLS 1.3 are not chosen: all of them are good.
            if (name.find("_WITH_") == std::string::npos) continue;
            if (!ciphers.empty()) ciphers += ':';
            ciphers += OPENSSL_cipher_name(name.c_str());
        }
        if (!ciphers.empty()) {
            SSL_CTX_set_cipher_list(handle, ciphers.c_str());
        } else if (!config_.cipher_suites.empty()) {
            SSL_CTX_set_min_proto_version(handle, TLS1_3_VERSION);
        }
        std::string curves;
        for (const std::string& name : config_.curves)
            curves += (curves.empty() ? "" : ":") + name;
        if (!curves.empty()) SSL_CTX_set1_groups_list(handle, curves.c_str());
    }

    const WebTlsConfig& config_;
    const std::string& file_;
    std::shared_ptr<ssl::context> context_;
    std::vector<ConfigProblem> problems_;
};

/// The text of one alternative name; empty for kinds that nobody lists.
std::string text_of(const GENERAL_NAME& name) {
    const ASN1_STRING* text = nullptr;
    switch (name.type) {
        case GEN_DNS:
        case GEN_EMAIL:
        case GEN_URI:
            text = name.d.ia5;
            break;
        case GEN_IPADD:
            text = name.d.iPAddress;
            break;
        default:
            return {};
    }
    const unsigned char* data = ASN1_STRING_get0_data(text);
    const auto size = static_cast<std::size_t>(ASN1_STRING_length(text));
    if (name.type != GEN_IPADD) return {reinterpret_cast<const char*>(data), size};
    std::array<char, INET6_ADDRSTRLEN> shown{};
    if (size != 4 && size != 16) return {};
    ::inet_ntop(size == 4 ? AF_INET : AF_INET6, data, shown.data(), shown.size());
    return shown.data();
}

}  // namespace

ServerTls make_server_tls(const WebTlsConfig& config, const std::string& file) {
    return Builder(config, file).build();
}

bool has_alternative_name(SSL* ssl, const std::vector<std::string>& names) {
    const X509* certificate = SSL_get0_peer_certificate(ssl);
    if (certificate == nullptr) return false;
    const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> found(
        static_cast<GENERAL_NAMES*>(
            X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
        GENERAL_NAMES_free);
    if (!found) return false;
    for (int i = 0; i < sk_GENERAL_NAME_num(found.get()); ++i) {
        const std::string text = text_of(*sk_GENERAL_NAME_value(found.get(), i));
        if (!text.empty() && std::ranges::find(names, text) != names.end()) return true;
    }
    return false;
}

}  // namespace mailprobed
