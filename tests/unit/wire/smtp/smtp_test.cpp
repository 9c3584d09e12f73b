// SPDX-License-Identifier: Apache-2.0
// SMTP replies and EHLO capabilities.
#include "probes/wire/smtp/capabilities.hpp"
#include "probes/wire/smtp/reply.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mailprobed {
namespace {

using Step = SmtpReplyParser::Step;

SmtpReply reply_of(const std::vector<std::string>& lines) {
    SmtpReplyParser parser;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        EXPECT_EQ(parser.add(lines[i]), i + 1 == lines.size() ? Step::done : Step::more)
            << lines[i];
    }
    return parser.take();
}

TEST(SmtpReply, A1_01_TheCodeIsReadWithAndWithoutText) {
    EXPECT_EQ(reply_of({"250 Ok"}).code, 250);
    EXPECT_EQ(reply_of({"250"}).code, 250);
    EXPECT_EQ(reply_of({"250 "}).text, "");
    EXPECT_EQ(reply_of({"599 what"}).first_digit(), 5);
    EXPECT_EQ(reply_of({"250 Ok"}).said(), "250 Ok");
    EXPECT_EQ(reply_of({"250"}).said(), "250");
}

TEST(SmtpReply, A1_02_LinesAreJoinedAndTheLastCodeCounts) {
    const SmtpReply reply = reply_of({"250-a", "250-", "450 c \xff"});
    EXPECT_EQ(reply.code, 450);
    EXPECT_EQ(reply.text, std::string("a\n\nc \xff"));
    EXPECT_TRUE(reply.mixed_codes);
    EXPECT_FALSE(reply_of({"250-a", "250 b"}).mixed_codes);
}

TEST(SmtpReply, WhatIsNoReplyIsMalformed) {
    for (const char* line : {"", "2", "25", "25x ok", "250x", "250_ok", "x250 ok", " 250 ok",
                             "150 no", "050 no", "650 no", "2500 ok", "+OK"}) {
        SmtpReplyParser parser;
        EXPECT_EQ(parser.add(line), Step::malformed) << line;
    }
}

TEST(SmtpReply, A1_03_LinesAndOctetsAreBounded) {
    SmtpReplyParser lines;
    for (std::size_t i = 0; i < SmtpReplyParser::kMaxLines; ++i) {
        ASSERT_EQ(lines.add("250-x"), Step::more);
    }
    EXPECT_EQ(lines.add("250 x"), Step::too_long);

    SmtpReplyParser octets;
    const std::string line = "250-" + std::string(4092, 'x');
    for (int i = 0; i < 16; ++i) {
        ASSERT_EQ(octets.add(line), Step::more);
    }
    EXPECT_EQ(octets.add("250 x"), Step::too_long);
}

TEST(SmtpReply, TheParserStartsAfreshAfterAReply) {
    SmtpReplyParser parser;
    ASSERT_EQ(parser.add("250 2.1.0 one"), Step::done);
    EXPECT_EQ(parser.take().text, "2.1.0 one");
    ASSERT_EQ(parser.add("354 two"), Step::done);
    const SmtpReply second = parser.take();
    EXPECT_EQ(second.text, "two");
    EXPECT_FALSE(second.enhanced);
    EXPECT_FALSE(second.mixed_codes);
}

TEST(SmtpReply, A1_34_EnhancedCodesMustFitTheReply) {
    EXPECT_EQ(reply_of({"550 5.7.1 no"}).enhanced, (EnhancedCode{5, 7, 1}));
    EXPECT_EQ(reply_of({"550-5.7.999 a", "550 5.7.999 b"}).enhanced, (EnhancedCode{5, 7, 999}));
    EXPECT_EQ(reply_of({"550 5.7.1"}).enhanced, (EnhancedCode{5, 7, 1}));
    for (const char* line : {"550 4.7.1 class", "550 5.7.1000 x", "550 5.7 x", "550 5.7.1x y",
                             "550 5..1 x", "550 5.7.1.2 x", "550 x 5.7.1", "354 3.0.0x"}) {
        EXPECT_FALSE(reply_of({line}).enhanced) << line;
    }
    // The first line's code was of another class than the one that counts.
    EXPECT_FALSE(reply_of({"250-2.0.0 a", "550 b"}).enhanced);
}

TEST(SmtpCapabilities, A1_09_FormsOfAuthAreMergedAndUnknownWordsIgnored) {
    const SmtpCapabilities offered = smtp_capabilities(
        "smtp.qq.com PIPELINING\nPipelining\nSIZE 52428800\nAUTH LOGIN PLAIN\nAUTH=LOGIN\n"
        "auth\tcram-md5\nMAILCOMPRESS\n8BITMIME\nENHANCEDSTATUSCODES\nSMTPUTF8\nDSN\nSTARTTLS");
    EXPECT_TRUE(offered.auth && offered.auth_plain && offered.auth_login && offered.auth_cram_md5);
    EXPECT_EQ(offered.auth_words, "LOGIN PLAIN LOGIN cram-md5");
    EXPECT_TRUE(offered.pipelining && offered.eight_bit_mime && offered.enhanced_codes);
    EXPECT_TRUE(offered.smtp_utf8 && offered.dsn && offered.starttls && offered.size);
    EXPECT_EQ(offered.max_size, 52428800U);
}

TEST(SmtpCapabilities, TheGreetingLineOffersNothing) {
    const SmtpCapabilities offered = smtp_capabilities("STARTTLS AUTH PLAIN");
    EXPECT_FALSE(offered.starttls);
    EXPECT_FALSE(offered.auth);
}

TEST(SmtpCapabilities, A1_23_ASizeThatIsNoLimitIsUnknown) {
    for (const char* size : {"SIZE", "SIZE 0", "SIZE x", "SIZE -1", "SIZE 1k",
                             "SIZE 99999999999999999999999", "SIZE 0x10"}) {
        const SmtpCapabilities offered = smtp_capabilities(std::string("hi\n") + size);
        EXPECT_TRUE(offered.size) << size;
        EXPECT_FALSE(offered.max_size) << size;
    }
    EXPECT_EQ(smtp_capabilities("hi\nSIZE 18446744073709551615").max_size, ~std::uint64_t{0});
}

TEST(SmtpCapabilities, B1_10_SimilarNamesAreNothing) {
    const SmtpCapabilities offered = smtp_capabilities(
        "hi\nAUTH PLAIN2 XPLAIN LOGIN_OLD LOGIN-OLD AUTH=CRAM-MD5 CRAM-MD5-X PLAIN,LOGIN\n"
        "XAUTH PLAIN\nX-AUTH=LOGIN\nAUTH2 PLAIN\nSTARTTLS2\nXSTARTTLS\nSIZE=10\nAUTH: PLAIN");
    EXPECT_TRUE(offered.auth);
    EXPECT_FALSE(offered.auth_plain || offered.auth_login || offered.auth_cram_md5);
    EXPECT_FALSE(offered.starttls || offered.size);
}

TEST(SmtpCapabilities, NamesKeptForMessagesAreBounded) {
    std::string text = "hi\nAUTH";
    for (int i = 0; i < 1000; ++i) {
        text += " MECHANISM" + std::to_string(i);
    }
    const SmtpCapabilities offered = smtp_capabilities(text + " PLAIN");
    EXPECT_TRUE(offered.auth_plain);
    EXPECT_LE(offered.auth_words.size(), 256U);
}

}  // namespace
}  // namespace mailprobed
