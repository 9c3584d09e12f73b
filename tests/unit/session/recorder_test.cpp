// SPDX-License-Identifier: Apache-2.0
// What is remembered of a conversation, and how much of one that does not end.
#include "probes/session/recorder.hpp"

#include <gtest/gtest.h>

namespace mailprobed {
namespace {

using namespace std::chrono_literals;

TEST(Recorder, TimesCountFromTheFirstStage) {
    Recorder recorder;
    const Instant start{5s};
    recorder.stage_began(Stage::connect, start);
    recorder.stage_ended(Stage::connect, start + 2ms, std::nullopt);
    recorder.line(Speaker::server, "220 hello", start + 3ms);
    recorder.stage_began(Stage::greeting, start + 2ms);
    recorder.stage_ended(Stage::greeting, start + 9ms, Cause::timeout);
    const ConversationRecord record = recorder.take();
    EXPECT_EQ(record.stages, (std::vector<StageTime>{{Stage::connect, 0ms, 2ms, std::nullopt},
                                                     {Stage::greeting, 2ms, 7ms, Cause::timeout}}));
    EXPECT_EQ(record.lines, (std::vector<SpokenLine>{{3ms, Speaker::server, "220 hello"}}));
}

TEST(Recorder, OfAThousandStagesTheFirstAndTheLastAreKept) {
    Recorder recorder;
    const Instant start{};
    for (int i = 0; i < 1000; ++i) {
        recorder.stage_began(Stage::body, start + i * 1ms);
        recorder.stage_ended(Stage::body, start + (i + 1) * 1ms, std::nullopt);
    }
    recorder.stage_began(Stage::quit, start + 1000ms);
    recorder.stage_ended(Stage::quit, start + 1001ms, Cause::eof);
    const ConversationRecord record = recorder.take();
    ASSERT_EQ(record.stages.size(), Recorder::kMaxStages);
    EXPECT_EQ(record.stages.front().at, Duration{});
    EXPECT_EQ(record.stages.back().stage, Stage::quit);
    EXPECT_EQ(record.stages.back().cause, Cause::eof);
}

TEST(Recorder, AServerThatNeverEndsFillsNoMemoryNotEvenWithEmptyLines) {
    for (const std::string& text : {std::string(), std::string("x"), std::string(4096, 'x')}) {
        Recorder recorder;
        for (int i = 0; i < 100'000; ++i)
            recorder.line(Speaker::server, text, Instant{});
        const ConversationRecord record = recorder.take();
        EXPECT_LE(record.lines.size(), Recorder::kMaxText / Recorder::kLineCost + 1);
        std::size_t octets = 0;
        for (const SpokenLine& line : record.lines)
            octets += line.text.size();
        EXPECT_LE(octets, Recorder::kMaxText + 100);
        EXPECT_EQ(record.lines.back().who, Speaker::note);
    }
}

}  // namespace
}  // namespace mailprobed
