// SPDX-License-Identifier: Apache-2.0
// What is written of conversations and looks is read back, whatever servers said.
#include "daemon/store/history_text.hpp"

#include <gtest/gtest.h>

namespace mailprobed {
namespace {

using namespace std::chrono_literals;

ConversationRecord conversation() {
    ConversationRecord record;
    record.stages = {{Stage::connect, 0s, 12ms, std::nullopt},
                     {Stage::envelope, 20ms, 3us, Cause::rejected_permanent}};
    record.lines = {{1ms, Speaker::server, "220 hello"},
                    {2ms, Speaker::client, "EHLO [127.0.0.1]"},
                    {3ms, Speaker::note, ""},
                    {4ms, Speaker::server, "S connect 1 2 -"}};
    return record;
}

TEST(HistoryText, AConversationIsReadBackAsItWas) {
    const PastConversation read = read_conversation(conversation_text(conversation()));
    ASSERT_EQ(read.stages.size(), 2U);
    EXPECT_EQ(read.stages[0].stage, "connect");
    EXPECT_EQ(read.stages[0].took, Duration{12ms});
    EXPECT_EQ(read.stages[0].cause, "");
    EXPECT_EQ(read.stages[1].at, Duration{20ms});
    EXPECT_EQ(read.stages[1].cause, "rejected_permanent");
    EXPECT_EQ(read.lines, conversation().lines);
}

TEST(HistoryText, ALineBreakInATextMakesNoSecondLine) {
    ConversationRecord record;
    record.lines = {{0s, Speaker::server, "250 ok\nL 1 2 1 - - - evil"}};
    const PastConversation read = read_conversation(conversation_text(record));
    ASSERT_EQ(read.lines.size(), 1U);
    EXPECT_TRUE(read_looks(conversation_text(record)).empty());
}

TEST(HistoryText, WhatTheSessionEscapedIsNotEscapedAgain) {
    ConversationRecord record;
    record.lines = {{0s, Speaker::server, R"(535 \xd3\xca C:\\x)"}};
    EXPECT_EQ(read_conversation(conversation_text(record)).lines, record.lines);
}

TEST(HistoryText, StagesOfOlderLedgersHaveTheNamesOfToday) {
    const auto looks = read_looks(
        "L 1 2 0 top eof 3 me\nS capa 0 1 -\nS stls 0 1 -\nS top 0 1 eof\n"
        "R 0 retr\n");
    ASSERT_EQ(looks.size(), 1U);
    EXPECT_EQ(looks[0].first.stage, "headers");
    ASSERT_EQ(looks[0].second.stages.size(), 3U);
    EXPECT_EQ(looks[0].second.stages[0].stage, "hello");
    EXPECT_EQ(looks[0].second.stages[1].stage, "starttls");
    EXPECT_EQ(looks[0].second.stages[2].stage, "headers");
    EXPECT_EQ(looks[0].second.lines[0].text, "retr") << "what a server says is no stage";
}

TEST(HistoryText, LooksAreReadBackFromTheFirstOneThatCounts) {
    std::deque<LookRecord> looks(3);
    looks[1].mailbox = "me";
    looks[1].at = WallTime{1'790'000'000s};
    looks[1].took = 30ms;
    looks[1].failure = StageCause{Stage::connect, Cause::refused};
    looks[2].mailbox = "me";
    looks[2].complete = true;
    looks[2].messages = 4;
    looks[2].conversation = conversation();
    const auto read = read_looks(looks_text(looks, 1));
    ASSERT_EQ(read.size(), 2U);
    EXPECT_EQ(read[0].first.began, looks[1].at);
    EXPECT_EQ(read[0].first.took, Duration{30ms});
    EXPECT_EQ(read[0].first.stage, "connect");
    EXPECT_EQ(read[0].first.cause, "refused");
    EXPECT_FALSE(read[0].first.complete);
    EXPECT_FALSE(read[0].first.messages);
    EXPECT_EQ(read[1].first.mailbox, "me");
    EXPECT_EQ(read[1].first.messages, 4U);
    EXPECT_TRUE(read[1].first.complete);
    EXPECT_EQ(read[1].second.stages.size(), 2U);
    EXPECT_EQ(read[1].second.lines.size(), 4U);
}

TEST(HistoryText, DamagedTextIsReadAsFarAsItMakesSense) {
    EXPECT_TRUE(read_looks("").empty());
    EXPECT_TRUE(read_looks("S connect 1 2 -\n").empty());
    EXPECT_EQ(read_looks("L\nL \nL x y z").size(), 2U);
    EXPECT_EQ(read_conversation("S\nQ x\nS connect\nC").stages.size(), 1U);
}

}  // namespace
}  // namespace mailprobed
