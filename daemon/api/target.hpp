// SPDX-License-Identifier: Apache-2.0
// What a request under /api/v1/ asks for, read from its target.
#pragma once

#include "probes/base/time.hpp"
#include "probes/domain/identity/tag.hpp"

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed {

/// The resources of the API.
enum class ApiResource : std::uint8_t { probes, probe, points, run, mails, mail, openapi };

/// A request that cannot be answered as it is.
class ApiError : public std::runtime_error {
  public:
    ApiError(unsigned status, const std::string& text)
        : std::runtime_error(text), status_(status) {}
    [[nodiscard]] unsigned status() const noexcept { return status_; }

  private:
    unsigned status_;
};

/// A request, understood.
struct ApiTarget {
    ApiResource resource = ApiResource::probes;
    /// For probe, points and run; for mails the filter, empty for all.
    std::string probe;
    /// For mail.
    MailId mail = 0;
    /// For probe and points: how far back, and its name.
    Duration window = std::chrono::hours{24};
    std::string window_name = "24h";
    /// For mails: only these verdicts, "" for pending; empty for all.
    std::vector<std::string> verdicts;
    /// For mails: started then or later, and before.
    std::optional<WallTime> from, to;
    std::uint32_t limit = 50;
};

/// What all targets of the API begin with.
inline constexpr std::string_view kApiPrefix = "/api/v1/";

/// Reads a target (RFC 3986) that begins with kApiPrefix; throws ApiError with 404 for an unknown
/// path, with 400 for a wrong parameter.
[[nodiscard]] ApiTarget read_api_target(std::string_view target);

}  // namespace mailprobed
