// SPDX-License-Identifier: Apache-2.0
// The address a server listens on, as it is written in the configuration.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace mailprobed {

/// host:port taken apart; the host without brackets.
struct ListenAddress {
    std::string host;
    std::uint16_t port = 0;
};

/// Reads "127.0.0.1:10995", "localhost:0" or "[::1]:10995"; nothing for anything else.
[[nodiscard]] std::optional<ListenAddress> parse_listen_address(std::string_view text);

/// The opposite of parse_listen_address().
[[nodiscard]] std::string to_string(const ListenAddress& address);

/// A server cannot listen; the text says where, why and what to do.
class ListenError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

}  // namespace mailprobed
