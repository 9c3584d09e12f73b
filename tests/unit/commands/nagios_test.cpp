// SPDX-License-Identifier: Apache-2.0
// The line of `once --nagios` (Monitoring Plugins Development Guidelines: one line, perfdata).
#include "daemon/commands/nagios.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

namespace mailprobed::daemon_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;

CheckFacts delivered() {
    CheckFacts facts;
    facts.probe = "qq-self";
    facts.verdict = Verdict::delivered;
    facts.round_trip = milliseconds{2310};
    facts.uncertainty = milliseconds{400};
    facts.delivery = milliseconds{2000};
    facts.body = BodyState::intact;
    facts.slo_latency = seconds{60};
    facts.deadline = seconds{300};
    facts.smtp = milliseconds{310};
    facts.mailbox = milliseconds{50};
    facts.looks = 3;
    return facts;
}

CheckFacts failed(Verdict verdict) {
    CheckFacts facts = delivered();
    facts.verdict = verdict;
    facts.round_trip = facts.uncertainty = facts.delivery = {};
    return facts;
}

TEST(Nagios, OkIsOneLineWithPerfdata) {
    const CheckResult result = check_result(delivered());
    EXPECT_EQ(result.status, CheckStatus::ok);
    EXPECT_EQ(result.line,
              "MAILPROBED OK - qq-self: delivered after 2.310 s (uncertainty 0.400 s) | "
              "round_trip=2.310s;60;300;0 uncertainty=0.400s;;;0 delivery=2.000s;;;0 "
              "smtp=0.310s;;;0 mailbox=0.050s;;;0 looks=3;;;0");
}

TEST(Nagios, TheThresholdItselfIsStillOk) {
    CheckFacts facts = delivered();
    facts.round_trip = facts.slo_latency = milliseconds{2500};
    EXPECT_EQ(check_result(facts).status, CheckStatus::ok);
    EXPECT_THAT(check_result(facts).line, HasSubstr("round_trip=2.500s;2.5;300;0"));
    facts.round_trip += milliseconds{1};
    EXPECT_EQ(check_result(facts).status, CheckStatus::warning);
    EXPECT_THAT(check_result(facts).line, HasSubstr(", slower than 2.5 s |"));
}

TEST(Nagios, WhatIsDeliveredBadlyIsAWarning) {
    CheckFacts facts = delivered();
    facts.body = BodyState::altered;
    EXPECT_THAT(check_result(facts).line, StartsWith("MAILPROBED WARNING - "));
    EXPECT_THAT(check_result(facts).line, HasSubstr(", its body was altered |"));
    facts = delivered();
    facts.duplicated = true;
    EXPECT_THAT(check_result(facts).line, HasSubstr(", it came more than once |"));
    EXPECT_EQ(check_result(facts).status, CheckStatus::warning);
    facts = delivered();
    facts.removed = false;
    EXPECT_THAT(check_result(facts).line, HasSubstr(", it could not be removed from the mailbox"));
    EXPECT_EQ(check_result(facts).status, CheckStatus::warning);
    facts = delivered();
    facts.body = BodyState::unread;
    EXPECT_EQ(check_result(facts).status, CheckStatus::ok);
}

TEST(Nagios, WhatIsNotDeliveredIsCritical) {
    CheckFacts facts = failed(Verdict::send_failed);
    facts.failure = StageCause{Stage::auth, Cause::auth_rejected};
    facts.detail = "535 5.7.8 no";
    EXPECT_EQ(check_result(facts).status, CheckStatus::critical);
    EXPECT_EQ(check_result(facts).line,
              "MAILPROBED CRITICAL - qq-self: send_failed at auth: auth_rejected, last words: 535 "
              "5.7.8 no | smtp=0.310s;;;0 mailbox=0.050s;;;0 looks=3;;;0");
    EXPECT_THAT(check_result(failed(Verdict::lost)).line,
                StartsWith("MAILPROBED CRITICAL - qq-self: lost, "));
    EXPECT_THAT(check_result(failed(Verdict::bounced)).line,
                StartsWith("MAILPROBED CRITICAL - qq-self: bounced |"));
}

TEST(Nagios, WhatNobodyKnowsIsUnknown) {
    CheckFacts facts = failed(Verdict::unobserved);
    facts.look_failure = StageCause{Stage::auth, Cause::auth_rejected};
    EXPECT_EQ(check_result(facts).status, CheckStatus::unknown);
    EXPECT_THAT(check_result(facts).line,
                StartsWith("MAILPROBED UNKNOWN - qq-self: unobserved, the mailbox could not be "
                           "read (auth: auth_rejected) |"));
    facts = failed(Verdict::send_failed);
    facts.failure = StageCause{Stage::data, Cause::internal};
    EXPECT_EQ(check_result(facts).status, CheckStatus::unknown);
}

TEST(Nagios, WordsOfAServerBreakNeitherLineNorPerfdata) {
    CheckFacts facts = failed(Verdict::bounced);
    facts.probe = "a|b\nc";
    facts.detail = "550 no | round_trip=0\r\nMAILPROBED OK - \x1b[2J" + std::string(9999, 'x');
    const std::string line = check_result(facts).line;
    EXPECT_EQ(std::ranges::count(line, '|'), 1);
    EXPECT_EQ(line.find_first_of("\r\n\x1b"), std::string::npos);
    EXPECT_LT(line.size(), 1024U);
    const std::string unknown = check_unknown("a|b\nc\n");
    EXPECT_EQ(unknown, "MAILPROBED UNKNOWN - a/b\\u000ac");
    EXPECT_LT(check_unknown(std::string(9999, '\n') + std::string(9999, 'x')).size(), 10'000U);
}

TEST(Nagios, PerfdataHasTheFormOfTheGuidelines) {
    const std::regex form(R"( [a-z0-9_]+=[0-9]+(\.[0-9]+)?s?;[0-9.]*;[0-9.]*;0)");
    std::string data = check_result(delivered()).line;
    data.erase(0, data.find('|') + 1);
    EXPECT_EQ(std::regex_replace(data, form, ""), "");
}

TEST(Nagios, StatusesAreThoseOfTheGuidelines) {
    EXPECT_EQ(static_cast<int>(CheckStatus::ok), 0);
    EXPECT_EQ(static_cast<int>(CheckStatus::warning), 1);
    EXPECT_EQ(static_cast<int>(CheckStatus::critical), 2);
    EXPECT_EQ(static_cast<int>(CheckStatus::unknown), 3);
}

}  // namespace
}  // namespace mailprobed::daemon_test
