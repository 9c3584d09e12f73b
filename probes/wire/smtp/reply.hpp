// SPDX-License-Identifier: Apache-2.0
// SMTP replies (RFC 5321 4.2): code, enhanced code, text as octets; bounded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mailprobed {

/// An enhanced status code (RFC 3463 2), for example 5.7.8.
struct EnhancedCode {
    std::uint16_t klass = 0;
    std::uint16_t subject = 0;
    std::uint16_t detail = 0;
    friend bool operator==(const EnhancedCode&, const EnhancedCode&) = default;
};

/// The enhanced code at the start of `text` if its class fits `code`; RFC 2034 4.
[[nodiscard]] std::optional<EnhancedCode> enhanced_code(int code, std::string_view text) noexcept;

/// One complete reply.
struct SmtpReply {
    /// 200 to 599; the last line's, where a server is at odds with itself.
    int code = 0;
    /// The first valid one.
    std::optional<EnhancedCode> enhanced;
    /// The text of all lines, octets as received, lines joined by LF.
    std::string text;
    /// True if the lines did not agree on a code.
    bool mixed_codes = false;

    /// 2 accepts, 3 asks for more, 4 is transient, 5 permanent.
    [[nodiscard]] int first_digit() const noexcept { return code / 100; }
    /// "550 5.1.1 no such user", for people; octets as received.
    [[nodiscard]] std::string said() const;
};

/// Puts a reply together line by line.
class SmtpReplyParser {
  public:
    /// Lines a reply may have.
    static constexpr std::size_t kMaxLines = 256;
    /// Octets a reply may have, line ends not counted.
    static constexpr std::size_t kMaxBytes = 64UL * 1024UL;

    /// What a line made of the reply.
    enum class Step : std::uint8_t { more, done, malformed, too_long };

    /// Takes one line without its end.
    [[nodiscard]] Step add(std::string_view line);
    /// The text of the lines so far, joined by LF.
    [[nodiscard]] std::string_view text() const noexcept { return reply_.text; }
    /// The reply after `done`; the parser is then ready for the next one.
    [[nodiscard]] SmtpReply take() noexcept;

  private:
    SmtpReply reply_;
    std::size_t lines_ = 0;
    std::size_t bytes_ = 0;
};

}  // namespace mailprobed
