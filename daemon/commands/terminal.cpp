// SPDX-License-Identifier: Apache-2.0
// Asks the terminal driver and the environment; ECMA-48 for colours.
#include "daemon/commands/terminal.hpp"

#include "probes/base/text.hpp"

#include <cstdlib>
#include <langinfo.h>
#include <locale.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace mailprobed {
namespace {

winsize size_of(int descriptor) noexcept {
    winsize size{};
    if (::isatty(descriptor) == 0 || ::ioctl(descriptor, TIOCGWINSZ, &size) != 0) return {};
    return size;
}

/// Terminals that were never told their size say 0.
constexpr std::size_t kUsualColumns = 80;
constexpr std::size_t kUsualLines = 24;

/// The first `most` characters.
std::string_view first_of(std::string_view text, std::size_t most) noexcept {
    std::size_t at = 0;
    for (std::size_t i = 0; i < most && at < text.size(); ++i)
        at += first_code_point(text.substr(at)).size;
    return text.substr(0, at);
}

}  // namespace

bool is_screen(int descriptor) noexcept {
    const char* term = std::getenv("TERM");
    const bool dumb = term == nullptr || *term == '\0' || std::string_view(term) == "dumb";
    return ::isatty(descriptor) != 0 && !dumb;
}

std::size_t columns_of(int descriptor) noexcept {
    if (::isatty(descriptor) == 0) return 0;
    const std::size_t columns = size_of(descriptor).ws_col;
    return columns == 0 ? kUsualColumns : columns;
}

std::size_t lines_of(int descriptor) noexcept {
    if (::isatty(descriptor) == 0) return 0;
    const std::size_t lines = size_of(descriptor).ws_row;
    return lines == 0 ? kUsualLines : lines;
}

bool locale_is_utf8() {
    // Asked for without setlocale(): the process as a whole keeps to the C locale.
    const locale_t locale = ::newlocale(LC_CTYPE_MASK, "", nullptr);
    if (locale == nullptr) return false;
    const bool utf8 = std::string_view(::nl_langinfo_l(CODESET, locale)) == "UTF-8";
    ::freelocale(locale);
    return utf8;
}

TextStyle style_of(int descriptor) {
    const char* no_colour = std::getenv("NO_COLOR");
    TextStyle style;
    style.width = columns_of(descriptor);
    style.colour = is_screen(descriptor) && (no_colour == nullptr || *no_colour == '\0');
    style.unicode = style.width != 0 && locale_is_utf8();
    return style;
}

std::size_t length_of(std::string_view text) noexcept {
    std::size_t count = 0;
    for (; !text.empty(); ++count)
        text.remove_prefix(first_code_point(text).size);
    return count;
}

std::string fitted(std::string_view text, std::size_t most, const TextStyle& style) {
    // Hostile texts are cut before they are escaped: no more than what could be shown.
    std::string shown = printable(first_of(text, most + 1));
    if (!style.unicode) {
        std::string ascii;
        for (std::string_view rest = shown; !rest.empty();) {
            const CodePoint c = first_code_point(rest);
            ascii += c.value < 0x80 ? static_cast<char>(c.value) : '?';
            rest.remove_prefix(c.size);
        }
        shown = std::move(ascii);
    }
    if (length_of(shown) <= most) return shown;
    if (most == 0) return {};
    return std::string(first_of(shown, most - 1)) + (style.unicode ? "…" : "~");
}

std::string painted(std::string_view text, Colour colour, const TextStyle& style) {
    if (!style.colour || colour == Colour::none) return std::string(text);
    const char* code = "";
    switch (colour) {
        case Colour::none:
            break;
        case Colour::bold:
            code = "1";
            break;
        case Colour::dim:
            code = "2";
            break;
        case Colour::red:
            code = "31";
            break;
        case Colour::green:
            code = "32";
            break;
        case Colour::yellow:
            code = "33";
            break;
    }
    return std::string("\x1b[") + code + "m" + std::string(text) + "\x1b[0m";
}

}  // namespace mailprobed
