// SPDX-License-Identifier: Apache-2.0
// Dates of mail headers: what is one, which moment it names, and what is none.
#include "probes/wire/message/mail_date.hpp"

#include "probes/domain/identity/message.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace mailprobed {
namespace {

std::optional<long long> seconds_of(std::string_view text) {
    const auto at = parse_mail_date(text);
    if (!at) return std::nullopt;
    return std::chrono::duration_cast<std::chrono::seconds>(at->time_since_epoch()).count();
}

// 1366647721 is 2013-04-22T16:22:01Z (date -u -d @1366647721).
constexpr long long kMoment = 1366647721;

TEST(MailDate, A4_10_OneMomentInManySpellings) {
    for (const char* text : {
             "Mon, 22 Apr 2013 16:22:01 +0000",
             "22 Apr 2013 16:22:01 +0000",
             "Mon, 22 Apr 2013 16:22:01 -0000",
             "Mon, 22 Apr 2013 16:22:01",
             "Mon, 22 Apr 2013 16:22:01 GMT",
             "mon,22 apr 13 16:22:01 ut",
             "Mon 22 Apr 2013 16:22:01 UTC",
             "Mon, 22 Apr 2013 18:22:01 +0200 (CEST)",
             "Mon, 22 Apr 2013 21:52:01 +0530",
             "Mon, 22 Apr 2013 09:22:01 -0700 (PDT)",
             "Mon, 22 Apr 2013 09:22:01 PDT",
             "Mon, 22 Apr 2013 08:22:01 PST",
             "Mon, 22 Apr 2013 12:22:01 EDT",
             "Mon, 22 Apr 2013 11:22:01 est",
             "Mon, 22 Apr 2013 10:22:01 MDT",
             "Mon, 22 Apr 2013 11:22:01 CDT",
             "Tue, 23 Apr 2013 01:22:01 +0900",
             // Military letters were defined with the wrong sign; nobody can know (4.3).
             "Mon, 22 Apr 2013 16:22:01 A",
             "Mon, 22 Apr 2013 16:22:01 Z",
             "Mon, 22 Apr 2013 16:22:01 XYZ",
             "  Mon (a (nested \\) one)) ,\r\n\t22 (day)Apr\r\n 2013 16 : 22:(x)01 (y)+0000(z)",
             "Mon, 22 Apr 113 16:22:01 +0000",
         }) {
        EXPECT_EQ(seconds_of(text), kMoment) << text;
    }
}

TEST(MailDate, OptionalAndShortPartsHaveTheirMeaning) {
    EXPECT_EQ(seconds_of("1 Jan 1970 00:00 +0000"), 0);
    EXPECT_EQ(seconds_of("01 Jan 70 00:01"), 60);
    EXPECT_EQ(seconds_of("1 Jan 00 00:00:00"), 946684800);
    EXPECT_EQ(seconds_of("1 Jan 49 00:00:00"), 2493072000);
    EXPECT_EQ(seconds_of("1 Jan 1970 5:00 +0000"), 5 * 3600);
    // A leap second is the first one of the next minute for us.
    EXPECT_EQ(seconds_of("31 Dec 1998 23:59:60 +0000"), 915148800);
    EXPECT_EQ(seconds_of("29 Feb 2024 00:00:00 +0000"), 1709164800);
}

TEST(MailDate, YearsBeyond2038AreAsGoodAsOthers) {
    EXPECT_EQ(seconds_of("Tue, 19 Jan 2038 03:14:08 +0000"), 2147483648);
    EXPECT_EQ(seconds_of("Sun, 7 Feb 2106 06:28:16 +0000"), 4294967296);
    EXPECT_EQ(seconds_of("31 Dec 2261 23:59:59 -0959"), 9214646399 + 35940);
    EXPECT_EQ(seconds_of("1 Jan 1900 00:00:00"), -2208988800);
}

TEST(MailDate, WhatIsNoDateIsNone) {
    for (const char* text : {"",
                             " ",
                             "(",
                             "(never ends",
                             "yesterday",
                             "Mon,",
                             "Mon, 22",
                             "Mon, 22 Apr",
                             "Mon, 22 Apr 2013",
                             "Mon, 22 Apr 2013 16",
                             "Mon, 22 Apr 2013 16:",
                             "Mon, 22 Apr 2013 16:2",
                             "Mon, 22 Apr 2013 16:22:",
                             "Mon, 22 Apr 2013 16:22:01 +",
                             "Mon, 22 Apr 2013 16:22:01 +000",
                             "Mon, 22 Apr 2013 16:22:01 +00000",
                             "Mon, 22 Apr 2013 16:22:01 +0060",
                             "Mon, 22 Apr 2013 16:22:01 +0000 tomorrow",
                             "Mon, 22 Apr 2013 16:22:01 +0000 (open",
                             "Mon, 22 Apr 2013 16:22:01 NOZONE",
                             "Mon, 22 Apr 2013 24:00:00 +0000",
                             "Mon, 22 Apr 2013 16:60:00 +0000",
                             "Mon, 22 Apr 2013 16:22:61 +0000",
                             "Mon, 22 Apr 2013 -1:22:01 +0000",
                             "0 Apr 2013 16:22:01 +0000",
                             "31 Apr 2013 16:22:01 +0000",
                             "29 Feb 2023 16:22:01 +0000",
                             "123 Apr 2013 16:22:01 +0000",
                             "22 Avr 2013 16:22:01 +0000",
                             "Lun, 22 Apr 2013 16:22:01 +0000",
                             "22 Apr 3 16:22:01 +0000",
                             "22 Apr 0005 16:22:01 +0000",
                             "22 Apr 1899 16:22:01 +0000",
                             "22 Apr 2262 16:22:01 +0000",
                             "22 Apr 20130 16:22:01 +0000",
                             "22 Apr 99999999999999999999 16:22:01 +0000",
                             "2013-04-22T16:22:01Z",
                             "Mon Apr 22 16:22:01 2013"}) {
        EXPECT_FALSE(parse_mail_date(text)) << text;
    }
    EXPECT_FALSE(parse_mail_date(std::string_view("1 Jan\0 1970 00:00", 17)));
    EXPECT_FALSE(parse_mail_date(std::string(100'000, '(')));
}

TEST(MailDate, WhatWeWriteWeRead) {
    std::mt19937_64 random(7);
    for (int round = 0; round < 20'000; ++round) {
        // 1900 to 2261, the years that WallTime holds whole.
        const WallTime at{std::chrono::seconds(
            static_cast<long long>(random() % 11'423'000'000ULL) - 2'208'900'000LL)};
        ASSERT_EQ(parse_mail_date(date_header(at)), at) << date_header(at);
    }
}

TEST(MailDate, RandomDamageNeverMakesItThrow) {
    std::mt19937 random(8);
    const std::string_view alphabet = " \t\r\n()\\,:+-0123456789JanFebMonGMT\x00\xff";
    for (int round = 0; round < 50'000; ++round) {
        std::string text = "Mon, 22 Apr 2013 16:22:01 +0200 (CEST)";
        for (auto hits = 1 + random() % 6; hits > 0; --hits) {
            text.at(random() % text.size()) = alphabet[random() % alphabet.size()];
        }
        const auto at = parse_mail_date(text);
        if (!at) continue;
        ASSERT_GE(*at, WallTime(std::chrono::sys_days{std::chrono::year(1899) / 12 / 1}));
    }
}

}  // namespace
}  // namespace mailprobed
