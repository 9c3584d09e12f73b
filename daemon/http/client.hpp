// SPDX-License-Identifier: Apache-2.0
// The HTTP client of the commands that ask a running daemon: one GET, in bounded time and space.
#pragma once

#include "probes/base/secret.hpp"
#include "probes/base/time.hpp"
#include "probes/domain/settings/settings.hpp"
#include "probes/net/awaitable.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace mailprobed {

class Connector;

/// An http or https address taken apart.
struct HttpUrl {
    /// Host without brackets, port, and whether there is TLS.
    Endpoint server;
    /// What stands before the paths of the daemon, without a slash at its end; mostly empty.
    std::string prefix;
};

/// A URL, or what is wrong with it and what to write instead.
struct ParsedUrl {
    std::optional<HttpUrl> url;
    std::string problem;
};

/// Reads `http://HOST[:PORT][/PREFIX]` or the same with https (RFC 3986). Users and passwords,
/// queries and fragments are refused: command lines are seen by others.
[[nodiscard]] ParsedUrl parse_http_url(std::string_view text);

/// The opposite of parse_http_url().
[[nodiscard]] std::string to_string(const HttpUrl& url);

/// What is asked for.
struct HttpGet {
    HttpUrl url;
    /// Behind the prefix; begins with a slash.
    std::string path;
    /// Basic login (RFC 7617) unless empty; has no colon.
    std::string user;
    Secret password;
    /// From the first look-up to the last byte.
    Duration limit = std::chrono::seconds{10};
    std::size_t most_bytes = std::size_t{16} << 20;
};

/// The answer; free text from outside.
struct HttpAnswer {
    unsigned status = 0;
    /// Where the server says it is instead, for 3xx.
    std::string location;
    std::string body;
};

/// The server answered, but not with HTTP, or with too much; the text says what to do.
class HttpError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Asks for a page on a connection of its own. Throws ChannelError if there is none in time, and
/// HttpError.
[[nodiscard]] Awaitable<HttpAnswer> http_get(Connector& connector, HttpGet request);

}  // namespace mailprobed
