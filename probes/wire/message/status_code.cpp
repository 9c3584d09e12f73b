// SPDX-License-Identifier: Apache-2.0
// Recognition of "class.subject.detail".
#include "probes/wire/message/status_code.hpp"

#include "probes/base/ascii.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace mailprobed {
namespace {

/// Length of "." and one to three digits at `at`; 0 if they are not there.
std::size_t dotted(std::string_view text, std::size_t at) noexcept {
    if (at >= text.size() || text[at] != '.') return 0;
    std::size_t digits = 0;
    while (digits < 4 && at + 1 + digits < text.size() && ascii_digit(text[at + 1 + digits]))
        ++digits;
    return digits == 0 || digits == 4 ? 0 : digits + 1;
}

constexpr bool is_word(char c) noexcept {
    return ascii_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z');
}

std::size_t code_at(std::string_view text, std::size_t at) noexcept {
    if (text[at] != '2' && text[at] != '4' && text[at] != '5') return 0;
    if (at > 0 && (is_word(text[at - 1]) || text[at - 1] == '.')) return 0;
    const std::size_t subject = dotted(text, at + 1);
    const std::size_t detail = subject == 0 ? 0 : dotted(text, at + 1 + subject);
    if (detail == 0) return 0;
    const std::size_t end = at + 1 + subject + detail;
    // A full stop may follow, a fourth number may not.
    if (end < text.size() && is_word(text[end])) return 0;
    if (end + 1 < text.size() && text[end] == '.' && is_word(text[end + 1])) return 0;
    return end - at;
}

/// What a number is said to be by the word before it.
bool names_no_reply(std::string_view word) noexcept {
    static constexpr auto kLabels = std::to_array<std::string_view>({"tel",        "telefon",
                                                                     "telephone",  "telefono",
                                                                     "telefone",   "telefoon",
                                                                     "phone",      "fon",
                                                                     "fone",       "mobile",
                                                                     "mobil",      "movil",
                                                                     "celular",    "cell",
                                                                     "handy",      "fax",
                                                                     "call",       "dial",
                                                                     "hotline",    "durchwahl",
                                                                     "ext",        "extension",
                                                                     "portable",   "tlf",
                                                                     "tfn",        "puh",
                                                                     "gsm",        "case",
                                                                     "ticket",     "ref",
                                                                     "reference",  "referenz",
                                                                     "vorgang",    "vorgangsnummer",
                                                                     "fall",       "anfrage",
                                                                     "request",    "nr",
                                                                     "no",         "num",
                                                                     "number",     "nummer",
                                                                     "numero",     "numer",
                                                                     "id",         "order",
                                                                     "invoice",    "rechnung",
                                                                     "bestellung", "auftrag",
                                                                     "room",       "raum",
                                                                     "zimmer",     "suite",
                                                                     "bureau",     "office",
                                                                     "plz",        "zip",
                                                                     "box",        "postfach",
                                                                     "price",      "preis",
                                                                     "amount",     "total",
                                                                     "sum",        "betrag",
                                                                     "summe",      "prix",
                                                                     "precio",     "kosten",
                                                                     "pin",        "floor",
                                                                     "chat",       "whatsapp",
                                                                     "signal",     "queue",
                                                                     "issue",      "incident",
                                                                     "bug",        "dossier",
                                                                     "zaak",       "caso",
                                                                     "page",       "seite"});
    return std::ranges::any_of(kLabels,
                               [&](std::string_view label) { return ascii_iequals(word, label); });
}

/// Words behind which servers are quoted.
bool tells_reply(std::string_view word) noexcept {
    static constexpr auto kWords = std::to_array<std::string_view>(
        {"said",      "says",   "error",      "code",   "reply",    "replied",    "response",
         "responded", "smtp",   "esmtp",      "status", "fehler",   "returned",   "failure",
         "failed",    "reason", "answered",   "gave",   "rejected", "antwortete", "meldet",
         "erreur",    "errore", "fehlercode", "fout"});
    return std::ranges::any_of(kWords,
                               [&](std::string_view known) { return ascii_iequals(word, known); });
}

/// What is counted, paid or lived in: "550 EUR", "500 days", "550 Main Street".
bool is_measured(std::string_view rest) noexcept {
    static constexpr auto kUnits = std::to_array<std::string_view>(
        {"eur",    "euro",    "euros",   "usd",    "gbp",     "chf",     "dollar",  "dollars",
         "pounds", "percent", "prozent", "km",     "kg",      "mb",      "gb",      "kb",
         "mib",    "days",    "tage",    "hours",  "stunden", "minutes", "minuten", "weeks",
         "people", "persons", "items",   "points", "pcs",     "jpy",     "yen",     "pln",
         "czk",    "sek",     "nok",     "dkk",    "rub",     "uhr"});
    static constexpr auto kStreets = std::to_array<std::string_view>(
        {"street", "avenue", "ave", "road", "boulevard", "blvd", "parkway", "highway", "strasse"});
    const auto is = [](std::string_view word, std::string_view known) {
        return ascii_iequals(word, known);
    };
    constexpr int kWordsOfAStreet = 4;
    for (int words = 0; words < kWordsOfAStreet && !rest.empty(); ++words) {
        rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
        const std::string_view word = rest.substr(0, rest.find_first_of(" \t\r\n,.;:)"));
        if (word.empty()) return false;
        const auto same = [&](std::string_view known) { return is(word, known); };
        if (words == 0 && (std::ranges::any_of(kUnits, same) ||
                           std::string_view("$%+*").find(word.front()) != std::string_view::npos ||
                           word.starts_with("\xe2\x82\xac") || word.starts_with("\xc2\xa3"))) {
            return true;
        }
        if (words > 0 && std::ranges::any_of(kStreets, same)) return true;
        rest.remove_prefix(word.size());
    }
    return false;
}

/// What follows the three digits: an enhanced code, words on the same line, or nothing of both.
enum class Behind : std::uint8_t { code, words, nothing, number };

bool is_ipv4(std::string_view text) noexcept {
    const std::string_view word = text.substr(0, text.find_first_not_of("0123456789."));
    return std::ranges::count(word, '.') >= 3;
}

Behind behind(std::string_view text, std::size_t at) noexcept {
    const std::size_t begin = text.find_first_not_of(" -:\t)]\"',;", at);
    if (begin == std::string_view::npos) return Behind::nothing;
    if (text[begin] == '\r' || text[begin] == '\n') {
        // A telephone number goes on in the next line.
        const std::size_t next = std::min(text.find_first_not_of(" \t\r\n", begin), text.size());
        return next < text.size() && ascii_digit(text[next]) && code_at(text, next) == 0
                   ? Behind::number
                   : Behind::nothing;
    }
    if (code_at(text, begin) > 0) return Behind::code;
    if (ascii_digit(text[begin]))
        return is_ipv4(text.substr(begin)) ? Behind::words : Behind::number;
    return is_measured(text.substr(begin)) ? Behind::number : Behind::words;
}

/// The last word of `text`, without what is no letter.
std::string_view last_word(std::string_view text) noexcept {
    const auto is_letter = [](char c) {
        return (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') ||
               static_cast<unsigned char>(c) >= 0x80;
    };
    while (!text.empty() && (ascii_blank(text.back()) || text.back() == '.'))
        text.remove_suffix(1);
    std::size_t begin = text.size();
    while (begin > 0 && is_letter(text[begin - 1]))
        --begin;
    return text.substr(begin);
}

/// Whether what stands before a number introduces the reply of a server, given what follows.
bool introduces_reply(std::string_view before, Behind follows) noexcept {
    // What stands further away introduces nothing, and many codes may stand in one line.
    constexpr std::size_t kNear = 200;
    before.remove_prefix(before.size() - std::min(before.size(), kNear));
    const std::size_t line = before.find_last_of("\r\n") + 1;  // npos + 1 is the beginning
    before.remove_prefix(line);
    const std::size_t end = before.find_last_not_of(" \t");
    if (end == std::string_view::npos) return follows != Behind::nothing;
    before = before.substr(0, end + 1);
    const char last = before.back();
    constexpr std::string_view kSigns = ":;([{\"'<>#|=";
    const bool sign = kSigns.find(last) != std::string_view::npos;
    const std::string_view word = last_word(sign ? before.substr(0, before.size() - 1) : before);
    if (tells_reply(word)) return true;
    if (follows == Behind::code) return sign;
    // "#550" is the number of a case.
    if (!sign || last == '#' || names_no_reply(word)) return false;
    if (follows == Behind::words) return true;
    // "(550)", "<a@b>: 550" and "smtp; 550" with nothing behind.
    return before == "(" || before.ends_with(">:") || last == ';';
}

bool is_reply_code(std::string_view text, std::size_t at) noexcept {
    if (text[at] != '4' && text[at] != '5') return false;
    if (at + 2 >= text.size() || !ascii_digit(text[at + 1]) || !ascii_digit(text[at + 2])) {
        return false;
    }
    if (text[at + 1] > '7') return false;
    if (at > 0 && (is_word(text[at - 1]) || text[at - 1] == '.' || text[at - 1] == '-'))
        return false;
    const std::string_view rest = text.substr(at + 3);
    // "550 5.1.1 ...", "550-text", "550: text", "(550)"; a number of four digits or a date is none.
    if (!rest.empty() &&
        std::string_view(" -:\t\r\n)]\"',;").find(rest.front()) == std::string_view::npos)
        return false;
    // "(503) 555-0100", "550 12 34", "550 EUR"
    const Behind follows = behind(text, at + 3);
    return follows != Behind::number && introduces_reply(text.substr(0, at), follows);
}

}  // namespace

std::string_view find_reply_code(std::string_view text, std::size_t from) noexcept {
    for (std::size_t at = from; at < text.size(); ++at) {
        if (is_reply_code(text, at)) return text.substr(at, 3);
    }
    return {};
}

std::string_view find_status_code(std::string_view text, std::size_t from) noexcept {
    for (std::size_t at = from; at < text.size(); ++at) {
        const std::size_t size = code_at(text, at);
        if (size > 0) return text.substr(at, size);
    }
    return {};
}

}  // namespace mailprobed
