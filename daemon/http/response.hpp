// SPDX-License-Identifier: Apache-2.0
// An answer of the web server.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace mailprobed {

/// One answer.
struct WebResponse {
    unsigned status = 200;
    std::string content_type;
    std::string body;
    /// True if the body is compressed with gzip (RFC 1952).
    bool gzip = false;
    /// Set for 429: when to come again.
    std::optional<std::chrono::seconds> retry_after = std::nullopt;
    /// The methods that the page knows; a 405 tells them.
    std::string_view allow = "GET, HEAD";
    /// Set where several answers share one body, which then stands here.
    std::shared_ptr<const std::string> shared = nullptr;

    /// The body, wherever it stands.
    [[nodiscard]] const std::string& content() const noexcept { return shared ? *shared : body; }
};

/// A one-line answer in plain text.
[[nodiscard]] WebResponse plain(unsigned status, std::string_view text);

}  // namespace mailprobed
