// SPDX-License-Identifier: Apache-2.0
// A hundred probes, ten of them broken in ten ways at once: the others must not feel it.
#include "probes/domain/identity/tag.hpp"
#include "probes/net/crypto.hpp"
#include "tests/campaigns/torture/summary.hpp"
#include "tests/e2e/monitor/dead_ports.hpp"
#include "tests/e2e/monitor/hanging_names.hpp"
#include "tests/e2e/monitor/monitor_run.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>

namespace mailprobed::test {
namespace {

using loopback::parse_fault;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kHealthy = 90;
/// What another probe may feel, and how long the faults last: ten times as long and more.
constexpr auto kFelt = seconds{1};
constexpr auto kStall = seconds{10};
constexpr auto kDeadline = seconds{11};
constexpr auto kInterval = seconds{4};
constexpr std::uint64_t kTicks = 6;

/// One way to be broken and what must be said of it.
struct Broken {
    std::string user;
    /// The rules at the server; PEER is the user's own address.
    std::string fault;
    Verdict verdict = Verdict::send_failed;
    StageCause failure{};
};

std::vector<Broken> ways() {
    using enum Stage;
    using enum Cause;
    constexpr auto kUnseen = Verdict::unobserved;
    constexpr auto kFailed = Verdict::send_failed;
    return {
        {"hung-name", "", kFailed, {resolve, timeout}},
        {"refused", "", kFailed, {connect, refused}},
        {"deaf", "", kFailed, {connect, timeout}},
        {"stalled-tls", "smtp tls stall", kFailed, {tls, timeout}},
        {"dripping", "smtp greeting drip for=1s", kFailed, {greeting, timeout}},
        {"garbled",
         "smtp EHLO garbage text=\"\\xff\\x01 what?\\r\\n\"",
         kFailed,
         {hello, protocol_error}},
        {"locked-out", "smtp LOGIN refuse", kFailed, {auth, auth_rejected}},
        {"swallowed", "smtp DOT stall", kFailed, {accept, timeout}},
        {"busy", "pop3 LOGIN lock_held", kUnseen, {auth, mailbox_busy}},
        {"endless", "pop3 UIDL endless_line", kUnseen, {list, limit_exceeded}},
    };
}

class Crowd : public testing::Test {
  protected:
    Crowd() {
        for (int i = 0; i < kHealthy; ++i)
            healthy_.push_back("h" + std::to_string(i));
        users_ = healthy_;
        for (const Broken& one : broken_)
            users_.push_back(one.user);
        loopback::Options options;
        options.accounts = accounts_for(users_);
        options.delay = loopback::DelayModel::uniform(milliseconds{20}, milliseconds{200});
        options.log.level = loopback::LogLevel::mails;
        server_ = std::make_unique<loopback::Server>(options);
        server_->start();
        settings_ = settings_for(*server_, users_);
        for (ProbeSettings& probe : settings_.probes) {
            probe.interval = kInterval;
            probe.deadline = kDeadline;
        }
        for (std::size_t i = 0; i < broken_.size(); ++i)
            break_it(broken_[i], "127.0.6." + std::to_string(i + 1));
    }

    void break_it(const Broken& one, const std::string& peer) {
        if (!one.fault.empty()) server_->add_fault(parse_fault(one.fault + " peer=" + peer));
        const auto account =
            std::ranges::find(settings_.accounts, one.user, &AccountSettings::name);
        SmtpSettings& smtp = *account->smtp;
        smtp.server.source_address = peer;
        account->mailbox->server.source_address = peer;
        smtp.timeouts = {kStall, kStall, kStall, kStall, kStall, kStall, kStall, kStall, kDeadline};
        if (one.user == "hung-name") smtp.server.host = "hung.invalid";
        if (one.user == "refused") smtp.server.port = dead_.number();
        if (one.user == "deaf") smtp.server.port = deaf_.number();
        if (one.user != "stalled-tls") return;
        smtp.server.port = server_->ports().smtps;
        smtp.server.tls = TlsMode::implicit;
        smtp.server.ca_file = server_->ca_file();
    }

    [[nodiscard]] bool said(const Recorder& recorder, const Broken& one) const {
        const bool judged = std::ranges::any_of(recorder.verdicts, [&](const auto& verdict) {
            const bool failed =
                verdict.fact.verdict != Verdict::send_failed || verdict.fact.failure == one.failure;
            return verdict.probe == one.user && verdict.fact.verdict == one.verdict && failed;
        });
        const bool looked = one.verdict != Verdict::unobserved ||
                            recorder.look_failed(one.failure.stage, one.failure.cause);
        return judged && looked;
    }

    // Every healthy probe has had its ticks and every broken one its verdict.
    [[nodiscard]] bool complete(const Recorder& recorder) const {
        const auto ticked = [&](const std::string& user) {
            const auto found = recorder.started.find(user);
            return found != recorder.started.end() && found->second >= kTicks;
        };
        return std::ranges::all_of(users_, ticked) &&
               std::ranges::all_of(broken_, [&](const auto& one) { return said(recorder, one); });
    }

    // From the server's own log: when each mail could be seen.
    [[nodiscard]] std::map<MailId, Instant> visible() const {
        const TagCodec codec(Secret(std::string(32, 'k')), hmac_sha256);
        std::map<MailId, Instant> result;
        for (const loopback::Event& event : server_->events()) {
            if (event.kind != loopback::EventKind::visible || !event.mail) continue;
            const TagReading reading = codec.read(event.mail->tag);
            if (reading.tag) result[reading.tag->mail] = Instant(Duration(event.at_ns));
        }
        return result;
    }

    std::vector<Broken> broken_ = ways();
    std::vector<std::string> healthy_;
    std::vector<std::string> users_;
    DeadPort dead_;
    DeafPort deaf_;
    std::unique_ptr<loopback::Server> server_;
    Settings settings_;
    HangingNames names_;
};

// For the reader of `make torture`; the expectations of the test hold when it is called.
void tell(std::size_t mails, Duration worst_lag) {
    using Milliseconds = std::chrono::duration<double, std::milli>;
    const auto limit = std::chrono::duration_cast<milliseconds>(kFelt).count();
    const auto lag = std::chrono::duration_cast<Milliseconds>(worst_lag).count();
    std::array<char, 160> line{};
    std::snprintf(
        line.data(), line.size(),
        "%zu mails of %d healthy probes, latencies in [L, U] %zu, worst start lag %.2f ms "
        "(limit %lld ms)",
        mails, kHealthy, mails, lag, static_cast<long long>(limit));
    std::printf("%s\n", line.data());
    if (!testing::Test::HasFailure()) summarize("crowd", line.data());
}

TEST_F(Crowd, ATenthBrokenInEveryWayLeavesTheOthersOnTimeAndTheirLatenciesTrue) {
    Recorder recorder;
    MonitorThread monitor(settings_, recorder, names_);
    const bool lived = recorder.wait([&](const Recorder& r) { return complete(r); }, seconds{120});
    names_.release();
    monitor.stop();
    for (const Broken& one : broken_)
        EXPECT_TRUE(said(recorder, one)) << one.user;
    ASSERT_TRUE(lived) << "every probe ticks, the broken ones too";
    for (const std::string& user : users_) {
        EXPECT_LT(recorder.worst_lag[user], kFelt) << user;
        EXPECT_EQ(recorder.missed[user], 0U) << user;
    }
    for (const std::string& user : healthy_)
        EXPECT_GE(recorder.count(user, Verdict::delivered), static_cast<int>(kTicks) - 1) << user;
    const std::map<MailId, Instant> seen = visible();
    std::size_t checked = 0;
    for (const RecordedVerdict& verdict : recorder.verdicts) {
        if (std::ranges::find(healthy_, verdict.probe) == healthy_.end()) continue;
        const MailJudged& fact = verdict.fact;
        ASSERT_EQ(fact.verdict, Verdict::delivered) << verdict.probe << ' ' << verdict.detail;
        ASSERT_TRUE(seen.contains(fact.mail)) << verdict.probe;
        const Instant at = seen.at(fact.mail);
        EXPECT_LE((fact.lower - at).count(), 0) << verdict.probe << ": L is too late, ns";
        EXPECT_GE((fact.upper - at).count(), 0) << verdict.probe << ": U is too early, ns";
        // As narrow as planned, up to what one look takes.
        EXPECT_LT(fact.uncertainty(), fact.planned_gap + kFelt) << verdict.probe;
        EXPECT_FALSE(fact.unmeasured) << verdict.probe;
        ++checked;
    }
    EXPECT_GE(checked, kHealthy * (kTicks - 1));
    EXPECT_TRUE(recorder.internal_errors.empty());
    Duration worst{};
    for (const std::string& user : healthy_)
        worst = std::max(worst, recorder.worst_lag[user]);
    tell(checked, worst);
}

}  // namespace
}  // namespace mailprobed::test
