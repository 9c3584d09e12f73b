// SPDX-License-Identifier: Apache-2.0
// Taking a mail apart and putting it together.
#include "tests/support/loose_mail.hpp"

#include "probes/base/ascii.hpp"
#include "probes/base/base64.hpp"

#include <algorithm>
#include <cstdio>

namespace mailprobed {

void LooseMail::drop(std::string_view name) {
    std::erase_if(fields, [&](const std::string& field) {
        return ascii_iequals(std::string_view(field).substr(0, field.find(':')), name);
    });
}

void LooseMail::set(std::string_view name, std::string_view value) {
    drop(name);
    fields.push_back(std::string(name) + ": " + std::string(value));
}

void LooseMail::put_first(std::string_view name, std::string_view value) {
    fields.insert(fields.begin(), std::string(name) + ": " + std::string(value));
}

std::string LooseMail::header_section() const {
    std::string result;
    for (const std::string& field : fields)
        result += field + "\n";
    return result;
}

std::string in_base64(std::string_view octets) {
    const std::string packed = base64(octets);
    std::string result;
    for (std::size_t at = 0; at < packed.size(); at += 76)
        result += packed.substr(at, 76) + "\n";
    return result;
}

std::string in_quoted_printable(std::string_view octets) {
    std::string result;
    std::size_t column = 0;
    for (const char c : octets) {
        if (c == '\n') {
            result += '\n';
            column = 0;
            continue;
        }
        if (column > 60) {
            result += "=\n";
            column = 0;
        }
        if (c == '=' || c == '.' || c == 'e' || static_cast<unsigned char>(c) > 126) {
            char coded[4];
            std::snprintf(coded, sizeof coded, "=%02X", static_cast<unsigned>(c) & 0xffU);
            result += coded;
            column += 3;
        } else {
            result += c;
            ++column;
        }
    }
    return result;
}

std::string in_encoded_words(std::string_view text, bool in_b, std::size_t size) {
    std::string result;
    for (std::size_t at = 0; at < text.size(); at += size) {
        const std::string_view piece = text.substr(at, size);
        if (!result.empty()) result += "\n ";
        result += in_b ? "=?UTF-8?B?" : "=?utf-8?q?";
        if (in_b) {
            result += base64(piece);
        } else {
            for (const char c : piece) {
                const bool plain =
                    ascii_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z');
                char coded[4];
                std::snprintf(coded, sizeof coded, "=%02X", static_cast<unsigned>(c) & 0xffU);
                result += plain ? std::string(1, c) : c == ' ' ? "_" : coded;
            }
        }
        result += "?=";
    }
    return result;
}

std::string LooseMail::value(std::string_view name) const {
    for (const std::string& field : fields) {
        const std::size_t colon = field.find(':');
        if (ascii_iequals(std::string_view(field).substr(0, colon), name))
            return field.substr(std::min(colon + 2, field.size()));
    }
    return {};
}

LooseMail loose_mail(std::string text) {
    std::erase(text, '\r');
    LooseMail mail;
    std::string_view rest = text;
    while (!rest.empty()) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        if (line.empty()) break;
        if (ascii_blank(line.front()) && !mail.fields.empty()) {
            mail.fields.back().append("\n").append(line);
        } else {
            mail.fields.emplace_back(line);
        }
    }
    mail.body = rest;
    return mail;
}

}  // namespace mailprobed
