// SPDX-License-Identifier: Apache-2.0
// B4.4 to B4.6: tags that are forged, altered, replayed, old, new or somebody else's never become
// an arrival; keys can be changed without losing the mails under way.
#include "probes/domain/identity/tag.hpp"

#include "probes/net/crypto.hpp"
#include "tests/e2e/monitor/monitor_run.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace mailprobed::test {
namespace {

using loopback::parse_fault;
using std::chrono::milliseconds;
using std::chrono::seconds;

class TagTest : public testing::Test {
  protected:
    TagTest() : server(options()) {
        server.start();
        settings = settings_for(server, {"alice"});
    }

    static loopback::Options options() {
        loopback::Options result;
        result.accounts = accounts_for({"alice", "bob"});
        return result;
    }
    [[nodiscard]] std::string written(const Tag& tag) const {
        return TagCodec(settings.tag_key, hmac_sha256).write(tag);
    }
    [[nodiscard]] Tag own_tag(MailId mail) const {
        return {name_id(settings.instance), probe_id("alice"), mail, 1, 1};
    }
    void put(const std::string& user, const std::string& tag, const std::string& more = {}) {
        server.inject(user, "X-Mailprobed-Tag: " + tag + "\r\n" + more + "\r\nx\r\n");
    }
    /// What the server got at the first dot from event `from` on.
    std::shared_ptr<const loopback::MailFacts> sent(std::size_t from = 0) {
        const auto event = server.wait_for(
            [](const loopback::Event& e) { return e.kind == loopback::EventKind::mail; },
            seconds{20}, from);
        return event ? event->mail : nullptr;
    }

    loopback::Server server;
    Settings settings;
    Recorder recorder;
};

TEST_F(TagTest, B4_5_AMailSentBeforeAKeyRotationIsRecognisedAfterItAndAThirdKeyIsNot) {
    const auto send_and_leave = [&] {
        server.refuse(loopback::Protocol::pop3);
        Recorder ignored;
        EXPECT_EQ(send_once(settings, "alice", ignored).verdict, Verdict::unobserved);
        server.resume(loopback::Protocol::pop3);
        EXPECT_EQ(server.mailbox("alice").size(), 1U);
    };
    const Secret old_key = settings.tag_key;
    send_and_leave();
    settings.tag_key = Secret(std::string(32, 'n'));
    settings.previous_tag_key = old_key;
    EXPECT_EQ(send_once(settings, "alice", recorder).verdict, Verdict::delivered);
    EXPECT_EQ(recorder.evidence["alice"][Evidence::orphan], 1);
    EXPECT_TRUE(recorder.rejected.empty());
    EXPECT_TRUE(server.mailbox("alice").empty()) << "both were ours and removed";

    settings.tag_key = old_key;
    settings.previous_tag_key = Secret();
    send_and_leave();
    settings.tag_key = Secret(std::string(32, '3'));
    settings.previous_tag_key = Secret(std::string(32, 'n'));
    Recorder third;
    EXPECT_EQ(send_once(settings, "alice", third).verdict, Verdict::delivered);
    EXPECT_EQ(third.rejected[TagReject::unknown_key], 1);
    EXPECT_TRUE(third.evidence["alice"].empty());
    EXPECT_EQ(server.mailbox("alice").size(), 1U) << "what is not ours stays";
}

// The true mail is thrown away, so whatever would be taken for it would make it delivered.
TEST_F(TagTest, B4_4_NoTagButItsOwnTurnsALossIntoADelivery) {
    server.add_fault(parse_fault("smtp DOT lose"));
    const auto now_ms = std::chrono::duration_cast<milliseconds>(
                            std::chrono::system_clock::now().time_since_epoch())
                            .count();
    Tag expired = own_tag(1);
    Tag future = own_tag(2);
    future.sent_ms = static_cast<std::uint64_t>(now_ms) + 10ULL * 365 * 24 * 3600 * 1000;
    Tag foreign = own_tag(3);
    foreign.instance ^= 1;
    Tag other_probe = own_tag(4);
    other_probe.probe = probe_id("nobody");
    put("alice", written(expired));
    put("alice", written(future));
    put("alice", written(foreign));
    put("alice", written(other_probe));
    put("alice", TagCodec(Secret(std::string(32, 'x')), hmac_sha256).write(own_tag(5)));
    put("alice", written(own_tag(6)), "Auto-Submitted: auto-replied\r\n");
    put("alice", "nonsense");

    MonitorThread monitor(settings, recorder);
    const auto facts = sent();
    ASSERT_TRUE(facts);
    ASSERT_EQ(facts->tag.size(), kTagLength);
    const TagReading truth = TagCodec(settings.tag_key, hmac_sha256).read(facts->tag);
    ASSERT_TRUE(truth.tag);
    // Altered in each of its fields: instance, probe, mail, attempt, time, authentication code.
    int altered = 0;
    for (const std::size_t position : {4U, 10U, 18U, 30U, 35U, 45U, 59U}) {
        std::string tag = facts->tag;
        tag[position] = tag[position] == 'a' ? 'b' : 'a';
        if (tag[position] == facts->tag[position]) continue;
        put("alice", tag);
        ++altered;
    }
    // The true tag in another mailbox, or where it is only quoted.
    put("alice", facts->tag, "In-Reply-To: <x@y>\r\n");
    server.inject("alice",
                  "Subject: Re: mailprobed " + facts->tag + "\r\n\r\n> " + facts->tag + "\r\n");
    // Until all of them were read and the mail whose tag they bear has its verdict.
    ASSERT_TRUE(recorder.wait([&](const Recorder& r) {
        int rejected = 0;
        for (const auto& [reason, times] : r.rejected)
            rejected += times;
        return rejected >= altered + 3 &&
               std::ranges::any_of(r.verdicts, [&](const RecordedVerdict& v) {
                   return v.fact.mail == truth.tag->mail;
               });
    }));
    monitor.stop();
    EXPECT_GE(recorder.count("alice", Verdict::lost), 1);
    EXPECT_EQ(recorder.count("alice", Verdict::delivered), 0);
    EXPECT_EQ(recorder.rejected[TagReject::forged] + recorder.rejected[TagReject::malformed],
              altered + 1);
    EXPECT_GE(recorder.rejected[TagReject::forged], 6);
    EXPECT_EQ(recorder.rejected[TagReject::unknown_key], 1);
    EXPECT_EQ(recorder.rejected[TagReject::wrong_mailbox], 1);
    // The expired and the future one are ours by their tags, and known to no ledger.
    EXPECT_EQ(recorder.evidence["alice"][Evidence::orphan], 2);
    EXPECT_TRUE(recorder.internal_errors.empty());
}

TEST_F(TagTest, B4_6_AReplayedTagIsADuplicateAndNeverASecondSuccess) {
    MonitorThread monitor(settings, recorder);
    const auto facts = sent();
    ASSERT_TRUE(facts);
    const TagReading truth = TagCodec(settings.tag_key, hmac_sha256).read(facts->tag);
    ASSERT_TRUE(truth.tag);
    const auto successes = [mail = truth.tag->mail](const Recorder& r) {
        return std::ranges::count_if(r.verdicts,
                                     [&](const RecordedVerdict& v) { return v.fact.mail == mail; });
    };
    // Removed and confirmed: what comes now under this tag is a copy.
    ASSERT_TRUE(
        recorder.wait([&](const Recorder& r) { return successes(r) == 1 && r.deleted >= 1; }));
    for (int copy = 1; copy <= 3; ++copy) {
        put("alice", facts->tag, "Subject: mailprobed " + facts->tag + "\r\n");
        ASSERT_TRUE(recorder.wait([&](const Recorder& r) {
            const auto found = r.evidence.find("alice");
            const auto& kinds =
                found == r.evidence.end() ? std::map<Evidence, int>{} : found->second;
            const auto duplicates = kinds.find(Evidence::duplicate);
            return duplicates != kinds.end() && duplicates->second >= copy;
        })) << copy;
    }
    monitor.stop();
    EXPECT_EQ(successes(recorder), 1);
    EXPECT_EQ(recorder.evidence["alice"][Evidence::duplicate], 3);
    EXPECT_TRUE(recorder.rejected.empty());
}

// B4.8: the probe's mailbox holds other people's mail too.
TEST_F(TagTest, B4_8_OnlyVerifiedOwnMailsAreRemoved) {
    put("alice", TagCodec(Secret(std::string(32, 'x')), hmac_sha256).write(own_tag(5)));
    Tag foreign = own_tag(3);
    foreign.instance ^= 1;
    put("alice", written(foreign));
    server.inject("alice", "Subject: hello\r\n\r\nx\r\n");
    std::vector<std::uint64_t> before;
    for (const loopback::StoredMail& mail : server.mailbox("alice"))
        before.push_back(mail.id);
    MonitorThread monitor(settings, recorder);
    ASSERT_TRUE(recorder.wait([](const Recorder& r) { return r.deleted >= 2; }));
    monitor.stop();
    std::vector<std::uint64_t> after;
    for (const loopback::StoredMail& mail : server.mailbox("alice"))
        after.push_back(mail.id);
    for (const std::uint64_t id : before)
        EXPECT_TRUE(std::ranges::count(after, id) == 1) << id;
    for (const loopback::Event& event : server.events()) {
        if (event.kind != loopback::EventKind::deleted) continue;
        EXPECT_FALSE(std::ranges::count(before, event.mail->id)) << event.mail->id;
    }
}

}  // namespace
}  // namespace mailprobed::test
