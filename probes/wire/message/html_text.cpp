// SPDX-License-Identifier: Apache-2.0
// A reader of HTML that knows lines, quotes and references, and nothing else.
#include "probes/wire/message/html_text.hpp"

#include "probes/base/ascii.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace mailprobed {
namespace {

constexpr std::array<std::string_view, 17> kBlocks{"br", "p",  "div",        "tr",    "li",  "td",
                                                   "th", "h1", "h2",         "h3",    "h4",  "pre",
                                                   "ul", "hr", "blockquote", "table", "body"};
constexpr std::array<std::string_view, 5> kPreformatted{"pre", "xmp", "listing", "plaintext",
                                                        "textarea"};
constexpr std::array<std::string_view, 4> kHidden{"style", "script", "head", "title"};
constexpr std::array<std::pair<std::string_view, char>, 6> kNamed{
    {{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}, {"nbsp", ' '}}};

/// No tag has a longer name.
constexpr std::size_t kMostName = 256;

void put_utf8(std::string& out, std::uint32_t code) {
    const auto put = [&out](std::uint32_t octet) { out += static_cast<char>(octet); };
    if (code < 0x80) {
        put(code);
    } else if (code < 0x800) {
        put(0xc0U | code >> 6U);
        put(0x80U | (code & 0x3fU));
    } else {
        put(0xe0U | (code >> 12U & 0x0fU));
        put(0x80U | (code >> 6U & 0x3fU));
        put(0x80U | (code & 0x3fU));
    }
}

class Reader {
  public:
    explicit Reader(std::string_view html) : rest_(html) {}

    std::string read() {
        while (!rest_.empty()) {
            const char c = rest_.front();
            if (c == '<') {
                tag();
            } else if (c == '&') {
                reference();
            } else {
                rest_.remove_prefix(1);
                // Lines of the source mean nothing, as in a browser; blanks in a row are one.
                const bool blank = ascii_blank(c) || c == '\r' || c == '\n';
                if (depth_ > 0 && blank) {
                    preformatted(c);
                    continue;
                }
                if (!blank) put(c);
                pending_ = blank && !at_begin_;
            }
        }
        return std::move(text_);
    }

  private:
    /// Where the author laid out the text himself, lines and blanks stay.
    void preformatted(char c) {
        if (c == '\n') {
            line();
        } else if (c != '\r') {
            put(c);
        }
    }
    void line() {
        if (!at_begin_) text_ += '\n';
        at_begin_ = true;
        pending_ = false;
    }
    void put(char c) {
        if (at_begin_ && quotes_ > 0) text_ += "> ";
        if (pending_) text_ += ' ';
        pending_ = at_begin_ = false;
        text_ += c;
    }
    void reference() {
        const std::size_t end = rest_.substr(0, 12).find(';');
        if (end == std::string_view::npos) {
            put('&');
            rest_.remove_prefix(1);
            return;
        }
        const std::string_view name = rest_.substr(1, end - 1);
        const auto* const named = std::ranges::find_if(
            kNamed, [&](const auto& each) { return ascii_iequals(each.first, name); });
        if (named != kNamed.end()) {
            if (named->second == ' ') {
                pending_ = !at_begin_;
            } else {
                put(named->second);
            }
        } else if (const std::uint32_t code = number(name); code >= ' ') {
            std::string octets;
            put_utf8(octets, code);
            for (const char c : octets)
                put(c);
        }
        rest_.remove_prefix(end + 1);
    }
    static std::uint32_t number(std::string_view name) noexcept {
        if (!name.starts_with('#')) return 0;
        name.remove_prefix(1);
        const bool hex = !name.empty() && ascii_lower(name.front()) == 'x';
        if (hex) name.remove_prefix(1);
        std::uint32_t code = 0;
        for (const char c : name) {
            const auto digit = ascii_hex(c);
            if (!digit || (!hex && *digit > 9)) return 0;
            code = code * (hex ? 16 : 10) + *digit;
            if (code > 0xffff) return 0;
        }
        return code;
    }
    void tag() {
        if (rest_.starts_with("<!--")) {
            const std::size_t end = rest_.find("-->", 4);
            rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 3);
            return;
        }
        const std::size_t end = next_close();
        std::string_view inside = rest_.substr(1, end == std::string_view::npos ? end : end - 1);
        const bool closing = inside.starts_with('/');
        if (closing) inside.remove_prefix(1);
        if (end == std::string_view::npos || !begins_tag(inside)) {
            put('<');
            rest_.remove_prefix(1);
            return;
        }
        std::string name(inside.substr(0, inside.find_first_of(" \t\r\n/>")));
        std::ranges::transform(name, name.begin(), ascii_lower);
        rest_.remove_prefix(end + 1);
        if (std::ranges::find(kBlocks, name) != kBlocks.end()) line();
        if (name == "blockquote") quotes_ = closing ? std::max(quotes_, 1) - 1 : quotes_ + 1;
        note_layout(name, inside, closing);
        if (!closing && std::ranges::find(kHidden, name) != kHidden.end()) skip(name);
    }
    /// The place of the next '>', which is looked for once, however many '<' stand before it.
    std::size_t next_close() {
        const std::size_t here = whole_ - rest_.size();
        if (close_ <= here) {
            const std::size_t found = rest_.find('>');
            close_ = found == std::string_view::npos ? whole_ + 1 : here + found;
        }
        return close_ > whole_ ? std::string_view::npos : close_ - here;
    }
    /// False for "a < b" and addresses in angles that somebody forgot to escape.
    static bool begins_tag(std::string_view inside) noexcept {
        const char first = inside.empty() ? ' ' : ascii_lower(inside.front());
        if ((first < 'a' || first > 'z') && first != '!' && first != '?') return false;
        const std::string_view word = inside.substr(0, kMostName);
        const std::size_t end = word.find_first_of(" \t\r\n=/");
        if (end == std::string_view::npos && inside.size() > kMostName) return false;
        return word.substr(0, word.find_first_of(" \t\r\n=")).find('@') == std::string_view::npos;
    }
    /// Counts the elements that are open of the name that began a preformatted text.
    void note_layout(std::string_view name, std::string_view inside, bool closing) {
        if (depth_ == 0 && !closing && is_preformatted(name, inside)) {
            preformatted_ = name;
            depth_ = 1;
        } else if (depth_ > 0 && name == preformatted_) {
            depth_ += closing ? -1 : 1;
        }
    }
    static bool is_preformatted(std::string_view name, std::string_view inside) {
        if (std::ranges::find(kPreformatted, name) != kPreformatted.end()) return true;
        if (inside.ends_with('/')) return false;
        std::string style;
        for (const char c : inside)
            if (!ascii_blank(c) && c != '\r' && c != '\n') style += ascii_lower(c);
        return style.find("white-space:pre") != std::string::npos ||
               style.find("white-space:break-spaces") != std::string::npos;
    }
    /// Skips what the element `name` hides. One that never ends hides nothing: better its words
    /// than none, and `</head>` may be left out.
    void skip(std::string_view name) {
        if (std::ranges::find(endless_, name) != endless_.end()) return;
        for (std::size_t at = rest_.find("</"); at != std::string_view::npos;
             at = rest_.find("</", at + 2)) {
            if (!ascii_iequals(rest_.substr(at + 2, name.size()), name)) continue;
            const std::size_t end = rest_.find('>', at);
            rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
            return;
        }
        endless_.emplace_back(name);
    }

    std::string_view rest_;
    std::size_t whole_ = rest_.size();
    /// Counted from the beginning of the whole; beyond its end where there is none.
    std::size_t close_ = 0;
    /// Hidden elements that no closing tag ends any more; each is looked for in vain once.
    std::vector<std::string> endless_;
    std::string text_;
    int quotes_ = 0;
    std::string preformatted_;
    int depth_ = 0;
    bool at_begin_ = true;
    bool pending_ = false;
};

}  // namespace

std::string html_text(std::string_view html) {
    return Reader(html).read();
}

}  // namespace mailprobed
