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
DeliveryPath delivery_path(std::initializer_list<std::string_view> lines,
                           std::string_view authserv_id = {}) {
    MailHeaders headers;
    for (const std::string_view line : lines)
        headers.add_line(line);
    return delivery_path_of(headers, authserv_id);
}

constexpr std::string_view kFirst =
    "Received: from us by out.example.org; Thu, 1 Jan 2026 10:00:00 +0000";
constexpr std::string_view kLast =
    "Received: from out.example.org by mx.example.net; Thu, 1 Jan 2026 11:00:07 +0100";
constexpr std::chrono::sys_seconds kTen{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1} +
                                        std::chrono::hours{10}};

TEST(DeliveryPathTest, A4_10_TransitRunsFromTheFirstHopToTheLast) {
    const DeliveryPath read = delivery_path({kLast, kFirst});
    EXPECT_EQ(read.transit, Duration{seconds{7}});
    EXPECT_EQ(read.arrived, WallTime{kTen + seconds{7}});
}

TEST(DeliveryPathTest, HopsAreToldInTheOrderOfTheWayInUniversalTime) {
    EXPECT_EQ(delivery_path({kLast, kFirst}).hops,
              "out.example.org at 2026-01-01T10:00:00Z; mx.example.net at 2026-01-01T10:00:07Z");
}

TEST(DeliveryPathTest, AHopWithoutADateIsToldAndNotMeasured) {
    const std::string_view undated = "Received: from a by filter.example.net";
    const DeliveryPath middle = delivery_path({kLast, undated, kFirst});
    EXPECT_EQ(middle.transit, Duration{seconds{7}});
    EXPECT_EQ(middle.hops,
              "out.example.org at 2026-01-01T10:00:00Z; filter.example.net; "
              "mx.example.net at 2026-01-01T10:00:07Z");
    const DeliveryPath newest = delivery_path({undated, kLast, kFirst});
    EXPECT_EQ(newest.arrived, WallTime{kTen + seconds{7}}) << "the last stamp that can be read";
    const DeliveryPath one = delivery_path({undated, kFirst});
    EXPECT_FALSE(one.transit) << "from where to where?";
    EXPECT_EQ(one.arrived, WallTime{kTen});
    EXPECT_EQ(delivery_path({"Received: (qmail 4711 invoked)"}).hops, "?");
}

TEST(DeliveryPathTest, ClocksThatDisagreeGiveATransitBelowZero) {
    const DeliveryPath read = delivery_path(
        {"Received: from a by mx.example.net; Thu, 1 Jan 2026 09:59:48 +0000", kFirst});
    EXPECT_EQ(read.transit, Duration{seconds{-12}});
    EXPECT_EQ(read.arrived, WallTime{kTen - seconds{12}});
}

TEST(DeliveryPathTest, AMailWithoutHopsHasNoJourney) {
    const DeliveryPath read =
        delivery_path({"Subject: from here by there; Thu, 1 Jan 2026 10:00:00 +0000"});
    EXPECT_EQ(read.hops, "");
    EXPECT_FALSE(read.transit);
    EXPECT_FALSE(read.arrived);
}

TEST(DeliveryPathTest, AuthenticationIsReadOnlyWhereAServerIsTrusted) {
    const std::string_view field = "Authentication-Results: mx.example.net; spf=pass; dkim=fail";
    EXPECT_FALSE(delivery_path({field}).authentication);
    EXPECT_FALSE(delivery_path({field}, "mx.example.org").authentication);
    const auto read = delivery_path({field}, "mx.example.net").authentication;
    ASSERT_TRUE(read);
    EXPECT_EQ(read->spf, AuthResult::pass);
    EXPECT_EQ(read->dkim, AuthResult::fail);
}

TEST(DeliveryPathTest, B4_3_TheTextIsShortHoweverManyHopsThereAre) {
    MailHeaders headers;
    for (int i = 0; i < 50; ++i)
        headers.add_line("Received: by " + std::string(250, 'x') + "; " +
                         "Thu, 1 Jan 2026 10:00:00 +0000");
    EXPECT_LE(delivery_path_of(headers, {}).hops.size(), 2300U);
}

}  // namespace
}  // namespace mailprobed
