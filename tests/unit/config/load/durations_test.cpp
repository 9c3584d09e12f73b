// SPDX-License-Identifier: Apache-2.0
// Durations: one spelling, no guessing, no overflow.
#include "config/load/durations.hpp"

#include <gtest/gtest.h>

namespace mailprobed {
namespace {

using namespace std::chrono_literals;

TEST(Durations, UnitsAndTheirSumsAreRead) {
    EXPECT_EQ(parse_duration("500ms"), 500ms);
    EXPECT_EQ(parse_duration("30s"), 30s);
    EXPECT_EQ(parse_duration("5m"), 5min);
    EXPECT_EQ(parse_duration("2h"), 2h);
    EXPECT_EQ(parse_duration("1d"), 24h);
    EXPECT_EQ(parse_duration("1m30s"), 90s);
    EXPECT_EQ(parse_duration("1d2h3m4s5ms"), 26h + 3min + 4s + 5ms);
    EXPECT_EQ(parse_duration("90s"), 90s);
    EXPECT_EQ(parse_duration("0s"), 0s);
}

TEST(Durations, AnythingElseIsRefused) {
    for (const char* text :
         {"",     "5",     "s",    "5 s",   " 5s",  "5s ", "-5s", "+5s",  "1.5s", "1,5s", "5S",
          "5sec", "30s1m", "1s1s", "1ms1s", "0x5s", "5us", "1w",  "1m30", "m5",   "1e3s"}) {
        EXPECT_FALSE(parse_duration(text)) << text;
    }
}

TEST(Durations, WhatWouldOverflowIsRefused) {
    EXPECT_TRUE(parse_duration("36525d"));
    for (const char* text : {"36526d", "36525d1ms", "9223372036854775807d", "9223372036854775807ms",
                             "99999999999999999999s"}) {
        EXPECT_FALSE(parse_duration(text)) << text;
    }
}

TEST(Durations, WrittenFormReadsBack) {
    for (const char* text :
         {"0s", "1ms", "500ms", "1s500ms", "30s", "1m", "1m30s", "1h", "1d", "1d2h3m4s5ms"}) {
        const auto value = parse_duration(text);
        ASSERT_TRUE(value) << text;
        EXPECT_EQ(format_duration(*value), text);
    }
    EXPECT_EQ(format_duration(24h), "1d");
    EXPECT_EQ(format_duration(1500us), "1ms");
}

}  // namespace
}  // namespace mailprobed
