// SPDX-License-Identifier: Apache-2.0
// The real prober and watcher over a mailbox that is neither POP3 nor IMAP: what the monitor needs
// of a mailbox is what probes/session/mailbox.hpp says, and nothing more.
#include "probes/net/crypto.hpp"
#include "probes/net/task_group.hpp"
#include "tests/support/memory_host.hpp"
#include "tests/support/some_facts.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <exception>

namespace mailprobed::test {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kStranger =
    "From: somebody@example.org\r\nSubject: lunch\r\n\r\nAt noon?\r\n";

Settings settings() {
    Settings result;
    result.instance = "memory";
    result.tag_key = Secret(std::string(32, 'k'));
    AccountSettings account;
    account.name = "me";
    account.address = "me@example.org";
    account.smtp.emplace().auth = SmtpAuth::none;
    account.smtp->server.tls = TlsMode::none;
    MailboxSettings& mailbox = account.mailbox.emplace();
    mailbox.username = "me";
    mailbox.poll.first = 10ms;
    mailbox.poll.max = 50ms;
    result.accounts.push_back(account);
    ProbeSettings probe;
    probe.name = "round";
    probe.from = probe.to = "me";
    probe.to_address = account.address;
    probe.deadline = 300ms;
    probe.verdict_grace = 300ms;
    result.probes.push_back(probe);
    return result;
}

Awaitable<void> send(Monitor& monitor, std::optional<Judgement>& judged) {
    judged = co_await monitor.run_once("round");
}

/// One mail from its start to its verdict.
Judgement judgement_of(MemoryHost& host) {
    asio::io_context io(1);
    MemoryJournal journal;
    test::NoFacts nobody;
    MonitorDependencies needs{io.get_executor(), journal,     nobody,
                              host.channels(),   hmac_sha256, random_u64};
    needs.mailboxes = host.mailboxes();
    Monitor monitor(settings(), std::move(needs));
    std::optional<Judgement> judged;
    std::exception_ptr problem;
    TaskGroup tasks(io.get_executor(), [&](const std::exception_ptr& error) { problem = error; });
    tasks.spawn(send(monitor, judged));
    io.run();
    if (problem) std::rethrow_exception(problem);
    return judged.value();
}

TEST(MemoryMailbox, AMailIsDeliveredAndRemovedAndStrangersStay) {
    MemoryHost host;
    host.deliver(std::string(kStranger));
    const Judgement judged = judgement_of(host);
    EXPECT_EQ(judged.verdict, Verdict::delivered);
    EXPECT_EQ(judged.body, BodyState::intact);
    ASSERT_EQ(host.stored().size(), 1U);
    EXPECT_EQ(host.stored()[0].raw, kStranger);
    EXPECT_EQ(host.removals(), 1U);
}

TEST(MemoryMailbox, WhatWasAcceptedAndThrownAwayIsLost) {
    MemoryHost host({.loses = true});
    host.deliver(std::string(kStranger));
    EXPECT_EQ(judgement_of(host).verdict, Verdict::lost);
    EXPECT_GT(host.logins(), 1U);
    EXPECT_EQ(host.removals(), 0U);
}

TEST(MemoryMailbox, AListingWithoutAnEndProvesNoAbsence) {
    MemoryHost host({.loses = true, .breaks_listings = true});
    EXPECT_EQ(judgement_of(host).verdict, Verdict::unobserved);
}

TEST(MemoryMailbox, WithoutALoginNobodyCanKnow) {
    MemoryHost host({.refuses_logins = true});
    EXPECT_EQ(judgement_of(host).verdict, Verdict::unobserved);
    EXPECT_EQ(host.stored().size(), 1U) << "the mail itself";
}

TEST(MemoryMailbox, NothingIsRemovedWhereAnswersMayBelongToOtherQuestions) {
    MemoryHost host({.repeats_nothing = true});
    EXPECT_EQ(judgement_of(host).verdict, Verdict::delivered);
    EXPECT_EQ(host.removals(), 0U);
}

}  // namespace
}  // namespace mailprobed::test
