// SPDX-License-Identifier: Apache-2.0
// What a queue replaces, what it keeps together, what is given up when a disk fails for too long,
// and what never is.
#include "daemon/store/sql_journal_backlog.hpp"

#include "tests/support/ledger_support.hpp"

#include <gtest/gtest.h>

#include <string>

namespace mailprobed::test {
namespace {

std::string word_for(const QueuedRecord& queued) {
    const auto* record = std::get_if<JournalRecord>(&queued.record);
    if (record == nullptr) return "detail ";
    if (const auto* state = std::get_if<MailState>(record)) {
        const bool begins = state->progress == Progress::intended;
        return (begins ? "intent" : "answer") + std::to_string(state->mail) + " ";
    }
    if (const auto* verdict = std::get_if<VerdictRecord>(record))
        return "verdict" + std::to_string(verdict->judgement.mail) + " ";
    if (const auto* mail = std::get_if<JudgedMail>(record))
        return "judged" + std::to_string(mail->mail) + " ";
    if (const auto* evidence = std::get_if<EvidenceRecord>(record))
        return "evidence" + std::to_string(evidence->evidence.mail) + " ";
    return std::holds_alternative<ClockRecord>(*record) ? "clocks " : "entries ";
}

std::vector<QueuedRecord> group_of(JournalBacklog& backlog, std::size_t size = 1000) {
    std::vector<QueuedRecord> group;
    backlog.take(group, size);
    return group;
}

/// A word for each record: its kind and mail.
std::string kinds(JournalBacklog& backlog, std::size_t size = 1000) {
    std::string all;
    for (const QueuedRecord& queued : group_of(backlog, size))
        all += word_for(queued);
    return all;
}

JournalRecords intent(MailId mail, std::uint8_t attempt = 1) {
    MailState state = intent_of(mail);
    state.attempt = attempt;
    return {state};
}

JournalRecords answer(MailId mail) {
    return {answer_to(intent_of(mail), Progress::accepted)};
}

JournalRecords verdict(MailId mail) {
    return {verdict_on(intent_of(mail), Verdict::delivered)};
}

JudgedMail removed(MailId mail, std::uint8_t copies) {
    JudgedMail known;
    known.mail = mail;
    known.removed = copies;
    return known;
}

JournalRecords entries() {
    return {EntriesRecord{"box", {{1, std::nullopt}}, {}}};
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

TEST(JournalBacklog, ANewerStateTakesThePlaceOfTheOneThatStillWaits) {
    JournalBacklog backlog(10, 1);
    EXPECT_EQ(backlog.push(intent(1), false), 1U);
    EXPECT_EQ(backlog.push(intent(2), false), 2U);
    EXPECT_EQ(backlog.push(answer(1), false), 1U) << "whoever waits for that waits for the place";
    EXPECT_EQ(backlog.push({ClockRecord{Instant{std::chrono::seconds{1}}, {}}}, false), 3U);
    EXPECT_EQ(backlog.push({ClockRecord{Instant{std::chrono::seconds{2}}, {}}}, false), 3U);
    EXPECT_EQ(backlog.push({removed(7, 1)}, false), 4U);
    EXPECT_EQ(backlog.push({removed(7, 2)}, false), 4U);
    const auto group = group_of(backlog);
    ASSERT_EQ(group.size(), 4U);
    EXPECT_EQ(word_for(group[0]), "answer1 ");
    const auto& clocks = std::get<ClockRecord>(std::get<JournalRecord>(group[2].record));
    EXPECT_EQ(clocks.boot, Instant{std::chrono::seconds{2}});
    EXPECT_EQ(std::get<JudgedMail>(std::get<JournalRecord>(group[3].record)).removed, 2);
    EXPECT_EQ(backlog.push(answer(2), false), 5U) << "the disk has the one before in hand";
}

TEST(JournalBacklog, ARecordThatWasAnnouncedBeforeItWasSafeSaysSoWhateverReplacesIt) {
    JournalBacklog backlog(10, 1);
    backlog.push(intent(1), false);
    backlog.all_at_risk();
    backlog.push(answer(1), false);
    EXPECT_TRUE(group_of(backlog).at(0).at_risk);
    backlog.push(intent(2), false);
    backlog.push(answer(2), true);
    EXPECT_TRUE(group_of(backlog).at(0).at_risk);
}

TEST(JournalBacklog, WhatIsHandedOverTogetherIsTakenTogether) {
    JournalBacklog backlog(10, 1);
    JournalRecords unit = verdict(1);
    unit.emplace_back(evidence_on(1, Evidence::contradiction));
    unit.emplace_back(evidence_on(1, Evidence::duplicate));
    EXPECT_EQ(backlog.push(unit, false), 3U);
    backlog.push(intent(2), false);
    EXPECT_EQ(kinds(backlog, 1), "verdict1 evidence1 evidence1 ");
    EXPECT_EQ(kinds(backlog, 1), "intent2 ");
}

// A crash between the two would have the evidence neither counted nor come again.
TEST(JournalBacklog, WhatSaysThatEvidenceWasCountedIsNotWrittenBeforeIt) {
    JournalBacklog backlog(10, 1);
    backlog.push({removed(1, 1)}, false);
    backlog.push(intent(2), false);
    JournalRecords unit{evidence_on(1, Evidence::duplicate)};
    unit.emplace_back(removed(1, 2));
    backlog.push(unit, false);
    EXPECT_EQ(kinds(backlog), "judged1 intent2 evidence1 judged1 ");
}

TEST(JournalBacklog, OfTheOldestMailsThatTheDiskDoesNotKnowNothingStaysOrComesLater) {
    JournalBacklog backlog(3, 1);
    backlog.push(intent(1), false);
    backlog.push(intent(2), false);
    backlog.push(answer(1), false);
    backlog.push(intent(3), false);
    backlog.push(intent(4), false);
    backlog.push(intent(5), false);
    EXPECT_EQ(backlog.given_up(), 1U) << "mail 1, with its answer";
    EXPECT_EQ(backlog.push(intent(1, 2), false), std::nullopt) << "it would be a row without end";
    EXPECT_EQ(backlog.push(verdict(1), false), std::nullopt);
    EXPECT_EQ(backlog.given_up(), 0U) << "that one is told already";
    EXPECT_EQ(kinds(backlog), "intent2 intent3 intent4 intent5 ");
    EXPECT_NE(backlog.push(verdict(2), false), std::nullopt);
}

TEST(JournalBacklog, WhatCameWithARecordOfAGivenUpMailIsNotCalledSafe) {
    JournalBacklog backlog(3, 1);
    for (MailId mail = 1; mail <= 5; ++mail)
        backlog.push(intent(mail), false);
    EXPECT_EQ(backlog.given_up(), 1U);
    EXPECT_EQ(kinds(backlog), "intent2 intent3 intent4 intent5 ");
    JournalRecords unit{ClockRecord{}};
    unit.push_back(intent(1, 2).front());
    EXPECT_EQ(backlog.push(unit, false), std::nullopt);
    EXPECT_EQ(kinds(backlog), "clocks ");
}

TEST(JournalBacklog, WhatIsLeftOfAUnitIsNotJoinedToTheNext) {
    JournalBacklog backlog(2, 1);
    JournalRecords unit = verdict(1);
    unit.emplace_back(evidence_on(1, Evidence::contradiction));
    backlog.push(unit, false);
    backlog.push(verdict(2), false);
    backlog.push(verdict(3), false);
    EXPECT_EQ(kinds(backlog, 1), "verdict1 ");
    EXPECT_EQ(kinds(backlog, 1), "verdict2 ");
}

TEST(JournalBacklog, AMailThatTheDiskKnowsKeepsItsVerdictAndItsIntentsBeyondAllBounds) {
    JournalBacklog backlog(3, 1);
    backlog.push(answer(40), false);
    backlog.push(intent(1, 2), false);
    for (MailId mail = 1; mail <= 20; ++mail)
        backlog.push(verdict(mail), false);
    backlog.push({evidence_on(1, Evidence::bounce)}, false);
    backlog.push(intent(30), false);
    std::string all = "intent1 ";
    for (MailId mail = 1; mail <= 20; ++mail)
        all += "verdict" + std::to_string(mail) + " ";
    EXPECT_EQ(kinds(backlog).substr(0, all.size()), all);
}

TEST(JournalBacklog, AnAnswerThatReplacedAnIntentIsNotGivenUpAsAnAnswer) {
    JournalBacklog backlog(3, 1);
    backlog.push(intent(1, 2), false);
    backlog.push(answer(1), false);
    for (MailId mail = 2; mail <= 20; ++mail)
        backlog.push(verdict(mail), false);
    EXPECT_TRUE(kinds(backlog).starts_with("answer1 ")) << "attempt 2 could be made again";
}

TEST(JournalBacklog, EvidenceIsGivenUpOnlyWithWhatSaysThatItWasCounted) {
    for (std::size_t most = 1; most < 12; ++most) {
        JournalBacklog backlog(most, 1);
        for (MailId mail = 1; mail <= 6; ++mail) {
            JournalRecords unit{evidence_on(mail, Evidence::duplicate)};
            unit.emplace_back(removed(mail, 2));
            backlog.push(unit, false);
        }
        const std::string left = kinds(backlog);
        for (MailId mail = 1; mail <= 6; ++mail) {
            const std::string name = std::to_string(mail) + " ";
            EXPECT_EQ(left.find("evidence" + name) == std::string::npos,
                      left.find("judged" + name) == std::string::npos)
                << left;
        }
    }
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
