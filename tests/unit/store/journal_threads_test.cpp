// SPDX-License-Identifier: Apache-2.0
// Many mails at once on the journal's threads: every record is confirmed, nothing is forgotten.
// Under ThreadSanitizer this is where a race would show.
#include "daemon/metrics/metrics.hpp"
#include "daemon/store/sql_journal.hpp"
#include "probes/net/boot_clock.hpp"
#include "probes/net/task_group.hpp"
#include "tests/support/config_support.hpp"
#include "tests/support/metrics_facts.hpp"
#include "tests/support/metrics_support.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

namespace mailprobed {
namespace {

constexpr std::uint64_t kMails = 200;

JournalRecord intent(MailId mail) {
    MailState record;
    record.mail = mail;
    record.probe = "p";
    record.started = BootClock::now();
    record.deadline = record.started + std::chrono::hours{1};
    record.grace_end = record.deadline + std::chrono::minutes{1};
    record.wall = wall_now();
    return record;
}

JournalRecord verdict(MailId mail) {
    VerdictRecord record;
    record.judgement.mail = mail;
    record.judgement.verdict = Verdict::delivered;
    record.judgement.started = BootClock::now();
    record.judgement.probe = "p";
    record.wall = wall_now();
    return record;
}

/// What all mails share.
struct Lives {
    SqlJournal& journal;
    Metrics& metrics;
    std::uint64_t durable = 0;
};

/// One mail's records; every second mail is left without a verdict.
Awaitable<void> mail_life(Lives& run, MailId mail) {
    JournalRecord first = intent(mail);
    const Durability kept = co_await run.journal.record(std::move(first));
    run.metrics.on(daemon_test::started());
    run.durable += kept == Durability::durable ? 1U : 0U;
    MailState answer = std::get<MailState>(intent(mail));
    answer.progress = Progress::accepted;
    run.journal.note(std::move(answer));
    if (mail % 2 == 0) co_return;
    JournalRecord last = verdict(mail);
    const Durability judged = co_await run.journal.record(std::move(last));
    run.durable += judged == Durability::durable ? 1U : 0U;
    run.metrics.on(daemon_test::delivered(std::chrono::seconds{1}));
}

JournalPlace place_in(const test::PrivateFolder& folder) {
    return {folder.path().string(), std::chrono::hours{48}, std::chrono::hours{720}};
}

TEST(JournalThreads, RecordsOfManyMailsAreKeptWhileMetricsAreRenderedElsewhere) {
    const test::PrivateFolder folder;
    Metrics metrics(daemon_test::one_probe(TlsMode::none));
    std::atomic<bool> done = false;
    std::size_t renderings = 0;
    std::thread reader([&] {
        do {
            renderings += metrics.render().empty() ? 0U : 1U;
        } while (!done);
    });
    {
        asio::io_context io(1);
        SqlJournal journal(io.get_executor(), place_in(folder),
                           [&metrics](bool healthy, const std::string& /*why*/) {
                               metrics.journal_healthy(healthy);
                           });
        Lives run{journal, metrics};
        TaskGroup mails(io.get_executor());
        for (MailId mail = 1; mail <= kMails; ++mail)
            mails.spawn(mail_life(run, mail));
        io.run();
        EXPECT_EQ(run.durable, kMails + kMails / 2);
        EXPECT_TRUE(journal.healthy());
    }
    done = true;
    reader.join();
    EXPECT_GT(renderings, 0U);

    asio::io_context io(1);
    SqlJournal again(io.get_executor(), place_in(folder), {});
    const RestoredState restored = again.load();
    EXPECT_EQ(restored.pending.size(), kMails / 2);
    EXPECT_EQ(restored.settled.size(), kMails / 2);
}

TEST(JournalThreads, WhatIsQueuedAtTheEndIsWrittenBeforeTheThreadEnds) {
    const test::PrivateFolder folder;
    {
        asio::io_context io(1);
        SqlJournal journal(io.get_executor(), place_in(folder), {});
        for (MailId mail = 1; mail <= kMails; ++mail)
            journal.note(intent(mail));
    }
    asio::io_context io(1);
    SqlJournal again(io.get_executor(), place_in(folder), {});
    EXPECT_EQ(again.load().pending.size(), kMails);
}

}  // namespace
}  // namespace mailprobed
