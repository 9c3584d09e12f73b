// SPDX-License-Identifier: Apache-2.0
// What is given up when a disk fails for too long, and what never is.
#include "daemon/store/sql_journal_backlog.hpp"

#include "tests/support/ledger_support.hpp"

#include <gtest/gtest.h>

#include <string>

namespace mailprobed::test {
namespace {

/// A word for each record: its kind and mail.
std::string kinds(JournalBacklog& backlog) {
    std::vector<QueuedRecord> group;
    backlog.take(group, 1000);
    std::string all;
    for (const QueuedRecord& queued : group) {
        const auto* record = std::get_if<JournalRecord>(&queued.record);
        if (record == nullptr) {
            all += "detail ";
        } else if (const auto* intent = std::get_if<IntentRecord>(record)) {
            all += "intent" + std::to_string(intent->mail) + " ";
        } else if (const auto* answer = std::get_if<AnswerRecord>(record)) {
            all += "answer" + std::to_string(answer->mail) + " ";
        } else if (const auto* verdict = std::get_if<VerdictRecord>(record)) {
            all += "verdict" + std::to_string(verdict->judgement.mail) + " ";
        } else if (std::holds_alternative<EntriesRecord>(*record)) {
            all += "entries ";
        } else {
            all += "after ";
        }
    }
    return all;
}

JournalRecord intent(MailId mail, std::uint8_t attempt = 1) {
    IntentRecord record = intent_of(mail);
    record.attempt = attempt;
    return record;
}

JournalRecord answer(MailId mail) {
    return answer_to(intent_of(mail), Answer::accepted);
}

JournalRecord verdict(MailId mail) {
    return verdict_on(intent_of(mail), Verdict::delivered);
}

JournalRecord entries() {
    return EntriesRecord{"box", {{1, std::nullopt}}, {}};
}

TEST(JournalBacklog, WhatCanBeReadAgainGoesFirstAndIsNotCalledMissing) {
    JournalBacklog backlog(3, 1);
    backlog.push(intent(1), false);
    backlog.push(verdict(1), false);
    backlog.push(DetailRecord{LookDetails{}}, false);
    backlog.push(entries(), false);
    backlog.push(entries(), false);
    EXPECT_EQ(backlog.given_up(), 0U);
    EXPECT_EQ(kinds(backlog), "intent1 verdict1 entries entries ");
}

TEST(JournalBacklog, OfTheOldestMailsThatTheDiskDoesNotKnowNothingStaysOrComesLater) {
    JournalBacklog backlog(3, 1);
    backlog.push(intent(1), false);
    backlog.push(intent(2), false);
    backlog.push(answer(1), false);
    backlog.push(intent(3), false);
    backlog.push(intent(4), false);
    EXPECT_EQ(backlog.given_up(), 2U);
    EXPECT_EQ(backlog.push(intent(1, 2), false), std::nullopt) << "it would be a row without end";
    EXPECT_EQ(backlog.push(verdict(1), false), std::nullopt);
    EXPECT_EQ(backlog.given_up(), 0U) << "that one is told already";
    EXPECT_EQ(kinds(backlog), "intent2 intent3 intent4 ");
    EXPECT_NE(backlog.push(verdict(2), false), std::nullopt);
}

TEST(JournalBacklog, AMailThatTheDiskKnowsKeepsItsVerdictAndItsIntentsBeyondAllBounds) {
    JournalBacklog backlog(3, 1);
    backlog.push(answer(1), false);
    backlog.push(intent(1, 2), false);
    for (MailId mail = 1; mail <= 20; ++mail)
        backlog.push(verdict(mail), false);
    backlog.push(evidence_on(1, Evidence::bounce), false);
    backlog.push(intent(30), false);
    std::string all = "intent1 ";
    for (MailId mail = 1; mail <= 20; ++mail)
        all += "verdict" + std::to_string(mail) + " ";
    EXPECT_EQ(kinds(backlog).substr(0, all.size()), all);
}

TEST(JournalBacklog, ANumberIsPassedOnlyWhenItsRecordIsTakenOrGivenUp) {
    JournalBacklog backlog(3, 1);
    EXPECT_EQ(backlog.push(verdict(1), false), 1U);
    EXPECT_EQ(backlog.push(intent(2), false), 2U);
    EXPECT_EQ(backlog.push(verdict(3), false), 3U);
    EXPECT_EQ(backlog.push(intent(4), false), 4U);
    EXPECT_EQ(backlog.push(intent(5), false), 5U);
    EXPECT_EQ(backlog.given_up(), 1U) << "number 2";
    EXPECT_EQ(backlog.taken(), 0U);
    std::vector<QueuedRecord> group;
    backlog.take(group, 1);
    EXPECT_EQ(backlog.taken(), 2U);
    backlog.take(group, 2);
    EXPECT_EQ(backlog.taken(), 3U) << "not one more for the one that was given up";
    backlog.take(group, 10);
    EXPECT_EQ(backlog.taken(), 5U);
}

}  // namespace
}  // namespace mailprobed::test
