// SPDX-License-Identifier: Apache-2.0
// Received octets, cut into bounded lines; the conversation reads into it and empties it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace mailprobed {

/// Collects octets and gives them back as lines; CRLF and, leniently, LF alone end a line.
/// Views it returns hold until the next prepare() or clear().
class LineBuffer {
  public:
    /// The longest line, without its end, that next() takes (RFC 5321 4.5.3.1.5 says 512).
    static constexpr std::size_t kMaxLine = 4096;

    /// What next() found.
    enum class Found : std::uint8_t { nothing, line, too_long };
    /// A whole line without its end.
    struct Line {
        Found found = Found::nothing;
        std::string_view text;
        /// The line ended in LF without CR.
        bool bare_lf = false;
    };
    /// A line or a part of an overlong one.
    struct Piece {
        bool found = false;
        /// True if the piece starts a line.
        bool begins = false;
        /// True if the line's end was read.
        bool ends = false;
        std::string_view text;
        /// The line ended in LF without CR.
        bool bare_lf = false;
    };

    /// Room to read into, at least one octet.
    [[nodiscard]] std::span<char> prepare();
    /// Tells how much of prepare()'s room was filled.
    void commit(std::size_t size) noexcept;

    /// Takes the next whole line; `too_long` consumes nothing and is final.
    [[nodiscard]] Line next() noexcept;
    /// Takes the next line, or at least kMaxLine octets of one that is longer.
    [[nodiscard]] Piece next_piece() noexcept;

    /// True if no octet is waiting.
    [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }
    /// The octets that wait.
    [[nodiscard]] std::string_view waiting() const noexcept {
        return {bytes_.data() + begin_, end_ - begin_};
    }
    /// True if a line ended without CR so far.
    [[nodiscard]] bool saw_bare_lf() const noexcept { return bare_lf_; }
    /// Forgets everything that waits.
    void clear() noexcept;

  private:
    [[nodiscard]] std::size_t find_lf() noexcept;
    struct Taken {
        std::string_view text;
        bool bare_lf = false;
    };
    Taken take(std::size_t lf) noexcept;

    // Grows from kFirstRoom to kMostRoom as reads fill it: a submission stays in a kilobyte, a
    // listing of a million lines is read in large pieces.
    static constexpr std::size_t kFirstRoom = 1024;
    static constexpr std::size_t kMostRoom = 16UL * 1024UL;

    std::vector<char> bytes_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    // How far the search for LF has come, so that a dripping line is not searched again and again.
    std::size_t searched_ = 0;
    bool inside_line_ = false;
    bool full_ = false;
    bool bare_lf_ = false;
};

}  // namespace mailprobed
