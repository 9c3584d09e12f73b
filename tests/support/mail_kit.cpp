// SPDX-License-Identifier: Apache-2.0
// Taking our mail apart and putting it together.
#include "tests/support/mail_kit.hpp"

#include "probes/domain/identity/message.hpp"
#include "probes/net/crypto.hpp"
#include "probes/wire/message/mime_part.hpp"

namespace mailprobed {

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
    return loose_mail(compose(parts).text);
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
