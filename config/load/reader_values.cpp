// SPDX-License-Identifier: Apache-2.0
// The strict reader: values by type. Each complaint says what was found and what would be right.
#include "config/load/durations.hpp"
#include "config/load/reader.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace mailprobed {

namespace {

template <class T>
std::optional<T> parse_number(std::string_view text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// A number without the zeros that std::to_string would put behind it.
std::string number_text(double value) {
    std::string text = std::to_string(value);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text;
}

std::string from_to(const std::string& kind, const std::string& least,
                    const std::string& greatest) {
    return kind + " from " + least + " to " + greatest;
}

}  // namespace

bool MapReader::text(std::string_view key, TextCheck check, std::string& out) {
    const ConfigNode* found = scalar(key, "a text");
    if (found == nullptr) return false;
    if (auto complaint = check(found->text)) {
        if (!found->text.empty())
            complaint->what = wrong_in_quotes(found->text) + " " + complaint->what;
        complain(key, *complaint);
        return false;
    }
    out = found->text;
    return true;
}

bool MapReader::texts(std::string_view key, TextCheck check, std::vector<std::string>& out) {
    const ConfigNode* found = find(key);
    if (found == nullptr) return false;
    if (found->kind != ConfigNode::Kind::list) {
        std::string one;
        if (!text(key, check, one)) return false;
        out = {std::move(one)};
        return true;
    }
    const std::size_t before = problems_.error_count();
    const auto wrong = [&](ConfigPlace at, const std::string& what, std::string expected) {
        problems_.error(at, name_of(key) + ": " + what, std::move(expected));
    };
    if (found->items.empty()) wrong(found->place, "an empty list", "one text or more");
    std::vector<std::string> result;
    for (const auto& item : found->items) {
        if (item->kind != ConfigNode::Kind::text) {
            wrong(item->place, "an entry that is " + std::string(kind_name(*item)), "a text");
        } else if (const auto complaint = check(item->text)) {
            wrong(item->place, wrong_in_quotes(item->text) + " " + complaint->what,
                  complaint->expected);
        } else if (std::ranges::find(result, item->text) != result.end()) {
            wrong(item->place, wrong_in_quotes(item->text) + " is here a second time", "each once");
        } else {
            result.push_back(item->text);
        }
    }
    if (problems_.error_count() != before) return false;
    out = std::move(result);
    return true;
}

std::size_t MapReader::word_index(std::string_view key, const std::vector<std::string>& words) {
    const std::string expected = joined_with_or(words);
    const ConfigNode* found = scalar(key, expected);
    if (found == nullptr) return words.size();
    const auto index =
        static_cast<std::size_t>(std::ranges::find(words, found->text) - words.begin());
    if (index == words.size()) complain(key, {"is " + wrong_in_quotes(found->text), expected});
    return index;
}

bool MapReader::flag(std::string_view key, bool& out) {
    const std::size_t index = word_index(key, {"true", "false"});
    if (index > 1) return false;
    out = index == 0;
    return true;
}

bool MapReader::duration(std::string_view key, Range<Duration> range, Duration& out) {
    const std::string expected =
        from_to("a duration", format_duration(range.least), format_duration(range.greatest)) +
        ", such as 30s, 5m or 1m30s";
    const ConfigNode* found = scalar(key, expected);
    if (found == nullptr) return false;
    const auto value = parse_duration(found->text);
    if (!value) {
        const bool bare = parse_number<double>(found->text).has_value();
        complain(key,
                 {"is " + wrong_in_quotes(found->text) + (bare ? ", a number without unit" : ""),
                  expected});
        return false;
    }
    if (*value < range.least || *value > range.greatest) {
        complain(key, {"is " + wrong_in_quotes(found->text) + ", out of range", expected});
        return false;
    }
    out = *value;
    return true;
}

bool MapReader::integer(std::string_view key, Range<std::uint32_t> range, std::uint32_t& out) {
    const std::string expected =
        from_to("a whole number", std::to_string(range.least), std::to_string(range.greatest));
    const ConfigNode* found = scalar(key, expected);
    if (found == nullptr) return false;
    const auto value = parse_number<std::uint32_t>(found->text);
    if (!value || *value < range.least || *value > range.greatest) {
        complain(key, {"is " + wrong_in_quotes(found->text), expected});
        return false;
    }
    out = *value;
    return true;
}

bool MapReader::decimal(std::string_view key, Range<double> range, double& out) {
    const std::string expected =
        from_to("a number", number_text(range.least), number_text(range.greatest));
    const ConfigNode* found = scalar(key, expected);
    if (found == nullptr) return false;
    const auto value = parse_number<double>(found->text);
    // Written so that NaN is out of range.
    if (!value || !(*value >= range.least && *value <= range.greatest)) {
        complain(key, {"is " + wrong_in_quotes(found->text), expected});
        return false;
    }
    out = *value;
    return true;
}

}  // namespace mailprobed
