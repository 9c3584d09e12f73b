// SPDX-License-Identifier: Apache-2.0
// What can be written where the output goes: width, characters, colours.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mailprobed {

/// Colours of the eight that every terminal has.
enum class Colour : unsigned char { none, bold, dim, red, green, yellow };

/// How text for one output is made.
struct TextStyle {
    /// Columns of a line; 0: as many as it takes.
    std::size_t width = 0;
    /// False: ASCII only.
    bool unicode = false;
    bool colour = false;
};

/// True if `descriptor` is a terminal that understands escape sequences.
[[nodiscard]] bool is_screen(int descriptor) noexcept;

/// Columns of the terminal at `descriptor`; 0 if it is none.
[[nodiscard]] std::size_t columns_of(int descriptor) noexcept;

/// Lines of the terminal at `descriptor`; 0 if it is none.
[[nodiscard]] std::size_t lines_of(int descriptor) noexcept;

/// True if the locale of the environment writes UTF-8.
[[nodiscard]] bool locale_is_utf8();

/// The style for `descriptor`: colours on a terminal without NO_COLOR (no-color.org), its width,
/// Unicode on a terminal in a UTF-8 locale.
[[nodiscard]] TextStyle style_of(int descriptor);

/// The number of characters of `text`, which is UTF-8.
[[nodiscard]] std::size_t length_of(std::string_view text) noexcept;

/// Text from outside as at most `most` characters on one line, controls escaped; where the style
/// has no Unicode other characters become `?`. A mark at its end says that it was cut.
[[nodiscard]] std::string fitted(std::string_view text, std::size_t most, const TextStyle& style);

/// `text` in a colour, if the style has any.
[[nodiscard]] std::string painted(std::string_view text, Colour colour, const TextStyle& style);

}  // namespace mailprobed
