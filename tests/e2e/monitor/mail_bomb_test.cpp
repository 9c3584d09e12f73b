// SPDX-License-Identifier: Apache-2.0
// B4.3: mailboxes and mails that are meant to be too much, over real sockets. The look ends within
// its budget and says why, memory stays flat, and the other mailboxes notice nothing.
#include "probes/domain/identity/tag.hpp"
#include "probes/net/crypto.hpp"
#include "tests/e2e/monitor/bottomless_server.hpp"
#include "tests/e2e/monitor/monitor_run.hpp"
#include "tests/session/heap_peak.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace mailprobed::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kMebibyte = 1024UL * 1024UL;
// What two kernels hold beyond what the client has read: tcp_wmem and tcp_rmem at their most.
constexpr std::uint64_t kSocketBuffers = 16ULL * kMebibyte;

// Generous, because a loaded machine with sanitizers reads a million lines in ten seconds.
constexpr seconds kBudget{120};

/// alice's mails are delivered by the embedded server, but her mailbox is read at `drop`.
struct Bombed {
    explicit Bombed(Maildrop drop) : bomb(std::move(drop)), server(options()) {
        server.start();
        settings = settings_for(server, {"alice", "bob"});
        MailboxSettings& mailbox = *settings.accounts[0].mailbox;
        mailbox.server.port = bomb.port();
        mailbox.timeouts.command = kBudget;
        mailbox.timeouts.total = kBudget;
    }
    static loopback::Options options() {
        loopback::Options result;
        result.accounts = accounts_for({"alice", "bob"});
        result.log.level = loopback::LogLevel::none;
        return result;
    }

    BottomlessServer bomb;
    loopback::Server server;
    Settings settings;
    Recorder recorder;
};

std::size_t failed(const Recorder& r, const std::string& mailbox, StageCause pair) {
    const auto found = r.failures_of.find(mailbox);
    if (found == r.failures_of.end()) return 0;
    return static_cast<std::size_t>(std::ranges::count(found->second, pair));
}

void expect_unharmed(const Recorder& r, const std::string& mailbox) {
    EXPECT_EQ(r.count(mailbox, Verdict::delivered),
              static_cast<int>(std::ranges::count(r.verdicts, mailbox, &RecordedVerdict::probe)));
    EXPECT_FALSE(r.failures_of.contains(mailbox));
    EXPECT_LT(r.worst_lag.at(mailbox), seconds{1});
    EXPECT_LT(r.longest_look.at(mailbox), seconds{2});
    EXPECT_EQ(r.missed.count(mailbox), 0U);
}

TEST(MailBomb, B4_3_AMillionSmallMailsEndTheLookAsTooManyWithFlatMemory) {
    Maildrop drop;
    drop.mails = 1'000'000;
    Bombed box(drop);
    const script::HeapPeak heap;
    MonitorThread monitor(box.settings, box.recorder);
    const StageCause too_large{Stage::list, Cause::mailbox_too_large};
    ASSERT_TRUE(box.recorder.wait(
        [&](const Recorder& r) { return failed(r, "alice", too_large) >= 1; }, seconds{120}));
    const std::size_t first = heap.growth();
    ASSERT_TRUE(box.recorder.wait(
        [&](const Recorder& r) {
            return failed(r, "alice", too_large) >= 2 && r.count("bob", Verdict::delivered) >= 3;
        },
        seconds{120}));
    monitor.stop();
    EXPECT_GE(box.bomb.listings(), 2U);
    EXPECT_EQ(box.bomb.deletions(), 0U);
    EXPECT_EQ(box.recorder.failures_of["alice"].size(), failed(box.recorder, "alice", too_large));
    EXPECT_LT(box.recorder.longest_look["alice"], kBudget);
    EXPECT_EQ(box.recorder.count("alice", Verdict::lost), 0) << "nobody can know";
    expect_unharmed(box.recorder, "bob");
    // 100,000 entries at most are remembered during a listing, and no look adds to that.
    EXPECT_LT(first, 24 * kMebibyte);
    EXPECT_LT(heap.growth(), first + 4 * kMebibyte);
}

// Without TOP all of a mail comes; the look that meets it is the only one that it ends.
TEST(MailBomb, B4_3_AMailOfTwoGibibytesIsGivenUpAtTheCapAndNotReadAgain) {
    Maildrop drop;
    drop.announced = drop.body = 2ULL << 30U;
    drop.top = false;
    Bombed box(drop);
    const script::HeapPeak heap;
    MonitorThread monitor(box.settings, box.recorder);
    ASSERT_TRUE(box.recorder.wait([](const Recorder& r) {
        return failed(r, "alice", {Stage::body, Cause::too_big}) >= 1 &&
               r.count("alice", Verdict::lost) >= 1 && r.count("bob", Verdict::delivered) >= 2;
    }));
    monitor.stop();
    EXPECT_EQ(box.recorder.failures_of["alice"].size(), 1U) << "later looks go past it";
    EXPECT_LE(box.bomb.longest_answer(), 17 * kMebibyte + kSocketBuffers);
    EXPECT_LT(heap.growth(), 8 * kMebibyte);
    EXPECT_EQ(box.bomb.deletions(), 0U);
    expect_unharmed(box.recorder, "bob");
}

// Somebody who saw a tag of ours can put it on top of anything.
TEST(MailBomb, B4_3_ATrueTagOnTwoGibibytesIsRecognisedUnreadAndRemoved) {
    const TagCodec codec(Secret(std::string(32, 'k')), hmac_sha256);
    const std::string tag = codec.write({name_id("test"), probe_id("alice"), 7, 1, 1});
    Maildrop drop;
    drop.announced = drop.body = 2ULL << 30U;
    drop.header = [tag](std::uint32_t) { return "X-Mailprobed-Tag: " + tag + "\r\n\r\n"; };
    Bombed box(drop);
    const script::HeapPeak heap;
    MonitorThread monitor(box.settings, box.recorder);
    ASSERT_TRUE(box.recorder.wait([](const Recorder& r) {
        return failed(r, "alice", {Stage::body, Cause::too_big}) >= 1 &&
               r.count("bob", Verdict::delivered) >= 2 && r.deleted >= 3;
    }));
    monitor.stop();
    EXPECT_GE(box.bomb.deletions(), 1U);
    EXPECT_EQ(box.recorder.evidence["alice"][Evidence::orphan], 1);
    EXPECT_LE(box.bomb.longest_answer(), kMebibyte + kSocketBuffers);
    EXPECT_LT(heap.growth(), 8 * kMebibyte);
    EXPECT_EQ(box.recorder.count("alice", Verdict::delivered), 0);
    expect_unharmed(box.recorder, "bob");
}

// Even the header may have no end.
TEST(MailBomb, B4_3_AHeaderOfTwentyMebibytesEndsOneLookAndNotTheNext) {
    Maildrop drop;
    drop.fields = 20 * kMebibyte;
    Bombed box(drop);
    const script::HeapPeak heap;
    MonitorThread monitor(box.settings, box.recorder);
    ASSERT_TRUE(box.recorder.wait([](const Recorder& r) {
        return failed(r, "alice", {Stage::headers, Cause::protocol_error}) >= 1 &&
               r.count("alice", Verdict::lost) >= 1 && r.count("bob", Verdict::delivered) >= 2;
    }));
    monitor.stop();
    // One ended there; one that decided first asked for its size, and claimed nothing.
    EXPECT_LE(box.recorder.failures_of["alice"].size(), 2U);
    EXPECT_LT(heap.growth(), 8 * kMebibyte);
    EXPECT_EQ(box.bomb.deletions(), 0U);
    expect_unharmed(box.recorder, "bob");
}

TEST(MailBomb, B4_3_MonstrousButFiniteMailsDisturbNoArrival) {
    loopback::Server server(Bombed::options());
    server.start();
    std::string received;
    for (int i = 0; i < 10'000; ++i)
        received += "Received: from a by b; Mon, 22 Apr 2013 16:22:01 +0000\r\n";
    std::string nested = "Content-Type: multipart/mixed; boundary=b0\r\n\r\n";
    for (int i = 0; i < 1000; ++i) {
        nested += "--b" + std::to_string(i) + "\r\nContent-Type: multipart/mixed; boundary=b" +
                  std::to_string(i + 1) + "\r\n\r\n";
    }
    std::string zip = "Content-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\r\n";
    for (int i = 0; i < 20'000; ++i)
        zip += "UEsDBBQAAAAIAAAAIQ" + std::string(58, 'A') + "\r\n";
    const std::vector<std::string> monsters{
        "Subject: " + std::string(kMebibyte, 's') + "\r\n\r\nx\r\n",
        received + "Subject: many\r\n\r\nx\r\n",
        nested,
        zip,
        std::string(kMebibyte, 'x') + "\r\n",
        std::string(100'000, '\0') + "\r\n\r\n"};
    for (const std::string& mail : monsters)
        server.inject("alice", mail);
    Recorder recorder;
    MonitorThread monitor(settings_for(server, {"alice", "bob"}), recorder);
    ASSERT_TRUE(recorder.wait([](const Recorder& r) {
        return r.count("alice", Verdict::delivered) >= 2 && r.count("bob", Verdict::delivered) >= 2;
    }));
    monitor.stop();
    for (const RecordedVerdict& verdict : recorder.verdicts) {
        EXPECT_EQ(verdict.fact.verdict, Verdict::delivered) << verdict.probe;
        EXPECT_EQ(verdict.fact.body, BodyState::intact) << verdict.probe;
    }
    // The last two have no header section that ends, as when a server lost a part.
    const StageCause unreadable{Stage::headers, Cause::protocol_error};
    EXPECT_EQ(std::ranges::count(recorder.look_failures, unreadable),
              std::ssize(recorder.look_failures));
    // A mail of ours may have been on its way when everything ended.
    EXPECT_EQ(std::ranges::count(server.mailbox("alice"), "", &loopback::StoredMail::tag),
              static_cast<std::ptrdiff_t>(monsters.size()));
    EXPECT_LT(recorder.longest_look["alice"], seconds{5});
    expect_unharmed(recorder, "bob");
    EXPECT_TRUE(recorder.internal_errors.empty());
}

}  // namespace
}  // namespace mailprobed::test
