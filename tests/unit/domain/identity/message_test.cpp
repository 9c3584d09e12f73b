// SPDX-License-Identifier: Apache-2.0
// The composed mail and the comparison of its body.
#include "probes/domain/identity/message.hpp"

#include <gtest/gtest.h>

#include <regex>

namespace mailprobed {
namespace {

ComposedMail sample(const std::vector<std::pair<std::string, std::string>>* headers = nullptr) {
    MessageParts parts;
    parts.probe = "route";
    parts.instance = "host";
    parts.from = "a@example.org";
    parts.to = "b@example.net";
    static const std::string tag(60, 'a');
    parts.tag = tag;
    parts.id_domain = "example.org";
    parts.date = WallTime{std::chrono::seconds{1366618921}};
    parts.interval = std::chrono::minutes{5};
    parts.headers = headers;
    return compose(parts);
}

TEST(Message, A4_01_HasEachRequiredFieldExactlyOnce) {
    const std::string text = sample().text;
    const std::string head = "\r\n" + text.substr(0, text.find("\r\n\r\n"));
    for (const char* name :
         {"Date", "From", "To", "Message-ID", "Subject", "MIME-Version", "Content-Type",
          "Content-Transfer-Encoding", "Auto-Submitted", "X-Mailprobed-Tag"}) {
        const std::regex field(std::string("\r\n") + name + ":");
        EXPECT_EQ(std::distance(std::sregex_iterator(head.begin(), head.end(), field), {}), 1)
            << name;
    }
}

TEST(Message, B3_2_NeverHoldsABareCrOrLfNorEightBitText) {
    const std::string text = sample().text;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\r') {
            EXPECT_EQ(text[i + 1], '\n');
        }
        if (text[i] == '\n') {
            EXPECT_EQ(text[i - 1], '\r');
        }
        EXPECT_LT(static_cast<unsigned char>(text[i]), 128);
    }
    EXPECT_TRUE(text.ends_with("\r\n"));
}

TEST(Message, DateIsThatOfTheFirstSession) {
    EXPECT_EQ(date_header(WallTime{std::chrono::seconds{1366618921}}),
              "Mon, 22 Apr 2013 08:22:01 +0000");
}

TEST(Message, AdditionalHeadersAreAdded) {
    const std::vector<std::pair<std::string, std::string>> more{{"X-Contact", "ops@example.org"}};
    EXPECT_NE(sample(&more).text.find("\r\nX-Contact: ops@example.org\r\n"), std::string::npos);
}

TEST(Message, A4_07_RelaxedDigestForgivesBlanksAndLineEndsOnly) {
    const std::uint64_t digest = body_digest("one  two\r\nthree\r\n");
    EXPECT_EQ(digest, body_digest("one two \nthree\n\n\r\n"));
    EXPECT_EQ(digest, body_digest("one\ttwo\r\nthree"));
    EXPECT_NE(digest, body_digest("one two\r\nthree\r\nfooter\r\n"));
    EXPECT_NE(digest, body_digest("onetwo\r\nthree\r\n"));
    EXPECT_NE(digest, body_digest("one two\r\n\r\nthree\r\n"));
    EXPECT_EQ(body_digest(""), body_digest("\r\n\r\n"));
}

TEST(Message, DigestIsThatOfTheBodySent) {
    const ComposedMail mail = sample();
    EXPECT_EQ(mail.digest, body_digest(mail.text.substr(mail.text.find("\r\n\r\n") + 4)));
}

}  // namespace
}  // namespace mailprobed
