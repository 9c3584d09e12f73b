// SPDX-License-Identifier: Apache-2.0
// The closed list of marks, and the words of answers.
#include "probes/domain/identity/subject_marks.hpp"

#include "probes/base/ascii.hpp"
#include "probes/domain/identity/message.hpp"
#include "probes/domain/identity/tag_places.hpp"
#include "probes/wire/message/folded_letters.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace mailprobed {
namespace {

// What filters of many makers write; each may stand in punctuation, with a score behind it.
constexpr std::array<std::string_view, 26> kMarks{
    "spam",     "external",   "extern",    "externe", "externo",   "esterno",   "ext",
    "junk",     "bulk",       "adv",       "suspect", "virus",     "suspected", "probable",
    "possible", "possibly",   "probably",  "likely",  "phish",     "phishing",  "caution",
    "dmarc",    "newsletter", "marketing", "spoof",   "unverified"};
// What clients of many languages write, folded as folded_letters() does.
constexpr std::array<std::string_view, 60> kAnswers{
    "re",     "aw",    "antw",    "antwort", "sv",         "vs",         "vl",  "vb",    "fw",
    "fwd",    "wg",    "tr",      "rv",      "rif",        "r",          "i",   "odp",   "pd",
    "doorst", "enc",   "res",     "ynt",     "ilt",        "ref",        "rep", "rep.",  "回复",
    "答复",   "转发",  "回覆",    "轉寄",    "返信",       "転送",       "отв", "ответ", "ha",
    "fs",     "답장",  "전달",    "на",      "tovabbitas", "valasz",     "bls", "trs",   "atb",
    "sgt",    "απ",    "πρθ",     "σχετ",    "הועבר",      "תשובה",      "رد",  "إعادة", "ответить",
    "пересл", "reply", "forward", "fwd.",    "va",         "tovabbitott"};
// Answers of machines, where they stand in brackets or before a colon.
constexpr std::array<std::string_view, 28> kMachines{
    "automatic r", "automatisch",   "automatique", "auto-",     "auto r",   "abwesen",  "absence",
    "absent",      "out of office", "vacation",    "respuesta", "resposta", "risposta", "reponse",
    "antwort",     "odpowied",      "odpoved",     "svar",      "vastaus",  "reply",    "answer",
    "forward",     "ответ",         "回复",        "回覆",      "返信",     "応答",     "转发"};

bool contains(std::string_view text, std::string_view word) noexcept {
    return !std::ranges::search(text, word, {}, ascii_lower, ascii_lower).empty();
}

bool is_word_end(std::string_view text) noexcept {
    if (text.empty()) return true;
    const char l = ascii_lower(text.front());
    return !(l >= 'a' && l <= 'z') && static_cast<unsigned char>(l) < 0x80;
}

/// Length of a word of answers at the beginning, its count included ("Re[2]", "Re^3"); 0 if none.
std::size_t answer_word(std::string_view text) noexcept {
    for (const std::string_view word : kAnswers) {
        if (!starts_with_nocase(text, word)) continue;
        std::size_t size = word.size();
        while (size < text.size() &&
               (ascii_digit(text[size]) ||
                std::string_view("[]()^*. \t").find(text[size]) != std::string_view::npos)) {
            ++size;
        }
        const std::string_view rest = text.substr(size);
        if (rest.empty() || rest.starts_with(':') || rest.starts_with("：")) return size;
    }
    return 0;
}

bool is_answer_in_brackets(std::string_view text) {
    const std::string folded = folded_letters(text);
    const std::string_view inside = trim_text(folded);
    if (answer_word(inside) > 0) return true;
    for (const std::string_view word : kAnswers) {
        // "[Fwd]", "[Re: list]"
        if (starts_with_nocase(inside, word) && word.size() > 1 &&
            (inside.size() == word.size() || inside[word.size()] == ':')) {
            return true;
        }
    }
    return std::ranges::any_of(kMachines,
                               [&](std::string_view word) { return contains(inside, word); });
}

bool take_marked_word(std::string_view& text) noexcept {
    for (const std::string_view mark : kMarks) {
        if (!starts_with_nocase(text, mark) || !is_word_end(text.substr(mark.size()))) continue;
        text.remove_prefix(mark.size());
        return true;
    }
    return false;
}

void skip_any(std::string_view& text, std::string_view of) noexcept {
    text.remove_prefix(std::min(text.find_first_not_of(of), text.size()));
}

/// Takes "[...]", "(...)" or "{...}" off the front, unless what stands in it is an answer's.
bool take_bracketed(std::string_view& text) {
    static constexpr std::string_view kOpen = "[({";
    static constexpr std::string_view kClose = "])}";
    const std::size_t kind = text.empty() ? std::string_view::npos : kOpen.find(text.front());
    if (kind == std::string_view::npos) return false;
    const std::size_t end = text.find(kClose[kind]);
    if (end == std::string_view::npos || is_answer_in_brackets(text.substr(1, end - 1)))
        return false;
    text.remove_prefix(end + 1);
    skip_any(text, " \t-|:");
    return true;
}

/// Takes one mark of the closed list off the front: punctuation, words, score, punctuation.
bool take_mark(std::string_view& text) noexcept {
    static constexpr std::string_view kPunctuation = "*#_-!<>|~=+ \t\"'";
    std::string_view rest = text;
    skip_any(rest, kPunctuation);
    if (!take_marked_word(rest)) return false;
    for (skip_any(rest, " \t-"); take_marked_word(rest);)
        skip_any(rest, " \t-");
    skip_any(rest, "?!");
    // "(6.3)", "[99%]" and "6.3" tell how bad it is.
    std::string_view score = trim_text(rest);
    skip_any(score, "([0123456789.,/%+-=");
    skip_any(score, ")]");
    rest = score;
    skip_any(rest, "*#_-!<>|~=+ \t\"':?");
    text = trim_text(rest);
    return true;
}

}  // namespace

std::string_view tag_in_subject(std::string_view subject) {
    subject = trim_text(subject);
    while (take_bracketed(subject) || take_mark(subject)) {
    }
    if (!starts_with_nocase(subject, kSubjectWord)) return {};
    subject.remove_prefix(kSubjectWord.size());
    if (!subject.empty() && !ascii_blank(subject.front())) return {};
    const std::string_view tag = first_word(subject);
    std::string_view behind = trim_text(subject.substr(subject.find(tag) + tag.size()));
    while (take_bracketed(behind)) {
    }
    return behind.empty() ? tag : std::string_view{};
}

bool begins_as_answer(std::string_view decoded) {
    const std::string folded = folded_letters(decoded);
    std::string_view subject = trim_text(folded);
    for (;;) {
        if (answer_word(subject) > 0) return true;
        if (!subject.empty() && (subject.front() == '[' || subject.front() == '(')) {
            const std::size_t end = subject.find(subject.front() == '[' ? ']' : ')');
            if (end != std::string_view::npos &&
                is_answer_in_brackets(subject.substr(1, end - 1))) {
                return true;
            }
        }
        if (!take_bracketed(subject) && !take_mark(subject)) break;
    }
    const std::string_view before = subject.substr(0, subject.find_first_of(":"));
    return before.size() < subject.size() && before.size() < 60 &&
           std::ranges::any_of(
               kMachines, [&](std::string_view word) { return contains(before, word); });
}

}  // namespace mailprobed
