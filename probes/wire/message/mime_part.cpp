// SPDX-License-Identifier: Apache-2.0
// Splitting at delimiter lines, and the two transfer encodings.
#include "probes/wire/message/mime_part.hpp"

#include "probes/base/ascii.hpp"
#include "probes/base/base64.hpp"
#include "probes/base/hex_pairs.hpp"
#include "probes/wire/message/comments.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace mailprobed {
namespace {

// RFC 2046 5.1.1 allows 70; nobody makes 256.
constexpr std::size_t kMaxBoundary = 256;
constexpr std::size_t kMaxDepth = 8;
constexpr std::string_view kBase64Characters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";

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

/// What "charset'language'text" of RFC 2231 stands for.
std::string from_extended(std::string_view text) {
    const std::size_t language = text.find('\'');
    const std::size_t begin =
        language == std::string_view::npos ? language : text.find('\'', language + 1);
    if (begin != std::string_view::npos) text.remove_prefix(begin + 1);
    return hex_pairs_decoded(text, '%');
}

std::string from_quoted_printable(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    while (!text.empty()) {
        std::string_view line = take_line(text);
        line = line.substr(0, line.find_last_not_of(" \t") + 1);
        const bool soft = line.ends_with('=');
        if (soft) line.remove_suffix(1);
        result += hex_pairs_decoded(line, '=');
        if (!soft) result += '\n';
    }
    return result;
}

std::optional<std::string> from_packed(std::string& packed) {
    packed.resize(packed.size() / 4 * 4);
    return from_base64(packed);
}

/// True for what could be words: UTF-8 without controls.
bool reads_as_text(std::string_view text) noexcept {
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto octet = static_cast<unsigned char>(text[at]);
        if (octet < ' ' && octet != '\t' && octet != '\r' && octet != '\n') return false;
        if (octet < 0x80) continue;
        if (octet < 0xc2 || octet > 0xf4) return false;
        for (int more = octet < 0xe0 ? 1 : octet < 0xf0 ? 2 : 3; more > 0; --more) {
            if (++at == text.size()) return false;
            if ((static_cast<unsigned char>(text[at]) & 0xc0U) != 0x80U) return false;
        }
    }
    return true;
}

/// What of a base64 text is whole: a text cut short keeps its beginning, and what a list puts below
/// it in plain words stays.
std::string from_base64_lines(std::string_view text) {
    const std::string_view whole = text;
    std::string packed;
    packed.reserve(text.size());
    std::string_view rest;
    while (!text.empty()) {
        const std::string_view before = text;
        const std::string_view line = take_line(text);
        const std::size_t size = packed.size();
        std::ranges::copy_if(line, std::back_inserter(packed),
                             [](char c) { return !ascii_blank(c); });
        const std::string_view added = std::string_view(packed).substr(size);
        const bool ended = packed.ends_with('=');
        const bool foreign = added.find_first_not_of(kBase64Characters) != std::string_view::npos;
        if (foreign) packed.resize(size);
        if (foreign) rest = before;
        if (!foreign && ended) rest = text;
        if (foreign || ended) break;
    }
    std::optional<std::string> decoded = from_packed(packed);
    if (!decoded || decoded->empty()) return std::string(whole);
    if (rest.find_first_not_of(" \t\r\n") == std::string_view::npos) return *decoded;
    // Plain text that is called base64 may begin with a line that could be base64.
    if (!reads_as_text(*decoded)) return std::string(whole);
    return decoded->append("\n").append(rest);
}

struct RawPart {
    MailHeaders headers;
    std::string_view text;
};

RawPart split_part(std::string_view text) {
    RawPart part;
    while (!text.empty()) {
        const std::string_view line = take_line(text);
        if (line.empty()) break;
        part.headers.add_line(line);
    }
    part.text = text;
    return part;
}

std::vector<RawPart> raw_parts(const MailHeaders& headers, std::string_view body,
                               std::size_t most) {
    std::vector<RawPart> parts;
    const std::string boundary = media_parameter(headers, "boundary");
    if (boundary.empty() || boundary.size() > kMaxBoundary) return parts;
    const std::string delimiter = "--" + boundary;
    const char* begin = nullptr;
    while (parts.size() < most) {
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
            parts.push_back(split_part({begin, static_cast<std::size_t>(at - begin)}));
        }
        if (closing) break;
        begin = body.data();
    }
    return parts;
}

MimePart decoded_part(const MailHeaders& headers, std::string_view text) {
    MimePart part{media_type(headers), transfer_decoded(headers, text)};
    if (part.type.empty()) part.type = "text/plain";
    return part;
}

// Forwarded messages are opened only by those who ask for them.
bool is_message(std::string_view type) noexcept {
    return type == "message/rfc822" || type == "message/global";
}

struct Opener {
    bool messages = false;
    std::vector<MimePart> leaves;

    void open(const MailHeaders& headers, std::string_view text, std::size_t depth) {
        if (leaves.size() >= kMaxLeaves) return;
        const std::string type = media_type(headers);
        if (depth < kMaxDepth && type.starts_with("multipart/")) {
            const std::vector<RawPart> parts = raw_parts(headers, text, kMaxLeaves);
            for (const RawPart& part : parts)
                open(part.headers, part.text, depth + 1);
            if (!parts.empty()) return;
        }
        leaves.push_back(decoded_part(headers, text));
        // Without its parts a damaged multipart is text.
        if (type.starts_with("multipart/")) leaves.back().type = "text/plain";
        if (messages && depth < kMaxDepth && is_message(type)) {
            const std::string inside = leaves.back().text;
            const RawPart message = split_part(inside);
            open(message.headers, message.text, depth + 1);
        }
    }
};

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
    std::string pieces;  // "name*0", "name*1" of RFC 2231
    while (!rest.empty()) {
        std::string_view clause = take_clause(rest, ';');
        std::string_view value = clause;
        std::string_view key = first_value(take_clause(value, '='));
        if (!ascii_iequals(key.substr(0, key.find('*')), name) || !skip_comments(value)) continue;
        std::string plain =
            value.starts_with('"') ? unquoted(value) : std::string(first_value(value));
        if (key.size() == name.size()) return plain;
        if (key.ends_with('*')) plain = from_extended(plain);
        pieces += plain;
    }
    return pieces;
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
    for (const RawPart& part : raw_parts(headers, body, kMaxParts))
        parts.push_back(decoded_part(part.headers, part.text));
    return parts;
}

std::vector<MimePart> mime_leaves(const MailHeaders& headers, std::string_view body,
                                  bool open_messages) {
    Opener opener{open_messages, {}};
    opener.open(headers, body, 0);
    return std::move(opener.leaves);
}

}  // namespace mailprobed
