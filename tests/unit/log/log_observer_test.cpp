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
    observer.mail_judged(delivered(532ms));
    EXPECT_EQ(kept.one(),
              "<6>level=info event=mail probe=p mail=00000000000000a1 verdict=delivered "
              "round_trip=0.532 uncertainty=0.03 delivery=0.432 body=intact");
    MailJudged odd = delivered(1s);
    odd.unmeasured = true;
    odd.deadline_uncertain = true;
    observer.mail_judged(odd);
    EXPECT_TRUE(kept.one().ends_with("deadline_uncertain=true unmeasured=true"));
}

TEST(LogObserver, AFailedMailIsAWarningWithStageCauseAndDetail) {
    KeptLog kept(LogLevel::info);
    LogObserver observer(kept.log);
    MailJudged fact = judged(Verdict::send_failed, kRefused);
    fact.detail = "connect: \xff\nrefused";
    observer.mail_judged(fact);
    EXPECT_EQ(kept.one(),
              "<4>level=warning event=mail probe=p mail=00000000000000a1 verdict=send_failed "
              "stage=connect cause=refused detail=\"connect: \uFFFD\\nrefused\"");
    observer.mail_judged(judged(Verdict::lost));
    EXPECT_EQ(kept.one(), "<4>level=warning event=mail probe=p mail=00000000000000a1 verdict=lost");
}

TEST(LogObserver, AContradictionIsAWarningOtherEvidenceIsNot) {
    KeptLog kept(LogLevel::info);
    LogObserver observer(kept.log);
    observer.evidence_found(evidence(Evidence::contradiction));
    EXPECT_TRUE(kept.one().starts_with("<4>"));
    observer.evidence_found(evidence(Evidence::late, 700s));
    EXPECT_EQ(kept.one(),
              "<6>level=info event=after_verdict probe=p mail=00000000000000a1 kind=late "
              "latency=700");
}

TEST(LogObserver, TheSameLookFailureIsToldOncePerTenMinutesWithACount) {
    KeptLog kept(LogLevel::info);
    LogObserver observer(kept.log);
    observer.look_done(look(kBusy));
    EXPECT_EQ(kept.one(),
              "<4>level=warning event=look_failed mailbox=a stage=auth cause=mailbox_busy took=0");
    observer.look_done(look(kBusy, kWhen + 1min));
    observer.look_done(look(kBusy, kWhen + 10min - 1s));
    EXPECT_TRUE(kept.take().empty());
    observer.look_done(look(kBusy, kWhen + 10min));
    EXPECT_TRUE(kept.one().ends_with("not_logged=2"));
}

TEST(LogObserver, AnotherFailureOrAnotherMailboxIsToldAtOnce) {
    KeptLog kept(LogLevel::info);
    LogObserver observer(kept.log);
    observer.look_done(look(kBusy));
    observer.look_done(look(kRefused, kWhen + 1s));
    LookDone other = look(kRefused, kWhen + 1s);
    other.mailbox = "b";
    observer.look_done(other);
    EXPECT_EQ(kept.take().size(), 3U);
}

TEST(LogObserver, AClockSetBackDoesNotSilenceTheLog) {
    KeptLog kept(LogLevel::info);
    LogObserver observer(kept.log);
    observer.look_done(look(kBusy));
    observer.look_done(look(kBusy, kWhen - 24h));
    EXPECT_EQ(kept.take().size(), 2U);
}

TEST(LogObserver, RecoveryIsToldOnceAndStartsAnew) {
    KeptLog kept(LogLevel::info);
    LogObserver observer(kept.log);
    observer.look_done(look());
    EXPECT_TRUE(kept.take().empty());
    observer.look_done(look(kBusy));
    observer.look_done(look(kBusy));
    kept.take();
    observer.look_done(look());
    EXPECT_EQ(kept.one(), "<6>level=info event=look_recovered mailbox=a failed_looks=2");
    observer.look_done(look());
    EXPECT_TRUE(kept.take().empty());
    observer.look_done(look(kBusy));
    EXPECT_TRUE(kept.one().starts_with("<4>"));
}

TEST(LogObserver, ARemovalThatDidNotHoldIsTold) {
    KeptLog kept(LogLevel::info);
    LogObserver observer(kept.log);
    LookDone fact = look();
    fact.came_again = 2;
    observer.look_done(fact);
    EXPECT_EQ(kept.one(), "<4>level=warning event=removal_undone mailbox=a mails=2");
    fact = look();
    fact.sizes_change = true;
    observer.look_done(fact);
    EXPECT_EQ(kept.one(), "<6>level=info event=sizes_change mailbox=a");
}

TEST(LogObserver, MissedTicksAreWarningsAndBugsAreErrors) {
    KeptLog kept(LogLevel::info);
    LogObserver observer(kept.log);
    observer.tick_missed("p", MissReason::overload, 2);
    EXPECT_EQ(kept.one(), "<4>level=warning event=tick_missed probe=p reason=overload count=2");
    observer.internal_error("watcher a", "bad_alloc");
    EXPECT_EQ(kept.one(), "<3>level=error event=internal_error where=\"watcher a\" what=bad_alloc");
}

TEST(LogObserver, TranscriptLinesAreWantedAndWrittenAtTraceOnly) {
    KeptLog quiet(LogLevel::debug);
    EXPECT_FALSE(LogObserver(quiet.log).wants_lines());
    KeptLog kept(LogLevel::trace);
    LogObserver observer(kept.log);
    EXPECT_TRUE(observer.wants_lines());
    observer.transcript_line("p", Protocol::smtp, Speaker::server, "250 Ok");
    EXPECT_EQ(kept.one(),
              "<7>level=trace event=transcript for=p protocol=smtp who=server text=\"250 Ok\"");
}

TEST(LogObserver, DetailsOfWhatGoesWellAreDebug) {
    KeptLog kept(LogLevel::debug);
    LogObserver observer(kept.log);
    observer.mail_started(started());
    observer.stage_done(stage(Stage::auth, 40ms));
    observer.look_done(look());
    observer.look_stage_done("a", Stage::list, 1ms, Cause::eof);
    observer.tag_rejected("a", TagReject::forged);
    observer.connected("a", Protocol::pop3, IpFamily::v6);
    observer.encrypted("a", Protocol::pop3, TlsFacts{"TLSv1.3", "x", kWhen});
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

    void mail_started(const MailStarted&) override { ++calls; }
    void stage_done(const StageDone&) override { ++calls; }
    void mail_judged(const MailJudged&) override { ++calls; }
    void evidence_found(const EvidenceFound&) override { ++calls; }
    void pending_changed(const PendingState&) override { ++calls; }
    void tick_missed(std::string_view, MissReason, std::uint64_t) override { ++calls; }
    void look_done(const LookDone&) override { ++calls; }
    void tag_rejected(std::string_view, TagReject) override { ++calls; }
    void connected(std::string_view, Protocol, IpFamily) override { ++calls; }
    void encrypted(std::string_view, Protocol, const TlsFacts&) override { ++calls; }
    [[nodiscard]] bool wants_lines() const override { return lines_; }
    void transcript_line(std::string_view, Protocol, Speaker, std::string_view) override {
        ++calls;
    }
    void look_stage_done(std::string_view, Stage, Duration, std::optional<Cause>) override {
        ++calls;
    }
    void internal_error(std::string_view, std::string_view) override { ++calls; }

  private:
    bool lines_;
};

TEST(LogObserverList, EveryFactReachesEveryObserverAndLinesOnlyThoseThatWantThem) {
    Counting first(false);
    Counting second(true);
    ObserverList list;
    list.add(first);
    EXPECT_FALSE(list.wants_lines());
    list.add(second);
    EXPECT_TRUE(list.wants_lines());
    list.mail_started(started());
    list.stage_done(stage(Stage::auth));
    list.mail_judged(judged(Verdict::lost));
    list.evidence_found(evidence(Evidence::late));
    list.pending_changed(pending(1));
    list.tick_missed("p", MissReason::stalled, 1);
    list.look_done(look());
    list.tag_rejected("a", TagReject::forged);
    list.connected("a", Protocol::smtp, IpFamily::v4);
    list.encrypted("a", Protocol::smtp, TlsFacts{});
    list.look_stage_done("a", Stage::auth, 1ms, {});
    list.internal_error("x", "y");
    list.transcript_line("p", Protocol::smtp, Speaker::note, "z");
    EXPECT_EQ(first.calls, 12);
    EXPECT_EQ(second.calls, 13);
}

}  // namespace
}  // namespace mailprobed::daemon_test
