// SPDX-License-Identifier: Apache-2.0
// Which fact is logged at which level with which fields, and what is not repeated.
#include "daemon/log/log_observer.hpp"

#include "probes/monitor/observer_list.hpp"
#include "tests/support/log_lines.hpp"
#include "tests/support/metrics_facts.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace mailprobed::daemon_test {
namespace {

using namespace std::chrono_literals;

constexpr StageCause kBusy{Stage::auth, Cause::mailbox_busy};
constexpr StageCause kRefused{Stage::connect, Cause::refused};

TEST(LogObserver, ADeliveredMailIsInfoWithItsTimes) {
    KeptLog kept(LogLevel::info);
    LogObserver observer(kept.log);
    observer.on(delivered(532ms));
    EXPECT_EQ(kept.one(),
              "<6>level=info event=mail probe=p mail=00000000000000a1 verdict=delivered "
              "round_trip=0.532 uncertainty=0.03 delivery=0.432 body=intact");
    MailJudged odd = delivered(1s);
    odd.unmeasured = true;
    odd.deadline_uncertain = true;
    observer.on(odd);
    EXPECT_TRUE(kept.one().ends_with("deadline_uncertain=true unmeasured=true"));
}

TEST(LogObserver, AFailedMailIsAWarningWithStageCauseAndDetail) {
    KeptLog kept(LogLevel::info);
    LogObserver observer(kept.log);
    MailJudged fact = judged(Verdict::send_failed, kRefused);
    fact.detail = "connect: \xff\nrefused";
    observer.on(fact);
    EXPECT_EQ(kept.one(),
              "<4>level=warning event=mail probe=p mail=00000000000000a1 verdict=send_failed "
              "stage=connect cause=refused detail=\"connect: \uFFFD\\nrefused\"");
    observer.on(judged(Verdict::lost));
    EXPECT_EQ(kept.one(), "<4>level=warning event=mail probe=p mail=00000000000000a1 verdict=lost");
}

TEST(LogObserver, AContradictionIsAWarningOtherEvidenceIsNot) {
    KeptLog kept(LogLevel::info);
    LogObserver observer(kept.log);
    observer.on(evidence(Evidence::contradiction));
    EXPECT_TRUE(kept.one().starts_with("<4>"));
    observer.on(evidence(Evidence::late, 700s));
    EXPECT_EQ(kept.one(),
              "<6>level=info event=after_verdict probe=p mail=00000000000000a1 kind=late "
              "latency=700");
}

TEST(LogObserver, TheSameLookFailureIsToldOncePerTenMinutesWithACount) {
    KeptLog kept(LogLevel::info);
    LogObserver observer(kept.log);
    observer.on(look(kBusy));
    EXPECT_EQ(kept.one(),
              "<4>level=warning event=look_failed mailbox=a stage=auth cause=mailbox_busy took=0");
    observer.on(look(kBusy, kWhen + 1min));
    observer.on(look(kBusy, kWhen + 10min - 1s));
    EXPECT_TRUE(kept.take().empty());
    observer.on(look(kBusy, kWhen + 10min));
    EXPECT_TRUE(kept.one().ends_with("not_logged=2"));
}

TEST(LogObserver, AnotherFailureOrAnotherMailboxIsToldAtOnce) {
    KeptLog kept(LogLevel::info);
    LogObserver observer(kept.log);
    observer.on(look(kBusy));
    observer.on(look(kRefused, kWhen + 1s));
    LookDone other = look(kRefused, kWhen + 1s);
    other.mailbox = "b";
    observer.on(other);
    EXPECT_EQ(kept.take().size(), 3U);
}

TEST(LogObserver, AClockSetBackDoesNotSilenceTheLog) {
    KeptLog kept(LogLevel::info);
    LogObserver observer(kept.log);
    observer.on(look(kBusy));
    observer.on(look(kBusy, kWhen - 24h));
    EXPECT_EQ(kept.take().size(), 2U);
}

TEST(LogObserver, RecoveryIsToldOnceAndStartsAnew) {
    KeptLog kept(LogLevel::info);
    LogObserver observer(kept.log);
    observer.on(look());
    EXPECT_TRUE(kept.take().empty());
    observer.on(look(kBusy));
    observer.on(look(kBusy));
    kept.take();
    observer.on(look());
    EXPECT_EQ(kept.one(), "<6>level=info event=look_recovered mailbox=a failed_looks=2");
    observer.on(look());
    EXPECT_TRUE(kept.take().empty());
    observer.on(look(kBusy));
    EXPECT_TRUE(kept.one().starts_with("<4>"));
}

TEST(LogObserver, ARemovalThatDidNotHoldIsTold) {
    KeptLog kept(LogLevel::info);
    LogObserver observer(kept.log);
    LookDone fact = look();
    fact.came_again = 2;
    observer.on(fact);
    EXPECT_EQ(kept.one(), "<4>level=warning event=removal_undone mailbox=a mails=2");
    fact = look();
    fact.sizes_change = true;
    observer.on(fact);
    EXPECT_EQ(kept.one(), "<6>level=info event=sizes_change mailbox=a");
}

TEST(LogObserver, MissedTicksAreWarningsAndBugsAreErrors) {
    KeptLog kept(LogLevel::info);
    LogObserver observer(kept.log);
    observer.on(TickMissed{"p", MissReason::overload, 2});
    EXPECT_EQ(kept.one(), "<4>level=warning event=tick_missed probe=p reason=overload count=2");
    observer.on(InternalError{"watcher a", "bad_alloc"});
    EXPECT_EQ(kept.one(), "<3>level=error event=internal_error where=\"watcher a\" what=bad_alloc");
}

TEST(LogObserver, TranscriptLinesAreWantedAndWrittenAtTraceOnly) {
    KeptLog quiet(LogLevel::debug);
    EXPECT_FALSE(LogObserver(quiet.log).interest().lines);
    KeptLog kept(LogLevel::trace);
    LogObserver observer(kept.log);
    EXPECT_TRUE(observer.interest().lines);
    observer.on(TranscriptLine{"p", Protocol::smtp, Speaker::server, "250 Ok"});
    EXPECT_EQ(kept.one(),
              "<7>level=trace event=transcript for=p protocol=smtp who=server text=\"250 Ok\"");
}

TEST(LogObserver, DetailsOfWhatGoesWellAreDebug) {
    KeptLog kept(LogLevel::debug);
    LogObserver observer(kept.log);
    observer.on(started());
    observer.on(stage(Stage::auth, 40ms));
    observer.on(look());
    observer.on(LookStageDone{"a", Stage::list, 1ms, Cause::eof});
    observer.on(TagRejected{"a", TagReject::forged});
    observer.on(Connected{"a", Protocol::pop3, IpFamily::v6});
    observer.on(Encrypted{"a", Protocol::pop3, TlsFacts{"TLSv1.3", "x", kWhen}});
    const std::vector<std::string> lines = kept.take();
    ASSERT_EQ(lines.size(), 7U);
    for (const std::string& line : lines)
        EXPECT_TRUE(line.starts_with("<7>level=debug")) << line;
    EXPECT_NE(lines[1].find("stage=auth took=0.04 result=ok"), std::string::npos);
    EXPECT_NE(lines[3].find("stage=list took=0.001 result=eof"), std::string::npos);
}

/// Counts the calls it gets.
class Counting final : public Observer {
  public:
    explicit Counting(bool lines) : lines_(lines) {}
    int calls = 0;

    void on(const Fact& /*fact*/) override { ++calls; }
    [[nodiscard]] Interest interest() const override { return {.lines = lines_}; }

  private:
    bool lines_;
};

TEST(LogObserverList, EveryFactReachesEveryObserverAndLinesOnlyThoseThatWantThem) {
    Counting first(false);
    Counting second(true);
    ObserverList list;
    list.add(first);
    EXPECT_FALSE(list.interest().lines);
    list.add(second);
    EXPECT_TRUE(list.interest().lines);
    list.on(started());
    list.on(stage(Stage::auth));
    list.on(judged(Verdict::lost));
    list.on(evidence(Evidence::late));
    list.on(pending(1));
    list.on(TickMissed{"p", MissReason::stalled, 1});
    list.on(look());
    list.on(TagRejected{"a", TagReject::forged});
    list.on(Connected{"a", Protocol::smtp, IpFamily::v4});
    list.on(Encrypted{"a", Protocol::smtp, TlsFacts{}});
    list.on(LookStageDone{"a", Stage::auth, 1ms, {}});
    list.on(InternalError{"x", "y"});
    list.on(TranscriptLine{"p", Protocol::smtp, Speaker::note, "z"});
    EXPECT_EQ(first.calls, 12);
    EXPECT_EQ(second.calls, 13);
}

}  // namespace
}  // namespace mailprobed::daemon_test
