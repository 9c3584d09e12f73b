// SPDX-License-Identifier: Apache-2.0
// The header section of a mail, unfolded and bounded (RFC 5322 2.2).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed {

/// One header field; the name as received, the value unfolded and trimmed.
struct HeaderField {
    std::string name;
    std::string value;
};

/// The fields of a header section in order; at most 1,000 fields and 128 KiB, the rest is ignored.
/// Gateways put more than that on top of a mail, so a part of both is kept for the fields that tell
/// what a mail is.
class MailHeaders {
  public:
    /// Fields kept at most.
    static constexpr std::size_t kMaxFields = 1000;
    /// Octets kept at most, names and values together.
    static constexpr std::size_t kMaxBytes = 128UL * 1024UL;
    /// Fields and octets of these that are kept for those that tell what a mail is.
    static constexpr std::size_t kKeptFields = 100;
    static constexpr std::size_t kKeptBytes = 32UL * 1024UL;

    /// Takes one line without its line end; a line that starts with a blank continues the field
    /// before it; a line that is no field at all is ignored.
    void add_line(std::string_view line);

    /// The first field called `name`, compared without case; nothing if there is none.
    [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const;
    /// All fields in the order received.
    [[nodiscard]] const std::vector<HeaderField>& fields() const noexcept { return fields_; }

  private:
    std::vector<HeaderField> fields_;
    std::size_t bytes_ = 0;
    /// The octets that the field read last may fill.
    std::size_t limit_ = 0;
    bool ignoring_ = false;
};

}  // namespace mailprobed
