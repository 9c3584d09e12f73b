// SPDX-License-Identifier: Apache-2.0
// TLS settings, and the translation of OpenSSL's findings into causes and facts.
#pragma once

#include "probes/domain/settings/settings.hpp"
#include "probes/net/channel.hpp"

#include <boost/asio/ssl/context.hpp>

#include <map>
#include <memory>
#include <string>
#include <utility>

namespace mailprobed {

/// One SSL_CTX for each distinct TLS setting, made when first needed.
class TlsContexts {
  public:
    /// The context for `endpoint`; throws ChannelError tls_failed if its CA file is unusable.
    [[nodiscard]] asio::ssl::context& get(const Endpoint& endpoint);
    /// Makes them anew when next needed, for the CA files may have changed; open connections keep
    /// what they have.
    void forget() { contexts_.clear(); }

  private:
    std::map<std::pair<std::string, bool>, std::unique_ptr<asio::ssl::context>> contexts_;
};

/// Sets SNI and the name that the certificate must carry (RFC 9525: no common names, no partial
/// wildcards).
void expect_server(SSL* ssl, const Endpoint& endpoint);

/// Why a handshake failed, from the verification result and OpenSSL's error.
[[nodiscard]] ChannelError handshake_error(SSL* ssl, const boost::system::error_code& error);

/// Version, cipher and the earliest end of validity in the chain.
[[nodiscard]] TlsFacts facts_of(SSL* ssl);

}  // namespace mailprobed
