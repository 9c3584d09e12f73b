// SPDX-License-Identifier: Apache-2.0
// What the ledger hands out is all that a later run needs: nobody derives anything from it.
#include "probes/domain/ledger/ledger.hpp"
#include "tests/support/mail_states.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <tuple>
#include <vector>

namespace mailprobed {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr StageCause kLater{Stage::accept, Cause::rejected_transient};
constexpr StageCause kNoAnswer{Stage::accept, Cause::timeout};
constexpr StageCause kNever{Stage::accept, Cause::rejected_permanent};

Instant at(int second) {
    return Instant{hours{1}} + seconds{second};
}

/// A ledger of one route.
struct OneRoute {
    OneRoute() : box(ledger.add_mailbox()) {
        ledger.add_probe({1, box, seconds{100}, seconds{50}, {}});
    }
    Ledger ledger{hours{48}};
    MailboxIndex box;
};

/// Keeps what is handed out as a store does: the newest takes the place of what was there.
struct Kept {
    std::map<MailId, MailState> pending;
    std::map<MailId, JudgedMail> judged;

    void keep(const Outcome& outcome) {
        for (const MailState& state : outcome.states)
            pending.insert_or_assign(state.mail, state);
        for (const Judgement& judgement : outcome.judgements)
            pending.erase(judgement.mail);
        for (const JudgedMail& mail : outcome.judged)
            judged.insert_or_assign(mail.mail, mail);
    }
    [[nodiscard]] OneRoute restored() const {
        OneRoute next;
        for (const auto& [id, mail] : judged)
            next.ledger.restore(0, mail);
        return next;
    }
};

using Said = std::vector<std::tuple<MailId, Evidence, std::uint32_t, std::uint32_t>>;

Said said(const Outcome& outcome) {
    Said result;
    for (const AfterVerdict& one : outcome.evidence)
        result.emplace_back(one.mail, one.kind, one.count, one.total);
    return result;
}

TEST(LedgerStates, DeadlineAndLatencyRunFromTheFirstConnect) {
    OneRoute route;
    route.ledger.start(0, test::starting(1, at(0)));
    route.ledger.connecting(1, at(4));
    route.ledger.connecting(1, at(6));
    EXPECT_EQ(route.ledger.pending_mail(1)->started, at(4));
    EXPECT_EQ(route.ledger.pending_mail(1)->deadline, at(104));
    EXPECT_EQ(route.ledger.pending_mail(1)->grace_end, at(154));
}

TEST(LedgerStates, EachAnswerIsHandedOutWithAllThatIsKnown) {
    OneRoute route;
    MailState mail = test::starting(1, at(0), WallTime{seconds{9}}, 41);
    mail.probe = "p";
    mail.mailbox_number = 5;
    mail.tag_key = 6;
    route.ledger.start(0, mail);
    route.ledger.connecting(1, at(1));
    route.ledger.handed(1, at(2));
    const Outcome refused = route.ledger.attempt_refused(1, kLater, "451 later", at(60));
    ASSERT_EQ(refused.states.size(), 1U);
    const MailState& first = refused.states[0];
    EXPECT_EQ(first.progress, Progress::retry);
    EXPECT_EQ(first.handed_attempt, 1);
    EXPECT_EQ(first.handed, at(2));
    EXPECT_EQ(first.failure, kLater);
    EXPECT_EQ(first.detail, "451 later");
    EXPECT_EQ(first.again_at, at(60));
    EXPECT_EQ(first.mailbox_number, 5U);
    route.ledger.attempt_began(1, 2, 42, 7);
    const MailState second = *route.ledger.pending_mail(1);
    EXPECT_EQ(second.progress, Progress::intended);
    EXPECT_EQ(second.attempt, 2);
    EXPECT_EQ(second.handed_attempt, 1) << "the dot of the second was not written yet";
    EXPECT_EQ(second.earlier_digests, std::vector<std::uint64_t>{41});
    EXPECT_EQ(second.body_digest, 42U);
    EXPECT_EQ(second.tag_key, 7U);
    EXPECT_FALSE(route.ledger.if_cut_off(1, "stopped"));
    route.ledger.handed(1, at(61));
    const auto cut_off = route.ledger.if_cut_off(1, "stopped");
    ASSERT_TRUE(cut_off);
    EXPECT_EQ(cut_off->progress, Progress::unconfirmed);
    EXPECT_EQ(cut_off->failure, (StageCause{Stage::accept, Cause::interrupted}));
    const Outcome open = route.ledger.unconfirmed(1, kNoAnswer, "silence");
    ASSERT_EQ(open.states.size(), 1U);
    EXPECT_EQ(open.states[0].progress, Progress::unconfirmed);
    EXPECT_EQ(open.states[0].failure, kNoAnswer);
    EXPECT_FALSE(route.ledger.if_cut_off(1, "stopped")) << "it is known how it ended";
    const Outcome accepted = route.ledger.accepted(1, "250 as 7");
    ASSERT_EQ(accepted.states.size(), 1U);
    EXPECT_FALSE(accepted.states[0].failure);
    EXPECT_EQ(accepted.states[0].detail, "250 as 7");
}

TEST(LedgerStates, AVerdictComesWithTheMailAsItIsFromThenOn) {
    OneRoute route;
    for (MailId mail = 1; mail <= 2; ++mail) {
        route.ledger.start(0, test::starting(mail, at(0)));
        route.ledger.handed(mail, at(1));
    }
    const Outcome failed = route.ledger.send_failed(1, kNever, "550 no");
    ASSERT_EQ(failed.judged.size(), 1U);
    EXPECT_TRUE(failed.judged[0].refused);
    route.ledger.unconfirmed(2, kNoAnswer, "");
    const Outcome late = route.ledger.look_ended(route.box, true, at(101), at(101));
    ASSERT_EQ(late.judged.size(), 1U);
    EXPECT_EQ(late.judged[0].verdict, Verdict::send_failed);
    EXPECT_FALSE(late.judged[0].refused) << "nobody refused it";
}

TEST(LedgerStates, OfAnOrphanNoStateIsHandedOutForThereMayBeMoreThanThisRunKnows) {
    OneRoute route;
    Sighting sighting{1, 1, at(5), BodyState::unread, {}, {100, 101}, 1};
    const Outcome seen = route.ledger.sighted(route.box, sighting, at(5));
    ASSERT_EQ(seen.evidence.size(), 1U);
    EXPECT_EQ(seen.evidence[0].kind, Evidence::orphan);
    EXPECT_TRUE(seen.judged.empty());
    const Outcome copies = route.ledger.copies_proven(sighting);
    EXPECT_EQ(copies.evidence.size(), 1U);
    EXPECT_TRUE(copies.judged.empty());
    EXPECT_TRUE(route.ledger.deleted(1, 1, {100}).judged.empty());
}

/// Draws what may be learnt of judged mails.
class LaterLife {
  public:
    explicit LaterLife(unsigned seed) : dice_(seed) {}

    Outcome next(OneRoute& route, unsigned step) {
        std::minstd_rand dice(seed_of(step));
        Ledger& ledger = route.ledger;
        const MailId mail = 1 + dice() % 7;
        const auto now = at(static_cast<int>(1000 + 10 * step));
        Sighting sighting;
        sighting.mail = mail;
        sighting.probe_id = 1;
        sighting.attempt = static_cast<std::uint8_t>(1 + dice() % 2);
        sighting.listed_at = now;
        for (unsigned copy = 0; copy <= dice() % 3; ++copy)
            sighting.entries.push_back(100 * mail + copy);
        switch (dice() % 5) {
            case 0:
                return ledger.sighted(route.box, sighting, now);
            case 1:
                return ledger.copies_proven(sighting);
            case 2:
                return ledger.deleted(mail, sighting.attempt, sighting.entries);
            case 3:
                return ledger.bounced({mail, StatusClass::permanent, "", dice() % 2 == 0, 0}, now);
            default:
                ledger.look_began(route.box, now);
                return ledger.look_ended(route.box, true, now, now);
        }
    }

  private:
    /// The same for each ledger that lives this life.
    unsigned seed_of(unsigned step) {
        while (seeds_.size() <= step)
            seeds_.push_back(static_cast<unsigned>(dice_()));
        return seeds_[step];
    }

    std::minstd_rand dice_;
    std::vector<unsigned> seeds_;
};

/// Seven mails, judged in every way.
Kept all_verdicts(OneRoute& route) {
    Kept kept;
    Ledger& ledger = route.ledger;
    const MailboxIndex box = route.box;
    for (MailId mail = 1; mail <= 6; ++mail) {
        ledger.start(0, test::starting(mail, at(0)));
        ledger.connecting(mail, at(0));
        ledger.handed(mail, at(1));
        if (mail != 2 && mail != 5) kept.keep(ledger.accepted(mail));
    }
    Sighting sighting{1, 1, at(5), BodyState::unread, {}, {100}, 1};
    kept.keep(ledger.sighted(box, sighting, at(5)));
    kept.keep(ledger.send_failed(2, kNever, "550 no"));
    kept.keep(ledger.bounced({3, StatusClass::permanent, "", false, 0}, at(6)));
    kept.keep(ledger.unconfirmed(5, kNoAnswer, ""));
    // 4 and 6 are lost, 5 was never answered; for 7 nobody looks in time.
    ledger.look_began(box, at(101));
    kept.keep(ledger.look_ended(box, true, at(101), at(101)));
    ledger.start(0, test::starting(7, at(110)));
    ledger.handed(7, at(111));
    kept.keep(ledger.accepted(7));
    kept.keep(ledger.settle(box, at(400)));
    return kept;
}

// A run that ends at any moment leaves what the next one needs to learn the same.
TEST(LedgerStates, WhatIsLearntAfterTheVerdictIsTheSameAfterARestartAtAnyMoment) {
    int evidence = 0;
    for (unsigned seed = 1; seed <= 300; ++seed) {
        OneRoute route;
        Kept kept = all_verdicts(route);
        ASSERT_TRUE(kept.pending.empty());
        LaterLife life(seed);
        for (unsigned step = 0; step < 25; ++step) {
            OneRoute next = kept.restored();
            const Outcome known = life.next(route, step);
            EXPECT_EQ(said(life.next(next, step)), said(known)) << "seed " << seed << " " << step;
            evidence += static_cast<int>(known.evidence.size());
            kept.keep(known);
        }
    }
    EXPECT_GT(evidence, 1000) << "the drawn lives are dull";
}

}  // namespace
}  // namespace mailprobed
