// SPDX-License-Identifier: Apache-2.0
// Base64, dot-stuffing, escaping, header fields.
#include "probes/base/base64.hpp"
#include "probes/base/escape.hpp"
#include "probes/wire/lines/dot_stuff.hpp"
#include "probes/wire/message/mail_headers.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace mailprobed {
namespace {

// The vectors of RFC 4648 10.
TEST(Base64, VectorsOfTheRfcBothWays) {
    const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                           {"f", "Zg=="},
                                                           {"fo", "Zm8="},
                                                           {"foo", "Zm9v"},
                                                           {"foob", "Zm9vYg=="},
                                                           {"fooba", "Zm9vYmE="},
                                                           {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, coded] : vectors) {
        EXPECT_EQ(base64(plain), coded);
        EXPECT_EQ(from_base64(coded), plain);
    }
    std::string all;
    for (int i = 0; i < 256; ++i) {
        all += static_cast<char>(i);
    }
    EXPECT_EQ(base64(all).substr(0, 8), "AAECAwQF");
    EXPECT_EQ(from_base64(base64(all)), all);
    EXPECT_EQ(base64("\xfb\xff\xfe"), "+//+");
}

TEST(Base64, WhatIsNoneIsNotDecoded) {
    for (const char* text : {"Z", "Zg", "Zg=", "Zg===", "====", "=", "Z===", "Zm9v\n", "Zm 9v",
                             "Zm9-", "Zm9v=", "Zg==Zg==", "Z=g="}) {
        EXPECT_FALSE(from_base64(text)) << text;
    }
}

TEST(DotStuff, DotsAreDoubledAndTheEndIsExact) {
    EXPECT_EQ(dot_stuffed("a\r\n"), "a\r\n.\r\n");
    EXPECT_EQ(dot_stuffed(".\r\n"), "..\r\n.\r\n");
    EXPECT_EQ(dot_stuffed("..a\r\nb.\r\n.c\r\n\r\n"), "...a\r\nb.\r\n..c\r\n\r\n.\r\n");
}

TEST(DotStuff, B3_2_RandomBodiesComeBackAsOneMailOrAreRefused) {
    std::mt19937 random(1);
    const std::string_view parts[] = {"\r\n", ".", "\n", "\r", "a", "..", "\r\n.\r\n"};
    int sent = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::string message;
        const auto parts_used = random() % 12;
        for (std::size_t i = 0; i < parts_used; ++i) {
            // Mostly what may be sent, so that both sides are seen often.
            const auto pick = random() % 20;
            message += pick < 6 ? parts[0] : pick < 10 ? parts[1] : parts[random() % 7];
        }
        message += "\r\n";
        std::string bare = message;
        for (std::size_t at = bare.find("\r\n"); at != std::string::npos; at = bare.find("\r\n")) {
            bare.replace(at, 2, "_");
        }
        const bool clean = bare.find_first_of("\r\n") == std::string::npos;
        const auto wire = dot_stuffed(message);
        ASSERT_EQ(wire.has_value(), clean);
        if (!wire) continue;
        ++sent;
        // Read as a server does: up to the first lone dot, which must be the end.
        std::string received;
        std::string_view rest = *wire;
        for (;;) {
            const std::size_t end = rest.find("\r\n");
            ASSERT_NE(end, std::string_view::npos);
            std::string_view line = rest.substr(0, end);
            rest.remove_prefix(end + 2);
            if (line == ".") break;
            if (line.starts_with('.')) line.remove_prefix(1);
            received.append(line).append("\r\n");
        }
        ASSERT_TRUE(rest.empty());
        ASSERT_EQ(received, message);
    }
    EXPECT_GT(sent, 1000);
}

TEST(Escape, ResultIsOneLineOfValidUtf8) {
    EXPECT_EQ(escaped("plain text"), "plain text");
    EXPECT_EQ(escaped("a\r\nb\tc\\d"), "a\\r\\nb\\tc\\\\d");
    EXPECT_EQ(escaped(std::string_view("\0\x1b[2J\x7f", 6)), "\\x00\\x1b[2J\\x7f");
    EXPECT_EQ(escaped("gr\xc3\xbc\xc3\x9f \xf0\x9f\x93\xa7"),
              "gr\xc3\xbc\xc3\x9f \xf0\x9f\x93\xa7");
    // C1, separators, marks and overrides of direction, byte order mark.
    EXPECT_EQ(escaped("\xc2\x85\xe2\x80\xa8\xe2\x80\xae\xef\xbb\xbf"),
              "\\u{0085}\\u{2028}\\u{202e}\\u{feff}");
}

TEST(Escape, A1_04_TextThatIsNotUtf8ShowsNoAccidentalCharacters) {
    // "ca b9" would be a letter, but this is GBK.
    EXPECT_EQ(escaped("\xc7\xeb\xca\xb9"), "\\xc7\\xeb\\xca\\xb9");
    for (const char* bad : {"\x80", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                            "\xf8\x88\x80\x80\x80", "\xe2\x82", "\xff", "\xc3("}) {
        const std::string text = escaped(bad);
        for (const char c : text) {
            EXPECT_TRUE(c >= ' ' && c < '\x7f') << text;
        }
    }
}

TEST(Escape, LengthIsCappedBetweenCharacters) {
    EXPECT_EQ(escaped("abcdef", 6), "abcdef");
    EXPECT_EQ(escaped("abcdefg", 6), "abcdef...");
    EXPECT_EQ(escaped("abc\xc3\xbc", 4), "abc...");
    EXPECT_EQ(escaped("abc\n", 4), "abc...");
    EXPECT_LE(escaped(std::string(1'000'000, '\x01')).size(), kMaxEscaped + 3);
}

MailHeaders headers_of(std::initializer_list<std::string_view> lines) {
    MailHeaders headers;
    for (const std::string_view line : lines) {
        headers.add_line(line);
    }
    return headers;
}

TEST(MailHeaders, FieldsAreUnfoldedAndFoundWithoutCase) {
    const MailHeaders headers = headers_of({"Subject:  hello ", "\t world", "  ", "X-A:", " later",
                                            "subject: second", "Odd \t: blank before colon"});
    EXPECT_EQ(headers.fields().size(), 4U);
    EXPECT_EQ(headers.get("SUBJECT"), "hello world");
    EXPECT_EQ(headers.get("x-a"), "later");
    EXPECT_EQ(headers.get("odd"), "blank before colon");
    EXPECT_FALSE(headers.get("subjec"));
    EXPECT_EQ(headers.fields()[0].name, "Subject");
}

TEST(MailHeaders, WhatIsNoFieldIsIgnoredTogetherWithItsContinuation) {
    const MailHeaders headers =
        headers_of({" begins folded", "From alice Mon Apr 22", " goes on", "no colon", ": no name",
                    "bad name: x", " and more", "", "Good: yes", "\xff: x", "Last: z"});
    ASSERT_EQ(headers.fields().size(), 2U);
    EXPECT_EQ(headers.get("good"), "yes");
    EXPECT_EQ(headers.get("last"), "z");
}

TEST(MailHeaders, A4_12_FieldsAndOctetsAreBounded) {
    MailHeaders many;
    for (int i = 0; i < 10'000; ++i) {
        many.add_line("Received: " + std::to_string(i));
        many.add_line(" folded");
    }
    const std::size_t most = MailHeaders::kMaxFields - MailHeaders::kKeptFields;
    EXPECT_EQ(many.fields().size(), most);
    EXPECT_EQ(many.fields().back().value, std::to_string(most - 1) + " folded");

    MailHeaders wide;
    for (int i = 0; i < 1000; ++i) {
        wide.add_line("X-" + std::to_string(i) + ": " + std::string(1000, 'x'));
        wide.add_line(" " + std::string(3000, 'y'));
    }
    std::size_t octets = 0;
    for (const HeaderField& field : wide.fields()) {
        octets += field.name.size() + field.value.size();
    }
    EXPECT_LE(octets, MailHeaders::kMaxBytes - MailHeaders::kKeptBytes);
    EXPECT_GT(octets, MailHeaders::kMaxBytes - MailHeaders::kKeptBytes - 10);
    EXPECT_TRUE(wide.get("X-0"));
}

// Exchange Online and ARC put more than 100 KiB on top.
TEST(MailHeaders, FieldsThatTellWhatAMailIsAreKeptBelowAnyNumberOfOthers) {
    for (const std::size_t width : {10UL, 4000UL}) {
        MailHeaders headers;
        for (int i = 0; i < 2000; ++i)
            headers.add_line("X-MS-" + std::to_string(i) + ": " + std::string(width, 'x'));
        headers.add_line("References: " + std::string(100'000, 'r'));
        for (const char* line : {"Message-ID: <a@b>", "Subject: s", "X-Mailprobed-Tag: t", "To: x"})
            headers.add_line(line);
        EXPECT_EQ(headers.get("Message-ID"), "<a@b>");
        EXPECT_EQ(headers.get("Subject"), "s");
        EXPECT_EQ(headers.get("X-Mailprobed-Tag"), "t");
        EXPECT_FALSE(headers.get("To"));
        std::size_t octets = 0;
        for (const HeaderField& field : headers.fields())
            octets += field.name.size() + field.value.size();
        EXPECT_LE(octets, MailHeaders::kMaxBytes);
    }
}

}  // namespace
}  // namespace mailprobed
