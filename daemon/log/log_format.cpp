// SPDX-License-Identifier: Apache-2.0
// Quoting rules of logfmt and JSON; both escape controls and repair UTF-8.
#include "daemon/log/log_format.hpp"

#include "probes/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>

namespace mailprobed {

namespace {

constexpr std::string_view kEllipsis = "\u2026";

/// Appends what stands in a string literal; the escapes are those JSON and logfmt share.
void append_escaped(std::string& out, std::string_view value, bool in_quotes,
                    std::size_t limit = kLogValueLimit) {
    std::string_view rest = capped(value, limit);
    const bool cut = rest.size() < value.size();
    while (!rest.empty()) {
        const CodePoint c = first_code_point(rest);
        rest.remove_prefix(c.size);
        if (c.value == U'\\' || (c.value == U'"' && in_quotes)) {
            out.push_back('\\');
            out.push_back(static_cast<char>(c.value));
        } else if (c.value == U'\n') {
            out += "\\n";
        } else if (c.value == U'\r') {
            out += "\\r";
        } else if (c.value == U'\t') {
            out += "\\t";
        } else if (is_control(c.value)) {
            fmt::format_to(std::back_inserter(out), "\\u{:04x}",
                           static_cast<std::uint32_t>(c.value));
        } else {
            append_utf8(out, c.value);
        }
    }
    if (cut) out += kEllipsis;
}

void append_quoted(std::string& out, std::string_view value) {
    out.push_back('"');
    append_escaped(out, value, true);
    out.push_back('"');
}

bool is_bare(char c) noexcept {
    return c > ' ' && c < '\x7f' && c != '"' && c != '=' && c != '\\';
}

bool needs_quotes(std::string_view value) noexcept {
    return value.empty() || value.size() > kLogValueLimit || !std::ranges::all_of(value, is_bare);
}

/// Appends numbers and booleans; both formats spell them alike but for what JSON cannot say.
template <class T>
void append_scalar(std::string& out, T value) {
    fmt::format_to(std::back_inserter(out), "{}", value);
}

}  // namespace

void append_logfmt(std::string& out, std::span<const Field> fields) {
    bool first = true;
    for (const Field& field : fields) {
        if (!first) out.push_back(' ');
        first = false;
        out += field.key();
        out.push_back('=');
        if (const auto* text = std::get_if<std::string_view>(&field.value())) {
            if (needs_quotes(*text)) {
                append_quoted(out, *text);
            } else {
                out += *text;
            }
            continue;
        }
        std::visit([&out](auto value) { append_scalar(out, value); }, field.value());
    }
}

void append_unquoted(std::string& out, const Field::Value& value) {
    if (const auto* text = std::get_if<std::string_view>(&value)) {
        append_escaped(out, *text, false);
        return;
    }
    std::visit([&out](auto scalar) { append_scalar(out, scalar); }, value);
}

void append_json_text(std::string& out, std::string_view value) {
    out.push_back('"');
    append_escaped(out, value, true, value.size());
    out.push_back('"');
}

void append_json(std::string& out, std::span<const Field> fields) {
    out.push_back('{');
    bool first = true;
    for (const Field& field : fields) {
        if (!first) out.push_back(',');
        first = false;
        append_quoted(out, field.key());
        out.push_back(':');
        if (const auto* text = std::get_if<std::string_view>(&field.value())) {
            append_quoted(out, *text);
            continue;
        }
        const auto* number = std::get_if<double>(&field.value());
        if (number != nullptr && !std::isfinite(*number)) {
            out += "null";
            continue;
        }
        std::visit([&out](auto value) { append_scalar(out, value); }, field.value());
    }
    out.push_back('}');
}

}  // namespace mailprobed
