// SPDX-License-Identifier: Apache-2.0
// Looks into mailboxes that hold more than our mail, on servers with less than they should have.
#include "probes/domain/identity/message.hpp"
#include "probes/domain/identity/tag.hpp"
#include "probes/net/crypto.hpp"
#include "tests/e2e/monitor/monitor_run.hpp"

#include <gtest/gtest.h>

namespace mailprobed::test {
namespace {

using loopback::parse_fault;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct Mailbox {
    explicit Mailbox(loopback::Options options = {}) : server(with_account(std::move(options))) {
        server.start();
        settings = settings_for(server, {"alice"});
    }
    static loopback::Options with_account(loopback::Options options) {
        options.accounts = accounts_for({"alice", "bob"});
        return options;
    }
    Judgement run() { return send_once(settings, "alice", recorder); }
    [[nodiscard]] TagCodec codec() const { return {settings.tag_key, hmac_sha256}; }
    [[nodiscard]] Tag own_tag(MailId mail) const {
        return {name_id(settings.instance), probe_id("alice"), mail, 1, 1};
    }

    loopback::Server server;
    Settings settings;
    Recorder recorder;
};

std::string foreign_mail(int number) {
    return "From: <x@y.invalid>\r\nSubject: lunch " + std::to_string(number) + "\r\nMessage-ID: <" +
           std::to_string(number) + "@y.invalid>\r\n\r\nHello\r\n";
}

TEST(Mailbox, ForeignMailIsNeitherRemovedNorReadTwice) {
    Mailbox box;
    for (int i = 0; i < 50; ++i)
        box.server.inject("alice", foreign_mail(i));
    MonitorThread monitor(box.settings, box.recorder);
    ASSERT_TRUE(box.recorder.wait([](const Recorder& r) { return r.deleted >= 2; }));
    monitor.stop();
    EXPECT_GE(box.server.mailbox("alice").size(), 50U);
    std::map<std::uint64_t, int> reads;
    for (const loopback::Event& event : box.server.events()) {
        if (event.kind == loopback::EventKind::retrieved && event.mail && event.mail->tag.empty()) {
            ++reads[event.mail->id];
        }
    }
    EXPECT_EQ(reads.size(), 50U);
    for (const auto& [id, times] : reads)
        EXPECT_EQ(times, 1) << id;
}

TEST(Mailbox, ABigOneIsReadInPartsAndClaimsNoLossBeforeItIsRead) {
    Mailbox box;
    for (int i = 0; i < 2500; ++i)
        box.server.inject("alice", foreign_mail(i));
    EXPECT_EQ(box.run().verdict, Verdict::delivered);
    EXPECT_TRUE(box.recorder.look_failed(Stage::list, Cause::mailbox_too_large));
    EXPECT_EQ(box.server.mailbox("alice").size(), 2500U);
}

TEST(Mailbox, WithoutUidlMailIsFoundUpToTheScanLimitAndBeyondItNothingIsLost) {
    loopback::Options options;
    options.pop3.uidl = false;
    Mailbox box(options);
    for (int i = 0; i < 10; ++i)
        box.server.inject("alice", foreign_mail(i));
    EXPECT_EQ(box.run().verdict, Verdict::delivered);

    Recorder second;
    for (int i = 0; i < 300; ++i)
        box.server.inject("alice", foreign_mail(i));
    box.server.add_fault(parse_fault("smtp DOT lose"));
    EXPECT_EQ(send_once(box.settings, "alice", second).verdict, Verdict::unobserved);
    EXPECT_TRUE(second.look_failed(Stage::list, Cause::mailbox_too_large));
}

TEST(Mailbox, ServersWithoutTopOrCapaOrPipeliningWillDo) {
    for (const int missing : {0, 1, 2, 3}) {
        loopback::Options options;
        options.pop3.top = missing != 0;
        options.pop3.capa = missing != 1;
        options.pop3.pipelining = missing != 2;
        options.pop3.auth_plain = missing != 3;
        Mailbox box(options);
        for (int i = 0; i < 5; ++i)
            box.server.inject("alice", foreign_mail(i));
        const Judgement judgement = box.run();
        EXPECT_EQ(judgement.verdict, Verdict::delivered) << missing;
        EXPECT_EQ(judgement.body, BodyState::intact) << missing;
        EXPECT_EQ(box.server.mailbox("alice").size(), 5U) << missing;
    }
}

TEST(Mailbox, B4_4_ForgedForeignAndQuotedTagsAreIgnoredCountedAndLeftAlone) {
    Mailbox box;
    const std::string own = box.codec().write(box.own_tag(77));
    std::string forged = own;
    forged[45] = forged[45] == 'a' ? 'b' : 'a';
    Tag other_instance = box.own_tag(78);
    other_instance.instance ^= 1;
    const auto put = [&](const std::string& headers) {
        box.server.inject("alice", headers + "\r\n\r\nx\r\n");
    };
    put("X-Mailprobed-Tag: " + forged);
    put("X-Mailprobed-Tag: nonsense");
    put("X-Mailprobed-Tag: " + box.codec().write(other_instance));
    put("X-Mailprobed-Tag: " + own + "\r\nAuto-Submitted: auto-replied");
    put("X-Mailprobed-Tag: " + own + "\r\nReturn-Path: <>");
    put("X-Mailprobed-Tag: " + own + "\r\nSubject: mailprobed " +
        box.codec().write(box.own_tag(80)));
    EXPECT_EQ(box.run().verdict, Verdict::delivered);
    EXPECT_EQ(box.recorder.rejected[TagReject::forged], 1);
    EXPECT_EQ(box.recorder.rejected[TagReject::malformed], 1);
    // An answer that copies our field is read as a possible report and decides nothing.
    EXPECT_EQ(box.recorder.rejected[TagReject::quoted], 0);
    EXPECT_EQ(box.recorder.rejected[TagReject::conflicting], 1);
    EXPECT_EQ(box.server.mailbox("alice").size(), 6U);
}

TEST(Mailbox, ATagOfAnotherMailboxIsNoArrivalHere) {
    Mailbox box;
    box.settings = settings_for(box.server, {"alice", "bob"});
    Tag tag = box.own_tag(5);
    tag.probe = probe_id("bob");
    box.server.inject("alice", "X-Mailprobed-Tag: " + box.codec().write(tag) + "\r\n\r\nx\r\n");
    EXPECT_EQ(box.run().verdict, Verdict::delivered);
    EXPECT_EQ(box.recorder.rejected[TagReject::wrong_mailbox], 1);
    EXPECT_EQ(box.server.mailbox("alice").size(), 1U);
}

TEST(Mailbox, AnOwnMailOfAnEarlierRunIsAnOrphanAndRemoved) {
    Mailbox box;
    box.server.inject("alice",
                      "X-Mailprobed-Tag: " + box.codec().write(box.own_tag(5)) + "\r\n\r\nx\r\n");
    EXPECT_EQ(box.run().verdict, Verdict::delivered);
    EXPECT_EQ(box.recorder.evidence["alice"][Evidence::orphan], 1);
    EXPECT_TRUE(box.server.mailbox("alice").empty());
}

TEST(Mailbox, AMessageThatIsListedButCannotBeReadBlindsOnlyOneLook) {
    Mailbox box;
    box.server.inject("alice", foreign_mail(1));
    box.server.add_fault(parse_fault("pop3 TOP reply text=\"-ERR corrupt\" max=3"));
    EXPECT_EQ(box.run().verdict, Verdict::delivered);
}

TEST(Mailbox, AllUniqueIdsChangingAtOnceLosesNothing) {
    Mailbox box;
    for (int i = 0; i < 20; ++i)
        box.server.inject("alice", foreign_mail(i));
    MonitorThread monitor(box.settings, box.recorder);
    ASSERT_TRUE(box.recorder.wait([](const Recorder& r) { return r.deleted >= 1; }));
    box.server.renew_uidls("alice");
    ASSERT_TRUE(box.recorder.wait([](const Recorder& r) { return r.deleted >= 3; }));
    monitor.stop();
    EXPECT_EQ(box.recorder.count("alice", Verdict::lost), 0);
    EXPECT_GE(box.server.mailbox("alice").size(), 20U);
}

TEST(Mailbox, TwoAccountsThatNameItShareOneWatcherAndNeverMeet) {
    Mailbox box;
    AccountSettings twin = box.settings.accounts[0];
    twin.name = "twin";
    box.settings.accounts.push_back(twin);
    ProbeSettings probe = box.settings.probes[0];
    probe.name = "second";
    probe.to = "twin";
    box.settings.probes.push_back(probe);
    MonitorThread monitor(box.settings, box.recorder);
    ASSERT_TRUE(box.recorder.wait([](const Recorder& r) {
        return r.count("alice", Verdict::delivered) >= 2 &&
               r.count("second", Verdict::delivered) >= 2;
    }));
    monitor.stop();
    EXPECT_FALSE(box.recorder.look_failed(Stage::auth, Cause::mailbox_busy));
}

TEST(Mailbox, A2_08_LoginDelayStretchesThePlanAndMakesNoOutage) {
    loopback::Options options;
    options.pop3.login_delay = seconds{1};
    Mailbox box(options);
    box.settings.probes[0].deadline = seconds{4};
    box.settings.probes[0].verdict_grace = seconds{3};
    MonitorThread monitor(box.settings, box.recorder);
    ASSERT_TRUE(box.recorder.wait(
        [](const Recorder& r) { return r.count("alice", Verdict::delivered) >= 4; }));
    monitor.stop();
    EXPECT_FALSE(box.recorder.look_failed(Stage::auth, Cause::login_delay));
    EXPECT_EQ(box.recorder.count("alice", Verdict::unobserved), 0);
}

TEST(Mailbox, ATemporaryTroubleOfTheServerStretchesThePlan) {
    Mailbox box;
    box.server.add_fault(parse_fault("pop3 LOGIN reply text=\"-ERR [SYS/TEMP] later\" user=alice"));
    box.settings.accounts[0].mailbox->poll.growth = 1.05;
    box.settings.accounts[0].mailbox->poll.max = seconds{60};
    EXPECT_EQ(box.run().verdict, Verdict::unobserved);
    EXPECT_TRUE(box.recorder.look_failed(Stage::auth, Cause::auth_transient));
    // Deadline and grace are 3.5 s; a broken connection would be tried again every 50 ms at first.
    EXPECT_LE(box.recorder.looks, 6U);
}

// A gateway shows the login of a submission in the mail, and another account reads it.
TEST(Mailbox, APasswordThatAMailHoldsIsHiddenWhoeverReadsIt) {
    loopback::Options options;
    options.smtp.authentication_results = "auth=pass smtp.auth=alice (pw-alice)";
    Mailbox box(options);
    box.settings = settings_for(box.server, {"alice", "bob"});
    box.settings.probes[0].to = "bob";
    box.settings.probes[0].to_address = "bob@test.invalid";
    EXPECT_EQ(box.run().verdict, Verdict::delivered);
    EXPECT_NE(box.recorder.transcript.find("smtp.auth=alice (<secret>)"), std::string::npos)
        << box.recorder.transcript;
    EXPECT_EQ(box.recorder.transcript.find("pw-alice"), std::string::npos);
}

/// A server that tells no line of its listing again: only the end of a session shows whether its
/// answers belonged to what was asked.
struct Forgetful : Mailbox {
    Forgetful() : Mailbox(options()) {}
    static loopback::Options options() {
        loopback::Options result;
        result.pop3.repeats = false;
        return result;
    }
    void end_with_more_than_a_line() {
        server.add_fault(parse_fault("pop3 QUIT reply text=\"+OK bye\\r\\n+OK more\" max=1000000"));
    }
};

TEST(Mailbox, CopiesCountOnceWhereOnlyTheEndProvesThem) {
    Forgetful box;
    box.server.add_fault(parse_fault("smtp DOT duplicate"));
    EXPECT_EQ(box.run().verdict, Verdict::delivered);
    EXPECT_EQ(box.recorder.evidence["alice"][Evidence::duplicate], 1);
    EXPECT_EQ(box.server.mailbox("alice").size(), 2U) << "nothing is removed before the proof";
    EXPECT_TRUE(box.recorder.look_failed(Stage::remove, Cause::protocol_error)) << "and it is told";
}

TEST(Mailbox, CopiesCountNotWhereNothingProvesThem) {
    Forgetful box;
    box.end_with_more_than_a_line();
    box.server.add_fault(parse_fault("smtp DOT duplicate"));
    EXPECT_EQ(box.run().verdict, Verdict::delivered) << "what was seen was there";
    EXPECT_EQ(box.recorder.evidence["alice"][Evidence::duplicate], 0);
    EXPECT_EQ(box.server.mailbox("alice").size(), 2U);
}

TEST(Mailbox, NothingIsAbsentWhereNothingProvesIt) {
    Forgetful box;
    box.server.inject("alice", foreign_mail(1));
    box.server.add_fault(parse_fault("smtp DOT lose max=1000000"));
    EXPECT_EQ(box.run().verdict, Verdict::lost);
    box.end_with_more_than_a_line();
    EXPECT_EQ(box.run().verdict, Verdict::unobserved);
    EXPECT_TRUE(box.recorder.look_failed(Stage::quit, Cause::protocol_error));
}

}  // namespace
}  // namespace mailprobed::test
