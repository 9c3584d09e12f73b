// SPDX-License-Identifier: Apache-2.0
// The web server's side of TLS.
#pragma once

#include "config/web/web_config.hpp"

#include <boost/asio/ssl/context.hpp>

#include <memory>
#include <string>
#include <vector>

namespace mailprobed {

/// A context for handshakes, or what is wrong with certificate, key or authorities.
struct ServerTls {
    std::shared_ptr<boost::asio::ssl::context> context;
    std::vector<ConfigProblem> problems;
};

/// Builds the context; reads the files that `config` names. `file` is the configuration's name.
[[nodiscard]] ServerTls make_server_tls(const WebTlsConfig& config, const std::string& file);

/// True if the certificate that the client has shown carries one of `names` as an alternative name:
/// DNS, address, e-mail or URI, compared as texts.
[[nodiscard]] bool has_alternative_name(SSL* ssl, const std::vector<std::string>& names);

}  // namespace mailprobed
