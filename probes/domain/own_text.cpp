// SPDX-License-Identifier: Apache-2.0
// The signs of a quote: marks before the lines, words that introduce it, copied headers.
#include "probes/domain/own_text.hpp"

#include "probes/domain/message.hpp"
#include "probes/wire/ascii.hpp"
#include "probes/wire/html_text.hpp"
#include "probes/wire/mime_part.hpp"

#include <algorithm>
#include <array>

namespace mailprobed {
namespace {

constexpr std::size_t kMaxText = 256UL * 1024UL;

bool contains(std::string_view text, std::string_view word) noexcept {
    return !std::ranges::search(text, word, {}, ascii_lower, ascii_lower).empty();
}

/// "----- Original Message -----" in the words of many clients.
bool is_separator(std::string_view line) noexcept {
    static constexpr std::array<std::string_view, 11> kWords{"origin",
                                                             "forwarded",
                                                             "weitergeleitet",
                                                             "ursprüng",
                                                             "transf",
                                                             "mensaje reenviado",
                                                             "messaggio inoltrato",
                                                             "doorgestuurd",
                                                             "oorspronkelijk",
                                                             "пересыл",
                                                             "исходн"};
    if (!line.starts_with("--") && !line.starts_with("__") && !line.starts_with("==")) return false;
    return std::ranges::any_of(kWords, [&](std::string_view word) { return contains(line, word); });
}

/// Takes the next line that is not empty, without blanks at its end.
std::string_view next_line(std::string_view& text) noexcept {
    while (!text.empty()) {
        std::string_view line = take_line(text);
        line = line.substr(0, line.find_last_not_of(" \t\r") + 1);
        if (!line.empty()) return line;
    }
    return {};
}

bool text_holds(std::string_view text, std::string_view tag, OwnText how_much) {
    std::string_view before;
    while (!text.empty()) {
        std::string_view line = next_line(text);
        // A byte order mark or a no-break space is no quote.
        if (before.empty() && line.starts_with("\xef\xbb\xbf")) line.remove_prefix(3);
        if (ascii_iequals(line, tag)) {
            // "On Monday Bob wrote:" ends so in every language.
            if (before.ends_with(':') || before.ends_with("：")) return false;
            return how_much == OwnText::first_line || next_line(text) == kFirstSentence;
        }
        // Copied headers, marks before the line, a sentence about the tag.
        if (is_separator(line) || contains(line, tag)) return false;
        before = line.empty() ? before : line;
    }
    return false;
}

}  // namespace

bool holds_own_text(const MailHeaders& headers, std::string_view body, std::string_view tag,
                    OwnText how_much) {
    body = body.substr(0, kMaxText);
    const std::vector<MimePart> leaves = mime_leaves(headers, body);
    if (how_much == OwnText::whole) {
        return leaves.size() == 1 && is_composed_body(leaves.front().text, tag);
    }
    for (const MimePart& leaf : leaves) {
        if (leaf.type == "text/html"
                ? text_holds(html_text(leaf.text), tag, how_much)
                : leaf.type.starts_with("text/") && text_holds(leaf.text, tag, how_much)) {
            return true;
        }
    }
    return false;
}

}  // namespace mailprobed
