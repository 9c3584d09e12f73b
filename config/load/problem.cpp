// SPDX-License-Identifier: Apache-2.0
// Messages to the operator: order, repetition, escaping.
#include "config/load/problem.hpp"

#include "config/load/credentials.hpp"
#include "probes/base/text.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace mailprobed {

namespace {

/// The longest piece of the file that a message repeats, in bytes.
constexpr std::size_t kQuoteLimit = 80;
/// They enclose what a message repeats, until the list of problems has judged it. No file that is
/// read holds such characters.
constexpr char kPieceBegins = '\x01';
constexpr char kPieceEnds = '\x02';
constexpr std::string_view kNotShown = "(not shown, it may hold a secret)";

std::string without_controls(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        const CodePoint c = first_code_point(text);
        const std::string_view bytes = text.substr(0, c.size);
        text.remove_prefix(c.size);
        if (bytes.front() == kPieceBegins || bytes.front() == kPieceEnds) continue;
        if (!c.valid || !is_control(c.value)) {
            result += bytes;
        } else if (c.size == 1) {
            result += "\\x";
            append_hex(result, c.value, 2);
        } else {
            result += "\\u{";
            append_hex(result, c.value, 4);
            result += '}';
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

std::string ProblemList::censored(std::string text) {
    std::size_t begin = 0;
    while ((begin = text.find(kPieceBegins, begin)) != std::string::npos) {
        const std::size_t end = std::min(text.find(kPieceEnds, begin), text.size() - 1);
        if (!censor_) censor_.emplace(source_);
        const std::string piece = text.substr(begin + 1, end - begin - 1);
        const bool shown = piece != kNotShown && censor_->may_show(piece);
        // With its quotes.
        const std::size_t from = begin - 1;
        const std::size_t size = end + 2 - from;
        const std::string instead = shown ? "'" + piece + "'" : std::string(kNotShown);
        text.replace(from, size, instead);
        begin = from + instead.size();
    }
    return text;
}

void ProblemList::error(ConfigPlace at, std::string what, std::string expected, bool passing) {
    if (full()) {
        ++dropped_;
        return;
    }
    what = censored(std::move(what));
    expected = censored(std::move(expected));
    errors_.push_back({file_, at.line, at.column, std::move(what), std::move(expected), passing});
}

void ProblemList::warning(ConfigPlace at, std::string what, std::string expected) {
    if (warnings_.size() >= kMostProblems) return;
    what = censored(std::move(what));
    expected = censored(std::move(expected));
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
    const auto enclosed = [](std::string_view piece, std::string_view behind) {
        return std::string("'") + kPieceBegins + without_controls(piece).append(behind) +
               kPieceEnds + "'";
    };
    // Judged before it is cut: what tells a login may stand at its end.
    if (holds_credentials(text)) return enclosed(kNotShown, "");
    if (text.size() <= kQuoteLimit) return enclosed(text, "");
    // Cut between characters: a UTF-8 continuation byte never starts the rest.
    std::size_t end = kQuoteLimit;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
        --end;
    return enclosed(text.substr(0, end), "...");
}

std::string wrong_in_quotes(std::string_view text) {
    return in_quotes(resembles_password(text) ? kNotShown : text);
}

std::string path_in_quotes(std::string_view path) {
    const bool rooted = path.starts_with('/') || path.starts_with('.');
    const std::string_view name = rooted ? path.substr(path.rfind('/') + 1) : path;
    return in_quotes(resembles_password(name) ? kNotShown : path);
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
