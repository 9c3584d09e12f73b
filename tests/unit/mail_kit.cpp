// SPDX-License-Identifier: Apache-2.0
// Taking our mail apart and putting it together.
#include "tests/unit/mail_kit.hpp"

#include "probes/domain/message.hpp"
#include "probes/net/crypto.hpp"
#include "probes/wire/ascii.hpp"
#include "probes/wire/base64.hpp"
#include "probes/wire/mime_part.hpp"

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

MailKit::MailKit()
    : codec(Secret(std::string(32, 'k')), hmac_sha256),
      text_(codec.write(tag)),
      other_(codec.write({1, 2, 99, 1, 4})) {}

LooseMail MailKit::sent() const {
    MessageParts parts;
    parts.probe = "p";
    parts.instance = "i";
    parts.from = facts.from;
    parts.to = facts.recipient;
    parts.tag = text_;
    parts.id_domain = "field.test";
    parts.interval = std::chrono::minutes{1};
    std::string text = compose(parts).text;
    std::erase(text, '\r');
    LooseMail mail;
    std::string_view rest = text;
    while (!rest.empty()) {
        const std::string_view line = take_line(rest);
        if (line.empty()) break;
        if (ascii_blank(line.front())) {
            mail.fields.back().append("\n").append(line);
        } else {
            mail.fields.emplace_back(line);
        }
    }
    mail.body = rest;
    return mail;
}

LooseMail MailKit::received() const {
    LooseMail mail = sent();
    mail.put_first("Received", "from mx.test by store.test id 1; Mon, 22 Apr 2013 16:22:01 +0000");
    mail.put_first("Return-Path", "<" + facts.from + ">");
    return mail;
}

MailReading MailKit::read(const std::string& text) const {
    const SplitMail mail = split_mail(text);
    return read_mail(mail.headers, mail.body, codec, route_of);
}

HeaderReading MailKit::header(const std::string& text) const {
    const SplitMail mail = split_mail(text);
    std::string_view body = mail.body;
    return read_header(mail.headers, take_line(body), codec, route_of);
}

BounceReading MailKit::bounce(const std::string& text) const {
    const SplitMail mail = split_mail(text);
    return read_bounce(mail.headers, mail.body, codec, route_of);
}

std::uint64_t MailKit::digest(const std::string& text) const {
    const SplitMail mail = split_mail(text);
    return decoded_body_digest(mail.headers, mail.body);
}

bool MailKit::arrives(const LooseMail& mail) const {
    const std::string text = mail.text();
    const MailReading reading = read(text);
    const HeaderReading by_header = header(text);
    EXPECT_FALSE(reading.arrival && reading.reject) << text;
    EXPECT_FALSE(reading.arrival && reading.maybe_report) << text;
    if (reading.arrival) {
        EXPECT_EQ(reading.arrival, tag) << text;
        EXPECT_TRUE(by_header.says == HeaderSays::arrival ||
                    by_header.says == HeaderSays::needs_body)
            << text;
    } else {
        EXPECT_NE(by_header.says, HeaderSays::arrival) << text;
    }
    return reading.arrival.has_value();
}

}  // namespace mailprobed
