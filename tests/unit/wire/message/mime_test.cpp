// SPDX-License-Identifier: Apache-2.0
// The codings that gateways give to fields and texts, read back.
#include "probes/wire/message/address.hpp"
#include "probes/wire/message/encoded_word.hpp"
#include "probes/wire/message/folded_letters.hpp"
#include "probes/wire/message/html_text.hpp"
#include "probes/wire/message/mime_part.hpp"
#include "probes/wire/message/status_code.hpp"

#include <gtest/gtest.h>

namespace mailprobed {
namespace {

MailHeaders with(const std::string& line) {
    MailHeaders headers;
    headers.add_line(line);
    return headers;
}

TEST(WireMime, EncodedWordsAreReadAndTheBlanksBetweenThemGo) {
    for (const auto& [coded, plain] : {std::pair{"=?utf-8?q?a_b=20c?=", "a b c"},
                                       {"=?UTF-8?B?YWJj?=", "abc"},
                                       {"=?utf-8?B?YWI?= =?x?Q?c?=", "abc"},
                                       {"x =?utf-8?q?a?=\t =?utf-8?q?b?= y", "x ab y"},
                                       {"=?utf-8*en?q?=3Ca=40b?=", "<a@b"},
                                       {"=?utf-8?q?a?=b", "ab"},
                                       {"=?utf-8?x?a?=", "=?utf-8?x?a?="},
                                       {"=?utf-8?B?!!?=", "=?utf-8?B?!!?="},
                                       {"=?utf-8?q?open", "=?utf-8?q?open"},
                                       {"=?", "=?"},
                                       {"a = ? b", "a = ? b"}}) {
        EXPECT_EQ(words_decoded(coded), plain) << coded;
    }
}

TEST(WireMime, WhatStandsBelowABase64TextIsKept) {
    const MailHeaders headers = with("Content-Transfer-Encoding: base64");
    EXPECT_EQ(transfer_decoded(headers, "YWJj\r\nZGVm\r\n"), "abcdef");
    EXPECT_EQ(transfer_decoded(headers, "YWJjZA==\n__\nfooter\n"), "abcd\n__\nfooter\n");
    EXPECT_EQ(transfer_decoded(headers, "YWJj\n-- \nfooter\n"), "abc\n-- \nfooter\n");
    EXPECT_EQ(transfer_decoded(headers, "YWJjZGV"), "abc") << "cut short";
    EXPECT_EQ(transfer_decoded(headers, "plain words, no code"), "plain words, no code");
    EXPECT_EQ(transfer_decoded(headers, "aaaaaaaa\n\nplain (words)\n"),
              "aaaaaaaa\n\nplain (words)\n")
        << "what decodes to no text was plain";
}

TEST(WireMime, BoundariesInPiecesAndWithBlanksAreRead) {
    for (const char* type :
         {"multipart/mixed; boundary=\"a b\"", "multipart/mixed; boundary*0=\"a \"; boundary*1=b",
          "multipart/mixed; boundary*=utf-8''a%20b",
          "Multipart/Mixed (x); x=y; BOUNDARY = \"a b\" "}) {
        const auto parts =
            mime_leaves(with("Content-Type: " + std::string(type)),
                        "--a b \n\none\n--a b\nContent-Type: text/html\n\ntwo\n--a b--\n");
        ASSERT_EQ(parts.size(), 2U) << type;
        EXPECT_EQ(parts[0].text, "one\n");
        EXPECT_EQ(parts[1].type, "text/html");
    }
}

TEST(WireMime, LeavesAreFoundAtEveryDepthAndMessagesOnlyOnDemand) {
    const MailHeaders headers = with("Content-Type: multipart/mixed; boundary=a");
    const std::string body =
        "--a\nContent-Type: multipart/related; boundary=ab\n\n--ab\n\none\n--ab\n"
        "Content-Type: message/rfc822\n\nSubject: x\nContent-Type: text/html\n\ntwo\n--ab--\n--a\n"
        "Content-Type: multipart/mixed\n\nno boundary\n--a--\n";
    const auto leaves = mime_leaves(headers, body);
    ASSERT_EQ(leaves.size(), 3U);
    EXPECT_EQ(leaves[1].type, "message/rfc822");
    EXPECT_EQ(leaves[2].type, "text/plain") << "a damaged multipart is text";
    const auto opened = mime_leaves(headers, body, true);
    ASSERT_EQ(opened.size(), 4U);
    EXPECT_EQ(opened[2].type, "text/html");
    EXPECT_EQ(opened[2].text, "two\n");
}

TEST(WireMime, HtmlIsReadAsLinesAndQuotes) {
    EXPECT_EQ(html_text("<p>a &lt;b&gt;&nbsp;&#65;&#x42;</p>\n<div>c<br>d</div>"),
              "a <b> AB\nc\nd\n");
    EXPECT_EQ(html_text("a<blockquote><p>b</p></blockquote>c"), "a\n> b\nc");
    EXPECT_EQ(html_text("<style>x</style><!-- y -->z<script>x</script>"), "z");
    // HTML lets `</head>` be left out.
    EXPECT_EQ(html_text("<head><style>x</style><b>550 5.1.1</b> nobody<script>x</script>"),
              "550 5.1.1 nobody");
    EXPECT_EQ(html_text("<a@b.test>: 1 < 2 &unknown; &"), "<a@b.test>: 1 < 2 &");
    EXPECT_EQ(html_text("<script>never ends"), "never ends");
}

TEST(WireMime, AddressesAreOneFormWhereverTheyStand) {
    for (const char* field : {"a@b.test", "rfc822; A@B.test", "<a@b.test>", "\"x@y\" <a@b.test>",
                              "X (c@d) <a@b.test> (e)", "rfc822;\"a\"@b.test", "<@r.test:a@b.test>",
                              "a@b.test, c@d.test", "utf-8; a@b.test."}) {
        EXPECT_EQ(address_of(field), "a@b.test") << field;
    }
    EXPECT_EQ(address_of("MAILER-DAEMON"), "");
    EXPECT_EQ(addresses_in("<A@b.test>: x (c@d.test). mailto:e@f.test,"),
              (std::vector<std::string>{"a@b.test", "c@d.test", "e@f.test"}));
    EXPECT_TRUE(related_domains("a.b.test", "B.test"));
    EXPECT_FALSE(related_domains("ab.test", "b.test"));
    EXPECT_FALSE(related_domains("b.test", "test"));
}

TEST(WireMime, ReplyCodesStandWhereAServerIsQuoted) {
    for (const char* text : {"550 no", "x: 550 no", "said: 451-busy", "<<< 554 x", "(550)",
                             "smtp;550 x", "line\n  552 5.2.2 full", "<a@b>: 550", "error 550: x",
                             "550-5.1.1 x", "#550 5.1.1 x", "error (550)", "smtp; 550"}) {
        EXPECT_EQ(find_reply_code(text).size(), 3U) << text;
    }
    for (const char* text :
         {"room 550 is", "1550 x", "5501", "550.5 x", "x550 y", "590 x", "550-1234", "250 ok", "",
          "55", "2026-550 x", "(503) 555-0100", "Tel: 550 12 34", "#550 x", "x (550)",
          "line\n550\n", "Case: 550 is open", "450 EUR", "550 Main Street"}) {
        EXPECT_EQ(find_reply_code(text), "") << text;
    }
}

TEST(WireMime, LettersAreFoldedInUtf8AndLatin1) {
    EXPECT_EQ(folded_letters("Verz\xc3\xb6gert \r\n\t VERZ\xd6GERT"), "verzogert verzogert");
    EXPECT_EQ(folded_letters("Задержка ЁЛКА Καθυστέρηση"), "задержка елка καθυστερηση");
    EXPECT_EQ(folded_letters("łódź Straße Ærø chậm trễ"), "lodz strasse aero cham tre");
    EXPECT_EQ(folded_letters("\xff\xe5\x90"), "ya\xc2\x90");
}

}  // namespace
}  // namespace mailprobed
