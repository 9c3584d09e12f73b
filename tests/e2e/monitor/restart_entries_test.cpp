// SPDX-License-Identifier: Apache-2.0
// What a daemon may believe an earlier one about the entries of a mailbox: that strangers were read
// in the same mailbox, and nothing by which it would remove one.
#include "daemon/store/place.hpp"
#include "daemon/store/schema.hpp"
#include "tests/e2e/monitor/restart_scene.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace mailprobed::test {
namespace {

using loopback::Event;
using loopback::EventKind;

class RestartEntries : public testing::Test {
  protected:
    RestartEntries() : server_(options()) {
        server_.start();
        look_into(server_, "alice");
    }

    static loopback::Options options() {
        loopback::Options result;
        result.accounts = accounts_for({"alice", "bob"});
        return result;
    }
    /// The account alice is that of `user` at `server` from now on.
    void look_into(const loopback::Server& server, const std::string& user) {
        settings_ = settings_for(server, {"alice"});
        settings_.state_directory = directory_.path();
        AccountSettings& account = settings_.accounts[0];
        account.mailbox->username = user;
        account.mailbox->password = Secret("pw-" + user);
        settings_.probes[0].to_address = user + "@test.invalid";
    }
    /// A daemon that sends one mail and ends when `ready`.
    void run(Recorder& recorder, const std::function<bool(const Recorder&)>& ready) {
        settings_.probes[0].interval = interval_with_tick_soon("alice");
        MonitorThread monitor(settings_, recorder);
        EXPECT_TRUE(recorder.wait(ready));
        monitor.stop();
    }
    [[nodiscard]] std::string ask(const std::string& query) const {
        soci::session sql;
        open_ledger(sql, ledger_path(directory_.path()), LedgerAccess::read);
        std::string answer;
        sql << "SELECT CAST((" + query + ") AS TEXT)", soci::into(answer);
        return answer;
    }
    /// How often a mail was read.
    [[nodiscard]] auto reads_of(std::uint64_t mail) const {
        return std::ranges::count_if(server_.events(), [mail](const Event& event) {
            return event.kind == EventKind::retrieved && event.mail && event.mail->id == mail;
        });
    }

    loopback::Server server_;
    TemporaryDirectory directory_;
    Settings settings_;
};

constexpr const char* kLunch = "Subject: lunch\r\n\r\nHello\r\n";
constexpr auto kJudged = [](const Recorder& r) { return !r.verdicts.empty(); };
constexpr auto kRemoved = [](const Recorder& r) { return r.deleted >= 1; };
constexpr auto kStayed = [](const Recorder& r) { return r.look_failed(Stage::remove, Cause::eof); };

TEST_F(RestartEntries, OfOneServerSayNothingOfAnotherUnderTheSameNames) {
    server_.inject("alice", kLunch);
    Recorder first;
    run(first, kRemoved);
    ASSERT_EQ(ask("SELECT COUNT(*) FROM entries"), "1");
    const std::string before = ask("SELECT mailbox FROM entries");
    // Reading doubtful entries again would make good for it, and only at a deadline.
    EXPECT_NE(before, settings_.accounts[0].name);
    // It numbers its mails alike: our first one there has the id of the lunch here.
    loopback::Server other(options());
    other.start();
    look_into(other, "alice");
    Recorder second;
    run(second, kJudged);
    EXPECT_EQ(second.verdicts.at(0).fact.verdict, Verdict::delivered);
    EXPECT_EQ(ask("SELECT COUNT(*) FROM entries WHERE mailbox = '" + before + "'"), "0")
        << "what nobody looks into any more must not be remembered for ever";
}

TEST_F(RestartEntries, OfOneUserSayNothingOfAnotherUnderTheSameAccount) {
    // As where every mailbox counts for itself: the lunch has the id of the third mail from here.
    server_.inject("bob", kLunch);
    std::string id = server_.mailbox("bob").at(0).uidl;
    server_.clear_mailbox("bob");
    ASSERT_TRUE(id.ends_with("1"));
    id.back() = '3';
    server_.inject("alice", kLunch, {}, id);
    Recorder first;
    run(first, kRemoved);
    look_into(server_, "bob");
    Recorder second;
    run(second, kJudged);
    EXPECT_EQ(second.verdicts.at(0).fact.verdict, Verdict::delivered);
    EXPECT_EQ(std::ranges::count_if(server_.events(),
                                    [&id](const Event& event) {
                                        return event.kind == EventKind::visible &&
                                               event.mail->uidl == id;
                                    }),
              2)
        << "the test shows nothing";
}

TEST_F(RestartEntries, AStrangersMailWithTheIdThatOneOfOursHadIsNotRemoved) {
    server_.add_fault(loopback::parse_fault("pop3 DELE drop"));
    Recorder first;
    run(first, kStayed);
    const auto ours = server_.mailbox("alice");
    ASSERT_EQ(ours.size(), 1U);
    // As when the server is set up anew.
    server_.clear_mailbox("alice");
    server_.inject("alice", kLunch, {}, ours[0].uidl);
    server_.clear_faults();
    Recorder second;
    run(second, kRemoved);
    const auto left = server_.mailbox("alice");
    ASSERT_EQ(left.size(), 1U);
    EXPECT_NE(left[0].raw.find("lunch"), std::string::npos);
}

TEST_F(RestartEntries, OfOursThatStayedAreReadAgainBeforeTheyAreRemoved) {
    server_.add_fault(loopback::parse_fault("pop3 DELE drop"));
    Recorder first;
    run(first, kStayed);
    ASSERT_EQ(server_.mailbox("alice").size(), 1U);
    const std::uint64_t stayed = server_.mailbox("alice")[0].id;
    const auto before = reads_of(stayed);
    server_.clear_faults();
    Recorder second;
    run(second, [](const Recorder& r) { return r.deleted >= 2; });
    EXPECT_TRUE(server_.mailbox("alice").empty());
    EXPECT_GT(reads_of(stayed), before);
    EXPECT_TRUE(second.evidence.empty()) << "it was judged and is no duplicate";
}

}  // namespace
}  // namespace mailprobed::test
