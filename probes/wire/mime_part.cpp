// SPDX-License-Identifier: Apache-2.0
// Splitting at delimiter lines, and the two transfer encodings.
#include "probes/wire/mime_part.hpp"

#include "probes/wire/ascii.hpp"
#include "probes/wire/base64.hpp"
#include "probes/wire/comments.hpp"

#include <algorithm>
#include <optional>

namespace mailprobed {
namespace {

// RFC 2046 5.1.1 allows 70; nobody makes 256.
constexpr std::size_t kMaxBoundary = 256;

std::string lowered(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), ascii_lower);
    return result;
}

std::string_view first_value(std::string_view text) {
    if (!skip_comments(text)) return {};
    return text.substr(0, text.find_first_of(" \t\r\n(;"));
}

std::string unquoted(std::string_view text) {
    const std::size_t end = quoted_end(text, 0);
    std::string value;
    for (std::size_t at = 1; end != std::string_view::npos && at + 1 < end; ++at) {
        if (text[at] == '\\') ++at;
        value += text[at];
    }
    return value;
}

std::string from_quoted_printable(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    while (!text.empty()) {
        std::string_view line = take_line(text);
        line = line.substr(0, line.find_last_not_of(" \t") + 1);
        const bool soft = line.ends_with('=');
        if (soft) line.remove_suffix(1);
        for (std::size_t at = 0; at < line.size(); ++at) {
            const auto high = at + 2 < line.size() ? ascii_hex(line[at + 1]) : std::nullopt;
            const auto low = at + 2 < line.size() ? ascii_hex(line[at + 2]) : std::nullopt;
            if (line[at] == '=' && high && low) {
                result += static_cast<char>(*high << 4U | *low);
                at += 2;
            } else {
                result += line[at];
            }
        }
        if (!soft) result += '\n';
    }
    return result;
}

/// What of a base64 text is whole: a text cut short keeps its beginning.
std::string from_base64_lines(std::string_view text) {
    std::string packed;
    packed.reserve(text.size());
    std::ranges::copy_if(text, std::back_inserter(packed),
                         [](char c) { return !ascii_blank(c) && c != '\r' && c != '\n'; });
    packed.resize(packed.size() / 4 * 4);
    return from_base64(packed).value_or(std::string(text));
}

MimePart read_part(std::string_view text) {
    MailHeaders headers;
    while (!text.empty()) {
        const std::string_view line = take_line(text);
        if (line.empty()) break;
        headers.add_line(line);
    }
    MimePart part{media_type(headers), transfer_decoded(headers, text)};
    if (part.type.empty()) part.type = "text/plain";
    return part;
}

}  // namespace

std::string_view take_line(std::string_view& text) noexcept {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

std::string media_type(const MailHeaders& headers) {
    return lowered(first_value(headers.get("Content-Type").value_or("")));
}

std::string media_parameter(const MailHeaders& headers, std::string_view name) {
    std::string_view rest = headers.get("Content-Type").value_or("");
    static_cast<void>(take_clause(rest, ';'));
    while (!rest.empty()) {
        std::string_view clause = take_clause(rest, ';');
        std::string_view value = clause;
        const std::string_view key = take_clause(value, '=');
        if (!ascii_iequals(first_value(key), name) || !skip_comments(value)) continue;
        return value.starts_with('"') ? unquoted(value) : std::string(first_value(value));
    }
    return {};
}

std::string transfer_decoded(const MailHeaders& headers, std::string_view text) {
    const std::string_view encoding =
        first_value(headers.get("Content-Transfer-Encoding").value_or(""));
    if (ascii_iequals(encoding, "quoted-printable")) return from_quoted_printable(text);
    if (ascii_iequals(encoding, "base64")) return from_base64_lines(text);
    return std::string(text);
}

std::vector<MimePart> mime_parts(const MailHeaders& headers, std::string_view body) {
    std::vector<MimePart> parts;
    const std::string boundary = media_parameter(headers, "boundary");
    if (boundary.empty() || boundary.size() > kMaxBoundary) return parts;
    const std::string delimiter = "--" + boundary;
    const char* begin = nullptr;
    while (parts.size() < kMaxParts) {
        const char* const at = body.data();
        const bool ended = body.empty();
        std::string_view line = take_line(body);
        bool closing = ended;
        if (!ended) {
            // Only the whole line counts: a boundary inside may begin like the one outside.
            if (!line.starts_with(delimiter)) continue;
            line.remove_prefix(delimiter.size());
            closing = line.starts_with("--");
            if (closing) line.remove_prefix(2);
            if (!trimmed(line).empty()) continue;
        }
        if (begin != nullptr) {
            parts.push_back(read_part({begin, static_cast<std::size_t>(at - begin)}));
        }
        if (closing) break;
        begin = body.data();
    }
    return parts;
}

}  // namespace mailprobed
