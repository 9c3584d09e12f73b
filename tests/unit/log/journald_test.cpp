// SPDX-License-Identifier: Apache-2.0
// What journald is handed: fields that can be searched for, and nothing that could pass for
// another.
#include "daemon/log/journald.hpp"

#include "daemon/log/log_observer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mailprobed::daemon_test {
namespace {

using testing::Contains;
using testing::ElementsAre;

using Entry = std::vector<std::string>;

/// A log whose journald keeps what it is handed, and says `answer` to it.
struct Journald {
    explicit Journald(int result = 0) : answer(result) {}

    int answer;
    std::vector<Entry> entries;
    Log log{LogSettings{LogLevel::debug, LogFormat::journal},
            [this](std::span<const std::string> entry) {
                entries.emplace_back(entry.begin(), entry.end());
                return answer;
            }};
};

TEST(Journald, AnEventIsAMessageAPriorityAndItsFieldsInCapitals) {
    Journald to;
    to.log.write(LogLevel::warning, "mail",
                 {{"probe", "qq-self"}, {"verdict", "lost"}, {"attempt", 2}, {"unmeasured", true}});
    ASSERT_EQ(to.entries.size(), 1U);
    EXPECT_THAT(
        to.entries[0],
        ElementsAre("MESSAGE=event=mail probe=qq-self verdict=lost attempt=2 unmeasured=true",
                    "PRIORITY=4", "SYSLOG_IDENTIFIER=mailprobed", "MAILPROBED_EVENT=mail",
                    "MAILPROBED_PROBE=qq-self", "MAILPROBED_VERDICT=lost", "MAILPROBED_ATTEMPT=2",
                    "MAILPROBED_UNMEASURED=true"));
}

TEST(Journald, AMailsVerdictCanBeFoundByProbeMailVerdictStageAndCause) {
    Journald to;
    LogObserver observer(to.log);
    MailJudged fact;
    fact.probe = "qq-self";
    fact.mail = 0x1234;
    fact.verdict = Verdict::send_failed;
    fact.failure = StageCause{Stage::auth, Cause::auth_rejected};
    observer.on(fact);
    ASSERT_EQ(to.entries.size(), 1U);
    for (const char* wanted : {"MAILPROBED_PROBE=qq-self", "MAILPROBED_MAIL=0000000000001234",
                               "MAILPROBED_VERDICT=send_failed", "MAILPROBED_STAGE=auth",
                               "MAILPROBED_CAUSE=auth_rejected", "PRIORITY=4"}) {
        EXPECT_THAT(to.entries[0], Contains(wanted));
    }
}

TEST(Journald, NoValueCanStartAnotherFieldOrLine) {
    Journald to;
    to.log.write(LogLevel::info, "e", {{"detail", "a\nPRIORITY=0\r\x1b[2J\\ \"q\" \xc4"}});
    ASSERT_EQ(to.entries.size(), 1U);
    EXPECT_EQ(to.entries[0].back(),
              "MAILPROBED_DETAIL=a\\nPRIORITY=0\\r\\u001b[2J\\\\ \"q\" \uFFFD");
    for (const std::string& assignment : to.entries[0])
        EXPECT_EQ(assignment.find('\n'), std::string::npos) << assignment;
}

TEST(Journald, EventsBelowTheLevelAreNotSent) {
    Journald to;
    to.log.write(LogLevel::trace, "transcript");
    EXPECT_TRUE(to.entries.empty());
}

TEST(Journald, WhatItDoesNotTakeGoesToStandardErrorWithItsPriority) {
    Journald to(-2);
    testing::internal::CaptureStderr();
    to.log.write(LogLevel::error, "e", {{"a", 1}});
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "<3>level=error event=e a=1\n");
}

TEST(Journald, LevelsHaveThePrioritiesOfSyslog) {
    const std::pair<LogLevel, char> cases[] = {{LogLevel::trace, '7'},
                                               {LogLevel::debug, '7'},
                                               {LogLevel::info, '6'},
                                               {LogLevel::warning, '4'},
                                               {LogLevel::error, '3'}};
    for (const auto& [level, priority] : cases)
        EXPECT_EQ(journald_priority(level), priority);
}

}  // namespace
}  // namespace mailprobed::daemon_test
