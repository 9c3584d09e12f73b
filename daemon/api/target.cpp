// SPDX-License-Identifier: Apache-2.0
// Paths and parameters are taken apart before they are decoded, so that no encoded character can
// separate anything.
#include "daemon/api/target.hpp"

#include "daemon/store/names.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace mailprobed {
namespace {

constexpr std::uint32_t kMaxLimit = 1000;

struct Window {
    std::string_view name;
    Duration length;
};

constexpr std::array kWindows{
    Window{"1h", std::chrono::hours{1}},
    Window{"24h", std::chrono::hours{24}},
    Window{"7d", std::chrono::days{7}},
    Window{"30d", std::chrono::days{30}},
};

std::string decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out.push_back(text[i] == '+' ? ' ' : text[i]);
            continue;
        }
        unsigned value = 0;
        const std::string_view digits = text.substr(i + 1, 2);
        const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
        if (digits.size() != 2 || end.ptr != digits.data() + 2) {
            throw ApiError(400, "a % in the address is not followed by two hexadecimal digits");
        }
        out.push_back(static_cast<char>(value));
        i += 2;
    }
    return out;
}

/// Takes the part before `separator` off `text`.
std::string_view part(std::string_view& text, char separator) {
    const std::size_t end = std::min(text.find(separator), text.size());
    const std::string_view result = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return result;
}

[[noreturn]] void wrong(std::string_view name, std::string_view expected) {
    throw ApiError(400, std::string(name) + ": expected " + std::string(expected));
}

MailId mail_id(const std::string& text) {
    MailId id = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), id, 16);
    if (text.size() != 16 || end.ptr != text.data() + text.size()) {
        throw ApiError(400, "a mail is named by 16 hexadecimal digits");
    }
    return id;
}

WallTime time_of(std::string_view name, const std::string& text) {
    double seconds = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), seconds);
    // Well within what nanoseconds can count.
    constexpr double kMost = 9e9;
    if (end.ec != std::errc{} || end.ptr != text.data() + text.size() || !(seconds >= 0) ||
        seconds > kMost) {
        wrong(name, "a time in Unix seconds");
    }
    // To the microsecond, as times are written: the doubles of our days lie 238 ns apart.
    return WallTime{std::chrono::microseconds{std::llround(seconds * 1e6)}};
}

std::vector<std::string> verdicts_of(std::string_view text) {
    std::vector<std::string> result;
    const auto add = [&result](std::string_view word) { result.emplace_back(word); };
    while (!text.empty()) {
        const std::string_view word = part(text, ',');
        if (word == "pending") {
            add("");
        } else if (word == "bad") {
            for (const Verdict verdict : kVerdicts) {
                if (verdict != Verdict::delivered) add(to_string(verdict));
            }
        } else if (verdict_named(word)) {
            add(word);
        } else {
            wrong("verdict", "verdicts separated by commas, `pending` or `bad`");
        }
    }
    return result;
}

void read_parameter(ApiTarget& target, const std::string& name, const std::string& value) {
    const bool windowed =
        target.resource == ApiResource::probe || target.resource == ApiResource::points;
    if (windowed && name == "window") {
        const auto* found = std::ranges::find(kWindows, value, &Window::name);
        if (found == kWindows.end()) wrong(name, "1h, 24h, 7d or 30d");
        target.window = found->length;
        target.window_name = value;
        return;
    }
    if (target.resource != ApiResource::mails) {
        throw ApiError(400, "there is no parameter " + name + " here");
    }
    if (name == "probe") {
        target.probe = value;
    } else if (name == "verdict") {
        target.verdicts = verdicts_of(value);
    } else if (name == "from") {
        target.from = time_of(name, value);
    } else if (name == "to") {
        const WallTime to = time_of(name, value);
        target.to = std::min(target.to.value_or(to), to);
    } else if (name == "limit") {
        const auto end = std::from_chars(value.data(), value.data() + value.size(), target.limit);
        if (end.ec != std::errc{} || end.ptr != value.data() + value.size() || target.limit < 1 ||
            target.limit > kMaxLimit) {
            wrong(name, "a whole number from 1 to 1000");
        }
    } else if (name == "before") {
        std::int64_t ns = 0;
        const auto end = std::from_chars(value.data(), value.data() + value.size(), ns);
        if (end.ec != std::errc{} || end.ptr != value.data() + value.size()) {
            wrong(name, "`next` of another answer");
        }
        const WallTime before{Duration{ns}};
        target.to = std::min(target.to.value_or(before), before);
    } else {
        throw ApiError(400, "there is no parameter " + name +
                                " here; there are probe, verdict, from, to, limit, before");
    }
}

ApiTarget read_path(std::string_view path) {
    ApiTarget target;
    const std::string_view first = part(path, '/');
    if (first == "openapi.json" && path.empty()) {
        target.resource = ApiResource::openapi;
        return target;
    }
    if (first == "mails") {
        target.resource = ApiResource::mails;
        if (path.empty()) return target;
        target.resource = ApiResource::mail;
        target.mail = mail_id(decoded(path));
        return target;
    }
    if (first != "probes") throw ApiError(404, "there is nothing here; see /api/v1/openapi.json");
    if (path.empty()) return target;
    target.probe = decoded(part(path, '/'));
    if (path.empty()) {
        target.resource = ApiResource::probe;
    } else if (path == "points") {
        target.resource = ApiResource::points;
    } else if (path == "run") {
        target.resource = ApiResource::run;
    } else {
        throw ApiError(404, "there is nothing here; see /api/v1/openapi.json");
    }
    return target;
}

}  // namespace

ApiTarget read_api_target(std::string_view target) {
    target.remove_prefix(kApiPrefix.size());
    const std::size_t question = std::min(target.find('?'), target.size());
    std::string_view query = target.substr(std::min(question + 1, target.size()));
    ApiTarget result = read_path(target.substr(0, question));
    while (!query.empty()) {
        std::string_view pair = part(query, '&');
        if (pair.empty()) continue;
        const std::string name = decoded(part(pair, '='));
        read_parameter(result, name, decoded(pair));
    }
    return result;
}

}  // namespace mailprobed
