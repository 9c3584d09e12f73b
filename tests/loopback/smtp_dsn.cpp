// SPDX-License-Identifier: Apache-2.0
// The parameters of the DSN extension (RFC 3461 4).
#include "tests/loopback/codec.hpp"
#include "tests/loopback/smtp_service.hpp"

#include <algorithm>
#include <optional>

namespace mailprobed::loopback {
namespace {

// RFC 3461 4.4 and 4.2.
constexpr std::size_t kLongestEnvelopeId = 100;
constexpr std::size_t kLongestRecipient = 500;

std::optional<unsigned> capital_hex(char c) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    const auto value = kDigits.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    return static_cast<unsigned>(value);
}

std::optional<std::string> decode_xtext(std::string_view text) {
    std::string result;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] < '!' || text[at] > '~' || text[at] == '=') return std::nullopt;
        if (text[at] != '+') {
            result += text[at];
            continue;
        }
        const auto high = at + 2 < text.size() ? capital_hex(text[at + 1]) : std::nullopt;
        const auto low = at + 2 < text.size() ? capital_hex(text[at + 2]) : std::nullopt;
        if (!high || !low) return std::nullopt;
        const auto byte = static_cast<char>(*high << 4U | *low);
        // Nothing that could end a line of a report.
        if (byte < ' ' || byte > '~') return std::nullopt;
        result += byte;
        at += 2;
    }
    if (result.empty()) return std::nullopt;
    return result;
}

bool is_notify(std::string_view list) {
    if (list == "NEVER") return true;
    while (true) {
        const auto word = list.substr(0, list.find(','));
        if (word != "SUCCESS" && word != "FAILURE" && word != "DELAY") return false;
        if (word.size() == list.size()) return true;
        list.remove_prefix(word.size() + 1);
    }
}

}  // namespace

Parameter take_mail_parameter(std::string_view key, std::string_view value, DsnRequest& request) {
    if (same_word(key, "RET")) {
        const auto word = to_upper(value);
        if (!request.ret.empty() || (word != "FULL" && word != "HDRS")) return Parameter::malformed;
        request.ret = word;
        return Parameter::good;
    }
    if (!same_word(key, "ENVID")) return Parameter::unknown;
    const auto id = value.size() <= kLongestEnvelopeId ? decode_xtext(value) : std::nullopt;
    if (!id || !request.envelope_id.empty()) return Parameter::malformed;
    request.envelope_id = *id;
    return Parameter::good;
}

Parameter take_rcpt_parameter(std::string_view key, std::string_view value, DsnRequest& request) {
    if (same_word(key, "NOTIFY")) {
        const auto list = to_upper(value);
        if (!request.notify.empty() || !is_notify(list)) return Parameter::malformed;
        request.notify = list;
        return Parameter::good;
    }
    if (!same_word(key, "ORCPT")) return Parameter::unknown;
    const auto type = value.substr(0, value.find(';'));
    const auto rest = value.substr(std::min(type.size() + 1, value.size()));
    const auto whom = value.size() <= kLongestRecipient ? decode_xtext(rest) : std::nullopt;
    if (!whom || type.empty() || !request.original_recipient.empty()) return Parameter::malformed;
    request.original_recipient = std::string(type) + ';' + *whom;
    return Parameter::good;
}

}  // namespace mailprobed::loopback
