// SPDX-License-Identifier: Apache-2.0
// The names of actions and the text form of faults.
#include "tests/loopback/fault.hpp"

#include <array>
#include <charconv>
#include <optional>
#include <stdexcept>

namespace mailprobed::loopback {
namespace {

constexpr std::array<std::string_view, 22> kActions{
    "delay",     "reply",      "reply_then_close", "drop",          "reset",
    "stall",     "half_close", "garbage",          "endless_line",  "endless_reply",
    "drip",      "split",      "inject",           "cut_short",     "lose",
    "duplicate", "alter",      "delay_delivery",   "keep_and_drop", "discard_and_drop",
    "refuse",    "alert"};
constexpr std::string_view kLockHeld = "lock_held";
constexpr std::string_view kBounce = "bounce";

[[noreturn]] void reject(std::string_view what, std::string_view text) {
    throw std::invalid_argument("fault: " + std::string(what) + " '" + std::string(text) + "'");
}

std::optional<unsigned> hex_digit(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10U;
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10U;
    return std::nullopt;
}

// One word up to a space; a part in double quotes may hold spaces, and \r \n \t \\ \" \xNN work
// anywhere.
std::string next_word(std::string_view& text) {
    std::string word;
    bool quoted = false;
    while (!text.empty() && (quoted || text.front() != ' ')) {
        const char c = text.front();
        text.remove_prefix(1);
        if (c == '"') {
            quoted = !quoted;
        } else if (c != '\\') {
            word += c;
        } else {
            const char escaped = text.empty() ? '\0' : text.front();
            text.remove_prefix(text.empty() ? 0 : 1);
            switch (escaped) {
                case 'r':
                    word += '\r';
                    break;
                case 'n':
                    word += '\n';
                    break;
                case 't':
                    word += '\t';
                    break;
                case '\\':
                    word += '\\';
                    break;
                case '"':
                    word += '"';
                    break;
                case 'x': {
                    const auto high = hex_digit(!text.empty() ? text[0] : ' ');
                    const auto low = hex_digit(text.size() > 1 ? text[1] : ' ');
                    if (!high || !low) reject("\\x needs two hex digits before", text);
                    word += static_cast<char>(*high << 4U | *low);
                    text.remove_prefix(2);
                    break;
                }
                default:
                    reject("unknown escape before", text);
            }
        }
    }
    if (quoted) reject("missing quote at the end of", word);
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    return word;
}

template <class Number>
Number number(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) reject("not a number:", text);
    return value;
}

BounceKind bounce_kind(std::string_view text) {
    const auto kind = find_bounce_kind(text);
    if (!kind) reject("unknown kind", text);
    return *kind;
}

void set(Fault& fault, std::string_view key, std::string value) {
    if (key == "name")
        fault.name = std::move(value);
    else if (key == "text")
        fault.text = std::move(value);
    else if (key == "for")
        fault.duration = parse_duration(value);
    else if (key == "bytes")
        fault.bytes = number<std::uint64_t>(value);
    else if (key == "delivery")
        fault.delivery = parse_delay(value);
    else if (key == "kind")
        fault.kind = bounce_kind(value);
    else if (key == "status")
        fault.status = std::move(value);
    else if (key == "user")
        fault.username = std::move(value);
    else if (key == "from")
        fault.sender = std::move(value);
    else if (key == "rcpt")
        fault.recipient = std::move(value);
    else if (key == "peer")
        fault.peer = std::move(value);
    else if (key == "p")
        fault.probability = number<double>(value);
    else if (key == "skip")
        fault.skip = number<std::uint64_t>(value);
    else if (key == "max")
        fault.max = number<std::uint64_t>(value);
    else
        reject("unknown key", key);
}

}  // namespace

std::string_view name(Action action) noexcept {
    const auto index = static_cast<std::size_t>(action);
    if (index < kActions.size()) return kActions.at(index);
    return action == Action::bounce ? kBounce : kLockHeld;
}

Fault parse_fault(std::string_view text) {
    Fault fault;
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    const auto protocol = next_word(text);
    if (protocol == "smtp")
        fault.protocol = Protocol::smtp;
    else if (protocol == "pop3")
        fault.protocol = Protocol::pop3;
    else if (protocol != "any")
        reject("expected smtp, pop3 or any, not", protocol);
    fault.at = next_word(text);
    const auto action = next_word(text);
    bool known = false;
    for (auto a = Action::delay; !known && a <= Action::bounce;
         a = static_cast<Action>(static_cast<int>(a) + 1)) {
        known = name(a) == action;
        if (known) fault.action = a;
    }
    if (!known) reject("unknown action", action);
    while (!text.empty()) {
        auto word = next_word(text);
        const auto equals = word.find('=');
        if (word == "carry_out")
            fault.carry_out = true;
        else if (equals == std::string::npos)
            reject("expected key=value, not", word);
        else
            set(fault, word.substr(0, equals), word.substr(equals + 1));
    }
    return fault;
}

}  // namespace mailprobed::loopback
