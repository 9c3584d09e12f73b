// SPDX-License-Identifier: Apache-2.0
// The signs of a quote: marks before the lines, words that introduce it, copied headers.
#include "probes/domain/identity/own_text.hpp"

#include "probes/base/ascii.hpp"
#include "probes/domain/identity/message.hpp"
#include "probes/wire/message/folded_letters.hpp"
#include "probes/wire/message/html_text.hpp"
#include "probes/wire/message/mime_part.hpp"

#include <algorithm>
#include <array>
#include <string>

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

/// A time such as 9:05 or 1/12, or a year.
bool names_an_instant(std::string_view line) noexcept {
    for (std::size_t at = 1; at + 1 < line.size(); ++at) {
        if ((line[at] == ':' || line[at] == '/') && ascii_digit(line[at - 1]) &&
            ascii_digit(line[at + 1]))
            return true;
    }
    for (const std::string_view century : {"19", "20"}) {
        for (std::size_t at = line.find(century); at != std::string_view::npos;
             at = line.find(century, at + 1)) {
            const std::string_view year = line.substr(at, 5);
            if ((at == 0 || !ascii_digit(line[at - 1])) && year.size() > 3 &&
                ascii_digit(year[2]) && ascii_digit(year[3]) &&
                (year.size() == 4 || !ascii_digit(year[4])))
                return true;
        }
    }
    return false;
}

/// A line that ends in a colon above a text: the words of those who quote, a date, an address. What
/// has none of these is a gateway's banner.
bool introduces_quote(std::string_view line) {
    static constexpr auto kWords = std::to_array<std::string_view>({"wrote",
                                                                    "writes",
                                                                    "written",
                                                                    "schrieb",
                                                                    "schreibt",
                                                                    "geschrieben",
                                                                    "ecrit",
                                                                    "escribio",
                                                                    "escribe",
                                                                    "escreveu",
                                                                    "escreve",
                                                                    "scritto",
                                                                    "scrisse",
                                                                    "scrive",
                                                                    "schreef",
                                                                    "geschreven",
                                                                    "skrev",
                                                                    "skriver",
                                                                    "kirjoitti",
                                                                    "napisal",
                                                                    "pisze",
                                                                    "napsal",
                                                                    "irta",
                                                                    "a scris",
                                                                    "yazdi",
                                                                    "sunlari",
                                                                    "писал",
                                                                    "пишет",
                                                                    "пише",
                                                                    "εγραψε",
                                                                    "写道",
                                                                    "寫道",
                                                                    "書きました",
                                                                    "書いた",
                                                                    "작성",
                                                                    "썼습니다",
                                                                    "menulis",
                                                                    "כתב",
                                                                    "كتب",
                                                                    "said",
                                                                    "sagte",
                                                                    "original",
                                                                    "ursprung",
                                                                    "oryginal",
                                                                    "forwarded",
                                                                    "weitergeleitet",
                                                                    "your mail",
                                                                    "your message",
                                                                    "your email",
                                                                    "your e mail",
                                                                    "your request",
                                                                    "your text",
                                                                    "you sent",
                                                                    "ihre mail",
                                                                    "ihre nachricht",
                                                                    "ihre e mail",
                                                                    "deine",
                                                                    "votre message",
                                                                    "votre mail",
                                                                    "su mensaje",
                                                                    "tu mensaje",
                                                                    "sua mensagem",
                                                                    "tuo messaggio",
                                                                    "suo messaggio",
                                                                    "uw bericht",
                                                                    "ditt meddelande",
                                                                    "ваше письмо",
                                                                    "ваше сообщение",
                                                                    "copy of",
                                                                    "kopie",
                                                                    "message follows",
                                                                    "returned",
                                                                    "see below",
                                                                    "siehe unten",
                                                                    "von:",
                                                                    "from:"});
    std::string folded = folded_letters(line);
    std::ranges::replace(folded, '-', ' ');
    if (contains(line, "@")) return true;
    if (names_an_instant(line)) return true;
    return std::ranges::any_of(
        kWords, [&](std::string_view word) { return folded.find(word) != std::string::npos; });
}

/// "[Scanned: mailprobed TAG]": a gateway that names the subject of what it has seen.
bool is_bracketed_subject(std::string_view line, std::string_view tag) {
    static constexpr std::array<std::string_view, 3> kPairs{"[]", "()", "{}"};
    const bool bracketed = std::ranges::any_of(kPairs, [&](std::string_view pair) {
        return line.front() == pair.front() && line.back() == pair.back();
    });
    return bracketed && contains(line, std::string(kSubjectWord) + " " + std::string(tag));
}

/// Whether our first sentence follows, on however many lines a gateway wrapped it.
bool sentence_follows(std::string_view text) {
    std::string joined;
    while (!text.empty() && joined.size() < kFirstSentence.size()) {
        const std::string_view line = trimmed(next_line(text));
        if (line.empty()) break;
        joined.append(joined.empty() ? "" : " ").append(line);
    }
    return joined.starts_with(kFirstSentence);
}

bool text_holds(std::string_view text, std::string_view tag, OwnText how_much) {
    std::string_view before;
    while (!text.empty()) {
        std::string_view line = next_line(text);
        // A byte order mark or a no-break space is no quote.
        if (before.empty() && line.starts_with("\xef\xbb\xbf")) line.remove_prefix(3);
        const std::string_view rest = line.substr(std::min(line.size(), tag.size()));
        if (ascii_iequals(line.substr(0, tag.size()), tag) &&
            (rest.empty() || trimmed(rest).starts_with(kFirstSentence))) {
            // "On Monday Bob wrote:" ends so in every language.
            const bool colon = before.ends_with(':') || before.ends_with("：");
            if (colon && introduces_quote(before)) return false;
            return how_much == OwnText::first_line || !rest.empty() || sentence_follows(text);
        }
        // Copied headers, marks before the line, a sentence about the tag.
        if (is_separator(line) || (contains(line, tag) && !is_bracketed_subject(line, tag)))
            return false;
        before = line.empty() ? before : line;
    }
    return false;
}

}  // namespace

bool holds_own_text(const MailHeaders& headers, std::string_view body, std::string_view tag,
                    OwnText how_much) {
    body = body.substr(0, kMaxText);
    if (how_much == OwnText::whole) return is_composed_body(transfer_decoded(headers, body), tag);
    const std::vector<MimePart> leaves = mime_leaves(headers, body);
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
