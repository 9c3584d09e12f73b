// SPDX-License-Identifier: Apache-2.0
// The way of a mail from its first hop to its last, by clocks that are not ours.
#include "probes/domain/identity/delivery_path.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <initializer_list>
#include <string>
#include <string_view>

namespace mailprobed {
namespace {

using std::chrono::seconds;

/// A header with these fields, the newest hop first as servers write them.
Journey journey(std::initializer_list<std::string_view> lines, std::string_view authserv_id = {}) {
    MailHeaders headers;
    for (const std::string_view line : lines)
        headers.add_line(line);
    return journey_of(headers, authserv_id);
}

constexpr std::string_view kFirst =
    "Received: from us by out.example.org; Thu, 1 Jan 2026 10:00:00 +0000";
constexpr std::string_view kLast =
    "Received: from out.example.org by mx.example.net; Thu, 1 Jan 2026 11:00:07 +0100";
constexpr std::chrono::sys_seconds kTen{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1} +
                                        std::chrono::hours{10}};

TEST(JourneyTest, A4_10_TransitRunsFromTheFirstHopToTheLast) {
    const Journey read = journey({kLast, kFirst});
    EXPECT_EQ(read.transit, Duration{seconds{7}});
    EXPECT_EQ(read.arrived, WallTime{kTen + seconds{7}});
}

TEST(JourneyTest, HopsAreToldInTheOrderOfTheWayInUniversalTime) {
    EXPECT_EQ(journey({kLast, kFirst}).hops,
              "out.example.org at 2026-01-01T10:00:00Z; mx.example.net at 2026-01-01T10:00:07Z");
}

TEST(JourneyTest, AHopWithoutADateIsToldAndNotMeasured) {
    const std::string_view undated = "Received: from a by filter.example.net";
    const Journey middle = journey({kLast, undated, kFirst});
    EXPECT_EQ(middle.transit, Duration{seconds{7}});
    EXPECT_EQ(middle.hops,
              "out.example.org at 2026-01-01T10:00:00Z; filter.example.net; "
              "mx.example.net at 2026-01-01T10:00:07Z");
    const Journey newest = journey({undated, kLast, kFirst});
    EXPECT_EQ(newest.arrived, WallTime{kTen + seconds{7}}) << "the last stamp that can be read";
    const Journey one = journey({undated, kFirst});
    EXPECT_FALSE(one.transit) << "from where to where?";
    EXPECT_EQ(one.arrived, WallTime{kTen});
    EXPECT_EQ(journey({"Received: (qmail 4711 invoked)"}).hops, "?");
}

TEST(JourneyTest, ClocksThatDisagreeGiveATransitBelowZero) {
    const Journey read =
        journey({"Received: from a by mx.example.net; Thu, 1 Jan 2026 09:59:48 +0000", kFirst});
    EXPECT_EQ(read.transit, Duration{seconds{-12}});
    EXPECT_EQ(read.arrived, WallTime{kTen - seconds{12}});
}

TEST(JourneyTest, AMailWithoutHopsHasNoJourney) {
    const Journey read = journey({"Subject: from here by there; Thu, 1 Jan 2026 10:00:00 +0000"});
    EXPECT_EQ(read.hops, "");
    EXPECT_FALSE(read.transit);
    EXPECT_FALSE(read.arrived);
}

TEST(JourneyTest, AuthenticationIsReadOnlyWhereAServerIsTrusted) {
    const std::string_view field = "Authentication-Results: mx.example.net; spf=pass; dkim=fail";
    EXPECT_FALSE(journey({field}).authentication);
    EXPECT_FALSE(journey({field}, "mx.example.org").authentication);
    const auto read = journey({field}, "mx.example.net").authentication;
    ASSERT_TRUE(read);
    EXPECT_EQ(read->spf, AuthResult::pass);
    EXPECT_EQ(read->dkim, AuthResult::fail);
}

TEST(JourneyTest, B4_3_TheTextIsShortHoweverManyHopsThereAre) {
    MailHeaders headers;
    for (int i = 0; i < 50; ++i)
        headers.add_line("Received: by " + std::string(250, 'x') + "; " +
                         "Thu, 1 Jan 2026 10:00:00 +0000");
    EXPECT_LE(journey_of(headers, {}).hops.size(), 2300U);
}

}  // namespace
}  // namespace mailprobed
