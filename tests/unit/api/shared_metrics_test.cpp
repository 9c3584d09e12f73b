// SPDX-License-Identifier: Apache-2.0
// One copy of the metrics for all who ask at once, fresh for each, and bounded when they are slow.
#include "daemon/api/shared_metrics.hpp"

#include "daemon/http/held_texts.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace mailprobed::daemon_test {
namespace {

using namespace std::chrono_literals;

/// Renders numbered texts on a clock that the test moves.
struct Scene {
    WebResponse ask(Duration asked, Duration now, bool gzip = false) {
        return shared.answer(
            Instant{asked}, gzip,
            [this] { return std::to_string(++renderings) + std::string(2000, ' '); },
            [now] { return Instant{now}; });
    }

    SharedMetrics shared;
    int renderings = 0;
};

std::string number_of(const WebResponse& response) {
    return response.content().substr(0, response.content().find(' '));
}

TEST(SharedMetrics, WhoAskedBeforeATextWasBegunSharesItAndNobodyGetsAnOlderState) {
    Scene scene;
    const WebResponse first = scene.ask(1s, 2s);
    const WebResponse waited = scene.ask(1500ms, 3s);
    EXPECT_EQ(first.shared, waited.shared);
    const WebResponse later = scene.ask(2001ms, 3s);
    EXPECT_NE(first.shared, later.shared);
    EXPECT_EQ(number_of(later), "2");
    EXPECT_EQ(scene.renderings, 2);
}

TEST(SharedMetrics, WhatNobodyHoldsIsRenderedAnew) {
    Scene scene;
    EXPECT_EQ(number_of(scene.ask(1s, 2s)), "1");
    EXPECT_EQ(number_of(scene.ask(1s, 2s)), "2");
}

TEST(SharedMetrics, GzipIsSharedToo) {
    Scene scene;
    const WebResponse plain = scene.ask(1s, 2s);
    const WebResponse one = scene.ask(1s, 2s, true);
    const WebResponse other = scene.ask(1s, 2s, true);
    EXPECT_TRUE(one.gzip);
    EXPECT_FALSE(plain.gzip);
    EXPECT_EQ(one.shared, other.shared);
    EXPECT_EQ(scene.renderings, 1);
}

TEST(SharedMetrics, SlowClientsHoldAFewTextsHoweverManyTheyAre) {
    Scene scene;
    std::vector<WebResponse> held;
    for (int i = 0; i < 60; ++i) {
        const Duration now = 100s + i * 10ms;
        held.push_back(scene.ask(now, now));
    }
    EXPECT_EQ(scene.renderings, 2);
    // A second later a scrape is as fresh as ever.
    EXPECT_EQ(number_of(scene.ask(102s, 102s)), "3");
}

struct Client {
    Client(HeldTexts& held, std::shared_ptr<const std::string> text, Duration since)
        : hold(held, std::move(text), Instant{since}, [this] { closed = true; }) {}
    bool closed = false;
    HeldTexts::Hold hold;
};

TEST(SharedMetrics, WhoReadsTooSlowlyLeavesWhenOthersWantFreshTexts) {
    HeldTexts held;
    std::vector<std::shared_ptr<const std::string>> texts;
    for (int i = 0; i < 3; ++i)
        texts.push_back(std::make_shared<const std::string>(1, static_cast<char>('a' + i)));
    std::deque<Client> clients;
    for (const auto& text : texts) {
        for (int i = 0; i < 5; ++i)
            clients.emplace_back(held, text, 10s + clients.size() * 10ms);
    }
    const auto closed = [&] { return std::ranges::count_if(clients, &Client::closed); };
    held.make_room(Instant{11s});
    EXPECT_EQ(closed(), 0) << "none had time enough";
    held.make_room(Instant{13s});
    EXPECT_EQ(closed(), 5) << "those of the oldest text";
    EXPECT_TRUE(clients.front().closed);
    held.make_room(Instant{13s});
    EXPECT_EQ(closed(), 5) << "there is room already";
}

}  // namespace
}  // namespace mailprobed::daemon_test
