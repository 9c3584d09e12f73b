// SPDX-License-Identifier: Apache-2.0
// JSON as it leaves the API.
#include "daemon/api/json_writer.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace mailprobed {
namespace {

using namespace std::chrono_literals;

template <class T>
std::string written(const T& value) {
    JsonWriter json;
    json.value(value);
    return json.take();
}

TEST(JsonWriter, CommasStandBetweenMembersAndItemsOnly) {
    JsonWriter json;
    json.begin_object();
    json.member("a", 1);
    json.key("b");
    json.begin_array();
    json.end_array();
    json.key("c");
    json.begin_array();
    json.value("x");
    json.begin_object();
    json.end_object();
    json.null();
    json.raw("[1]");
    json.end_array();
    json.member("d", true);
    json.end_object();
    EXPECT_EQ(json.take(), R"({"a":1,"b":[],"c":["x",{},null,[1]],"d":true})");
}

TEST(JsonWriter, DurationsAndTimesAreDecimalSeconds) {
    EXPECT_EQ(written(Duration{1500ms}), "1.5");
    EXPECT_EQ(written(Duration{2s}), "2");
    EXPECT_EQ(written(Duration{-1us}), "-0.000001");
    EXPECT_EQ(written(Duration{1ns}), "0");
    EXPECT_EQ(written(Duration{999'999'999ns}), "1");
    EXPECT_EQ(written(WallTime{1'790'000'000'123ms}), "1790000000.123");
    EXPECT_EQ(written(WallTime{1'790'000'000'000'000'999ns}), "1790000000");
}

TEST(JsonWriter, NumbersThatJsonCannotSayAreNull) {
    EXPECT_EQ(written(0.25), "0.25");
    EXPECT_EQ(written(-0.0000001), "0");
    EXPECT_EQ(written(std::numeric_limits<double>::quiet_NaN()), "null");
    EXPECT_EQ(written(std::numeric_limits<double>::infinity()), "null");
    EXPECT_EQ(written(std::optional<Duration>()), "null");
}

TEST(JsonWriter, TextIsEscapedAndRepairedAndNotCut) {
    EXPECT_EQ(written(std::string_view("a\"b\\c\n\x01\xff")), "\"a\\\"b\\\\c\\n\\u0001\uFFFD\"");
    const std::string longer(100'000, 'x');
    EXPECT_EQ(written(std::string_view(longer)).size(), longer.size() + 2);
}

}  // namespace
}  // namespace mailprobed
