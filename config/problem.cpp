// SPDX-License-Identifier: Apache-2.0
// Messages to the operator: order, repetition, escaping.
#include "config/problem.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace mailprobed {

namespace {

/// The longest piece of the file that a message repeats, in bytes.
constexpr std::size_t kQuoteLimit = 80;

std::string without_controls(std::string_view text) {
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string result;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f) {
            result += "\\x";
            result += kHex[byte >> 4];
            result += kHex[byte & 15];
        } else {
            result += c;
        }
    }
    return result;
}

/// Sorted by place. What stands behind an alias is complained of once per alias, but told once.
std::vector<ConfigProblem> in_order(std::vector<ConfigProblem> problems) {
    std::ranges::sort(problems, {}, [](const ConfigProblem& p) {
        return std::tie(p.line, p.column, p.what, p.expected);
    });
    const auto repeated = std::ranges::unique(problems);
    problems.erase(repeated.begin(), repeated.end());
    return problems;
}

}  // namespace

std::string ConfigProblem::text() const {
    std::string result =
        file + ":" + std::to_string(line) + ":" + std::to_string(column) + ": " + what;
    if (!expected.empty()) result += ", expected " + expected;
    return without_controls(result);
}

void ProblemList::error(ConfigPlace at, std::string what, std::string expected, bool passing) {
    if (full()) {
        ++dropped_;
        return;
    }
    errors_.push_back({file_, at.line, at.column, std::move(what), std::move(expected), passing});
}

void ProblemList::warning(ConfigPlace at, std::string what, std::string expected) {
    if (warnings_.size() >= kMostProblems) return;
    warnings_.push_back({file_, at.line, at.column, std::move(what), std::move(expected), false});
}

std::vector<ConfigProblem> ProblemList::errors() const {
    auto result = in_order(errors_);
    if (dropped_ > 0) {
        const int last_line = result.back().line;
        result.push_back({file_, last_line, 1, std::to_string(dropped_) + " more errors",
                          "a file with fewer mistakes"});
    }
    return result;
}

std::vector<ConfigProblem> ProblemList::warnings() const {
    return in_order(warnings_);
}

std::string in_quotes(std::string_view text) {
    if (text.size() <= kQuoteLimit) return "'" + without_controls(text) + "'";
    // Cut between characters: a UTF-8 continuation byte never starts the rest.
    std::size_t end = kQuoteLimit;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
        --end;
    return "'" + without_controls(text.substr(0, end)) + "...'";
}

std::string joined_with_or(const std::vector<std::string>& words) {
    std::string result;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) result += i + 1 == words.size() ? " or " : ", ";
        result += words[i];
    }
    return result;
}

}  // namespace mailprobed
