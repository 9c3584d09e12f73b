// SPDX-License-Identifier: Apache-2.0
// Composition of the test mail and the digest of its body.
#include "probes/domain/identity/message.hpp"

#include "probes/base/ascii.hpp"

#include <array>
#include <cstdio>
#include <initializer_list>

namespace mailprobed {
namespace {

constexpr std::string_view kRemoved = "; removed once it was seen.";
constexpr std::string_view kLastSentence =
    "No answer is needed. To stop these messages, ask whoever runs that monitor.";

void add(std::string& out, std::initializer_list<std::string_view> pieces) {
    for (const std::string_view piece : pieces)
        out += piece;
    out += "\r\n";
}

std::string every(Duration interval) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(interval).count();
    if (seconds >= 120 && seconds % 60 == 0) return std::to_string(seconds / 60) + " minutes";
    return std::to_string(seconds) + " seconds";
}

std::string compose_body(const MessageParts& parts) {
    std::string body;
    add(body, {parts.tag});
    add(body, {});
    add(body, {kFirstSentence});
    add(body, {"Sent by:  ", parts.from});
    add(body, {"Sent to:  ", parts.to});
    add(body, {"Probe:    ", parts.probe, " of ", parts.instance});
    add(body, {"Sent every ", every(parts.interval), kRemoved});
    add(body, {kLastSentence});
    return body;
}

/// The lines of a body in relaxed form, runs of blanks as one; without empty lines at the end.
std::vector<std::string> relaxed_lines(std::string_view body) {
    std::vector<std::string> lines;
    while (!body.empty()) {
        const std::size_t end = body.find('\n');
        std::string& line = lines.emplace_back();
        for (const char c : body.substr(0, end)) {
            const bool blank = c == ' ' || c == '\t' || c == '\r';
            if (blank && !line.empty() && line.back() == ' ') continue;
            line += blank ? ' ' : c;
        }
        if (line.ends_with(' ')) line.pop_back();
        body.remove_prefix(end == std::string_view::npos ? body.size() : end + 1);
    }
    while (!lines.empty() && lines.back().empty())
        lines.pop_back();
    return lines;
}

}  // namespace

std::string date_header(WallTime at) {
    static constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed",
                                                      "Thu", "Fri", "Sat"};
    static constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto seconds = std::chrono::floor<std::chrono::seconds>(at);
    const auto day = std::chrono::floor<std::chrono::days>(seconds);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(seconds - day);
    std::array<char, 48> text{};
    const int length = std::snprintf(
        text.data(), text.size(), "%s, %u %s %d %02d:%02d:%02d +0000",
        kDays.at(std::chrono::weekday(day).c_encoding()), static_cast<unsigned>(date.day()),
        kMonths.at(static_cast<unsigned>(date.month()) - 1), static_cast<int>(date.year()),
        static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
        static_cast<int>(time.seconds().count()));
    return {text.data(), static_cast<std::size_t>(length)};
}

ComposedMail compose(const MessageParts& parts) {
    const std::string body = compose_body(parts);
    std::string text;
    text.reserve(1024 + body.size());
    add(text, {"Date: ", date_header(parts.date)});
    add(text, {"From: <", parts.from, ">"});
    add(text, {"To: <", parts.to, ">"});
    // Folded, because the tag alone is 60 of the 78 characters a line should have (RFC 5322 2.1.1).
    add(text, {"Message-ID:\r\n <", parts.tag, "@", parts.id_domain, ">"});
    add(text, {"Subject: ", kSubjectWord, "\r\n ", parts.tag});
    add(text, {"MIME-Version: 1.0"});
    add(text, {"Content-Type: text/plain; charset=us-ascii"});
    add(text, {"Content-Transfer-Encoding: 7bit"});
    add(text, {"Auto-Submitted: auto-generated"});  // RFC 3834: no vacation replies
    add(text, {"X-Auto-Response-Suppress: All"});   // Exchange's spelling of the same wish
    add(text, {kTagHeader, ": ", parts.tag});
    if (parts.headers != nullptr) {
        for (const auto& [name, value] : *parts.headers)
            add(text, {name, ": ", value});
    }
    add(text, {});
    text += body;
    return {std::move(text), body_digest(body)};
}

bool is_composed_body(std::string_view body, std::string_view tag) {
    const std::vector<std::string> lines = relaxed_lines(body);
    if (lines.size() != 8) return false;
    const auto begins = [&](std::size_t at, std::string_view with) {
        return lines[at].starts_with(with) && lines[at].size() > with.size();
    };
    return ascii_iequals(lines[0], tag) && lines[1].empty() && lines[2] == kFirstSentence &&
           begins(3, "Sent by: ") && begins(4, "Sent to: ") && begins(5, "Probe: ") &&
           begins(6, "Sent every ") && lines[6].ends_with(kRemoved) && lines[7] == kLastSentence;
}

bool is_own_line(std::string_view line) {
    const std::vector<std::string> lines = relaxed_lines(line);
    if (lines.size() != 1) return false;
    const std::string_view text = lines.front();
    return text == kFirstSentence || text == kLastSentence || text.starts_with("Sent by: ") ||
           text.starts_with("Sent to: ") || text.starts_with("Probe: ") || text.ends_with(kRemoved);
}

std::uint64_t body_digest(std::string_view body) noexcept {
    std::uint64_t hash = 14695981039346656037ULL;
    const auto mix = [&hash](char c) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    };
    std::size_t blank_lines = 0;
    while (!body.empty()) {
        const std::size_t end = body.find('\n');
        std::string_view line = body.substr(0, end);
        body.remove_prefix(end == std::string_view::npos ? body.size() : end + 1);
        while (!line.empty() &&
               (line.back() == '\r' || line.back() == ' ' || line.back() == '\t')) {
            line.remove_suffix(1);
        }
        if (line.empty()) {
            ++blank_lines;
            continue;
        }
        for (; blank_lines > 0; --blank_lines)
            mix('\n');
        bool blank = false;
        for (const char c : line) {
            const bool is_blank = c == ' ' || c == '\t';
            if (is_blank && !blank) mix(' ');
            if (!is_blank) mix(c);
            blank = is_blank;
        }
        mix('\n');
    }
    return hash;
}

}  // namespace mailprobed
