// SPDX-License-Identifier: Apache-2.0
// POP3 status lines, listings, capabilities and APOP's timestamp.
#include "probes/wire/pop3/capabilities.hpp"
#include "probes/wire/pop3/response.hpp"

#include <gtest/gtest.h>

#include <string>

namespace mailprobed {
namespace {

TEST(Pop3Response, A2_01_StatusWordsInAnyCaseWithAndWithoutText) {
    EXPECT_EQ(pop3_response("+OK").status, Pop3Status::ok);
    EXPECT_EQ(pop3_response("+ok  ready ").text, "ready");
    EXPECT_EQ(pop3_response("-ERR").status, Pop3Status::err);
    EXPECT_EQ(pop3_response("-err no\tway").text, "no\tway");
    EXPECT_EQ(pop3_response("+ Zm9v").status, Pop3Status::more);
    EXPECT_EQ(pop3_response("+").status, Pop3Status::more);
    for (const char* line :
         {"", "OK", "+OKAY", "-ERROR", "-", "+OK:", "220 hi", " +OK", "+x", "* OK"}) {
        EXPECT_EQ(pop3_response(line).status, Pop3Status::malformed) << line;
    }
}

TEST(Pop3Response, A2_07_ResponseCodesAreReadFromErrors) {
    EXPECT_EQ(pop3_response("-ERR [AUTH] x").code, Pop3Code::auth);
    EXPECT_EQ(pop3_response("-ERR [in-use]").code, Pop3Code::in_use);
    EXPECT_EQ(pop3_response("-ERR [LOGIN-DELAY] x").code, Pop3Code::login_delay);
    EXPECT_EQ(pop3_response("-ERR [SYS/TEMP] x").code, Pop3Code::sys_temp);
    EXPECT_EQ(pop3_response("-ERR [SYS/PERM] x").code, Pop3Code::sys_perm);
    for (const char* line : {"-ERR", "-ERR AUTH", "-ERR x [AUTH]", "-ERR [AUTH", "-ERR [SYS] x",
                             "-ERR [AUTHX] x", "+OK [AUTH] x"}) {
        EXPECT_EQ(pop3_response(line).code, Pop3Code::none) << line;
    }
}

TEST(Pop3Response, NumbersMayNotOverflow) {
    EXPECT_EQ(pop3_stat("7 12345"), 7U);
    EXPECT_EQ(pop3_stat("0 0"), 0U);
    EXPECT_EQ(pop3_stat("4294967295"), 4294967295U);
    for (const char* text : {"", "x 1", "-1 2", "+1 2", "4294967296 1", "1.5 2", "0x10 1",
                             "99999999999999999999999999 1"}) {
        EXPECT_FALSE(pop3_stat(text)) << text;
    }
}

TEST(Pop3Response, A2_11_UidlLines) {
    const auto line = pop3_uidl_line("12  whqtswO00WBw418f9t5JxYwZ ");
    ASSERT_TRUE(line);
    EXPECT_EQ(line->number, 12U);
    EXPECT_EQ(line->uidl, "whqtswO00WBw418f9t5JxYwZ");
    EXPECT_TRUE(pop3_uidl_line("1 " + std::string(70, '~')));
    for (const std::string& bad :
         {std::string(""), std::string("0 a"), std::string("a 1"), std::string("4294967296 a")}) {
        EXPECT_FALSE(pop3_uidl_line(bad)) << bad;
    }
    // Dovecot may print what a sender wrote into X-UIDL: the message is there, its id is none.
    for (const std::string& odd :
         {std::string("1"), std::string("1 "), std::string("1 a b"), "1 " + std::string(71, 'x'),
          std::string("1 a\x7f"), std::string("1 \x80"), std::string("1 a\0b", 5)}) {
        const auto without = pop3_uidl_line(odd);
        ASSERT_TRUE(without) << odd;
        EXPECT_EQ(without->number, 1U);
        EXPECT_EQ(without->uidl, "") << odd;
    }
}

TEST(Pop3Response, A2_16_SizesInListAreNotLookedAt) {
    EXPECT_EQ(pop3_list_line("3 320")->number, 3U);
    EXPECT_EQ(pop3_list_line("3 9.3736e+06 octets")->number, 3U);
    EXPECT_EQ(pop3_list_line("3")->number, 3U);
    EXPECT_FALSE(pop3_list_line("0 1"));
    EXPECT_FALSE(pop3_list_line("x 1"));
    EXPECT_FALSE(pop3_list_line(""));
}

TEST(Pop3Capabilities, AreReadWithoutCaseAndUnknownOnesIgnored) {
    Pop3Capabilities offered;
    for (const char* line :
         {"top", "UIDL", "USER", "Pipelining", "STLS", "SASL XOAUTH2 PLAIN", "EXPIRE 0", "",
          "IMPLEMENTATION x STLS", "LOGIN-DELAY 300 USER", "RESP-CODES"}) {
        offered.add(line);
    }
    EXPECT_TRUE(offered.top && offered.uidl && offered.user && offered.pipelining);
    EXPECT_TRUE(offered.stls && offered.sasl && offered.sasl_plain);
    EXPECT_EQ(offered.login_delay, 300U);
    EXPECT_TRUE(offered.login_delay_per_user);

    Pop3Capabilities zoo;
    for (const char* line : {"TOPX", "SASL PLAIN2 XPLAIN PLAIN-X", "STLSX", "XSTLS", "SASL=PLAIN",
                             "LOGIN-DELAY x", "LOGIN-DELAY -1 EVERYBODY"}) {
        zoo.add(line);
    }
    EXPECT_FALSE(zoo.top || zoo.sasl_plain || zoo.stls || zoo.login_delay_per_user);
    EXPECT_FALSE(zoo.login_delay);
}

TEST(ApopTimestamp, A2_06_OnlyTheShapeOfAMsgIdIsTaken) {
    EXPECT_EQ(apop_timestamp("POP3 server ready <1896.697170952@dbc.mtview.ca.us>"),
              "<1896.697170952@dbc.mtview.ca.us>");
    EXPECT_EQ(apop_timestamp("a <b@c> d <e@f>"), "<b@c>");
    for (const std::string& greeting :
         {std::string("ready"), std::string("<>"), std::string("<a>"), std::string("<a@>"),
          std::string("<@b>"), std::string("<a@b"), std::string("<a<b@c>"), std::string("<a@b@c>"),
          std::string("<a b@c>"), std::string("<a@\xc3\xa9>"), std::string("<a\0@c>", 6),
          "<" + std::string(254, 'x') + "@c>"}) {
        EXPECT_FALSE(apop_timestamp(greeting)) << greeting;
    }
}

}  // namespace
}  // namespace mailprobed
