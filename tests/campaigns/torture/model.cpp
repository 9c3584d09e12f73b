// SPDX-License-Identifier: Apache-2.0
// Random mailboxes on random servers, looked into by the real look over the real session, knowing
// entries and ledger: no mail that was there in time is called lost, none is called delivered that
// was not, the true instant lies in [L, U], and nobody else's mail goes.
#include "probes/domain/identity/message.hpp"
#include "probes/monitor/context.hpp"
#include "probes/monitor/look.hpp"
#include "probes/net/boot_clock.hpp"
#include "probes/net/crypto.hpp"
#include "probes/session/pop3/session.hpp"
#include "tests/campaigns/torture/model_server.hpp"
#include "tests/support/some_facts.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace mailprobed::model {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kDeadline = seconds{20};
constexpr Duration kGrace = seconds{15};

struct Sent {
    Instant started;
    std::optional<Instant> arrives;
};

/// What was found over all worlds.
struct Score {
    std::uint64_t looks = 0, complete = 0, mails = 0, delivered = 0, lost = 0, unobserved = 0;
    std::uint64_t removed = 0, wrong = 0;
};

/// Keeps a trace to itself.
class NoTrace final : public Trace {
  public:
    void stage_began(Stage, Instant) override {}
    void stage_ended(Stage, Instant, std::optional<Cause>) override {}
    [[nodiscard]] bool wants_lines() const override {
        return std::getenv("MODEL_TRACE") != nullptr;
    }
    void line(Speaker who, std::string_view text) override {
        std::printf("%c %.*s\n",
                    who == Speaker::client   ? 'C'
                    : who == Speaker::server ? 'S'
                                             : 'N',
                    static_cast<int>(text.size()), text.data());
    }
    void connected(IpFamily) override {}
    void encrypted(const TlsFacts&) override {}
};

std::shared_ptr<const Settings> settings(const Habits& habits) {
    auto result = std::make_shared<Settings>();
    result->instance = "model";
    result->tag_key = Secret(std::string(32, 'k'));
    AccountSettings account;
    account.name = "a";
    account.address = "a@model.invalid";
    account.mailbox.emplace();
    account.mailbox->server.tls = TlsMode::none;
    account.mailbox->allow_plaintext_auth = true;
    account.mailbox->username = "u";
    account.mailbox->remove_own = !habits.keeps_ours;
    account.mailbox->password = Secret("model-password");
    result->accounts.push_back(account);
    return result;
}

/// One mailbox over its life.
class Campaign {
  public:
    Campaign(std::uint64_t seed, Score& score)
        : seed_(seed),
          score_(score),
          world_(draw_habits(seed), seed),
          settings_(settings(world_.habits())),
          context_(settings_, needs()) {
        context_.mailbox_numbers.push_back(1);
        box_ = context_.ledger.add_mailbox();
        probe_ = context_.ledger.add_probe({probe_id("p"), box_, kDeadline, kGrace});
    }

    void run(int looks) {
        // Ids that lasted for a day are believed.
        const int watched = world_.chance() < 0.3 ? 26 : 0;
        for (int i = 0; i < watched; ++i) {
            world_.pass(std::chrono::hours{1});
            world_.stir();
            look();
        }
        Instant next_mail = world_.now();
        for (int i = 0; i < looks; ++i) {
            // The plan of a watcher: now and then, and at every deadline.
            Instant next = world_.now() + milliseconds{500 + world_.below(5000)};
            for (const auto& [mail, sent] : pending_) {
                const Instant due = sent.started + kDeadline;
                if (due > world_.now()) next = std::min(next, due);
            }
            while (next_mail <= next) {
                world_.pass_until(next_mail);
                send();
                next_mail += seconds{2 + world_.below(6)};
            }
            world_.pass_until(next);
            judge(context_.ledger.settle(box_, world_.now()));
            world_.stir();
            look();
        }
    }

  private:
    MonitorDependencies needs() {
        return {loop_.get_executor(), journal_, observer_, {}, hmac_sha256, {}};
    }

    void send() {
        const MailId mail = ++last_mail_ * 0x9e3779b97f4a7c15ULL;
        Tag tag;
        tag.instance = context_.instance;
        tag.probe = probe_id("p");
        tag.mail = mail;
        const std::string letters = context_.codec.write(tag);
        MessageParts parts;
        parts.probe = "p";
        parts.instance = "model";
        parts.from = "a@model.invalid";
        parts.to = "a@model.invalid";
        parts.tag = letters;
        parts.id_domain = "model.invalid";
        const ComposedMail composed = compose(parts);
        Sent sent{world_.now(), std::nullopt};
        MailState state;
        state.mail = mail;
        state.probe = "p";
        state.started = world_.now();
        state.body_digest = composed.digest;
        context_.ledger.start(probe_, std::move(state));
        context_.ledger.connecting(mail, world_.now());
        context_.ledger.handed(mail, world_.now());
        const double fate = world_.chance();
        if (fate < 0.8) {
            const double late = world_.chance();
            sent.arrives = world_.now() + milliseconds{static_cast<std::int64_t>(
                                              late * late * late * (fate < 0.7 ? 15e3 : 60e3))};
            world_.will_arrive(mail, composed.text, *sent.arrives);
        }
        pending_[mail] = sent;
        ++score_.mails;
        judge(context_.ledger.accepted(mail));
    }

    void look() {
        ++score_.looks;
        if (std::getenv("MODEL_TRACE") != nullptr) std::printf("-- look\n");
        context_.ledger.look_began(box_, world_.now());
        LookTarget target{
            box_,
            context_.ledger,
            context_.codec,
            context_.look_memory,
            [](const Tag&) { return TagOwner::here; },
            [](const Tag&) { return RouteFacts{"a@model.invalid", "a@model.invalid"}; },
            false};
        Look look(std::move(target), *settings_->accounts[0].mailbox, known_);
        ServerChannel channel(world_);
        NoTrace trace;
        Pop3Session session(channel, *settings_->accounts[0].mailbox, Instant::max(), trace);
        asio::co_spawn(loop_, visit(look, session), [](std::exception_ptr error) {
            if (error) std::rethrow_exception(error);
        });
        loop_.run();
        loop_.restart();
        if (session.out_of_step()) known_.be_careful(true);
        judge(context_.ledger.look_ended(box_, look.complete(), session.connect_at(), world_.now(),
                                         known_.hidden_until(), look.proven_until(),
                                         look.seen_until()));
        if (look.complete()) known_.be_careful(false);
        score_.complete += look.complete() ? 1 : 0;
        score_.removed += look.removed();
        static_cast<void>(known_.take_changes());
        if (world_.strangers_removed != 0) wrong("a stranger's mail was removed", 0);
        world_.strangers_removed = 0;
    }

    Awaitable<void> visit(Look& look, Pop3Session& session) {
        bool told = false;
        try {
            co_await look.observe(session);
            told = true;
            tell(look);
            co_await look.prove(session, true, BootClock::now() + std::chrono::hours{1'000'000});
            const bool proven = look.in_step();
            if (proven) tell_copies(look);
            co_await look.clean_up(session, true);
            if (look.in_step() && !proven) tell_copies(look);
            if (look.in_step()) look.leave_others();
            for (const Sighting& mail : look.put_away())
                judge(context_.ledger.deleted(mail.mail, mail.attempt, mail.entries));
        } catch (const Failure&) {
            if (told) co_return;
        }
        if (!told) tell(look);
    }

    void tell(const Look& look) {
        for (const Found& found : look.sightings())
            judge(context_.ledger.sighted(box_, found.sighting, world_.now()));
    }

    void tell_copies(const Look& look) {
        for (const Found& found : look.sightings())
            judge(context_.ledger.copies_proven(found.sighting));
    }

    void judge(const Outcome& outcome) {
        // Every mail arrives once. A removal that did not hold looks like a copy where ids do not
        // last.
        for (const AfterVerdict& evidence : outcome.evidence) {
            const bool told = world_.habits().ids == Ids::lasting;
            if (told && evidence.kind == Evidence::duplicate)
                wrong("false duplicate", evidence.mail);
        }
        for (const Judgement& judgement : outcome.judgements) {
            const auto found = pending_.find(judgement.mail);
            const Sent sent = found->second;
            pending_.erase(found);
            check(judgement, sent);
        }
    }

    void check(const Judgement& judgement, const Sent& sent) {
        const Instant deadline = sent.started + kDeadline;
        const bool in_time = sent.arrives && *sent.arrives <= deadline;
        switch (judgement.verdict) {
            case Verdict::delivered:
                ++score_.delivered;
                // What STAT and UIDL do not know yet LIST is asked for at deadlines only.
                if (!sent.arrives || *sent.arrives > judgement.upper ||
                    (*sent.arrives < judgement.lower && world_.habits().lags == 0)) {
                    wrong("the true instant is not in [L, U]", judgement.mail);
                }
                if (!in_time && !judgement.deadline_uncertain) {
                    wrong("false delivered", judgement.mail);
                }
                break;
            case Verdict::lost:
                ++score_.lost;
                if (in_time && !world_.taken.contains(judgement.mail)) {
                    wrong("false lost", judgement.mail);
                }
                break;
            case Verdict::unobserved:
                ++score_.unobserved;
                break;
            case Verdict::send_failed:
            case Verdict::bounced:
                wrong("a verdict that nothing calls for", judgement.mail);
        }
    }

    void wrong(const char* what, MailId mail) {
        ++score_.wrong;
        const Habits& h = world_.habits();
        std::printf(
            "WRONG seed %llu, mail %llu: %s (ids %d, stuffing %d, repeats %d, pipelining %d)\n",
            static_cast<unsigned long long>(seed_), static_cast<unsigned long long>(mail), what,
            static_cast<int>(h.ids), static_cast<int>(h.stuffing), static_cast<int>(h.repeats),
            h.pipelining ? 1 : 0);
    }

    std::uint64_t seed_;
    Score& score_;
    World world_;
    std::shared_ptr<const Settings> settings_;
    asio::io_context loop_{1};
    MemoryJournal journal_;
    test::NoFacts observer_;
    Context context_;
    SeenEntries known_;
    MailboxIndex box_ = 0;
    ProbeIndex probe_ = 0;
    std::map<MailId, Sent> pending_;
    std::uint64_t last_mail_ = 0;
};

}  // namespace
}  // namespace mailprobed::model

int main(int argc, char** argv) {
    using namespace mailprobed::model;
    const auto argument = [&](int n, std::uint64_t otherwise) {
        return argc > n ? std::strtoull(argv[n], nullptr, 10) : otherwise;
    };
    const std::uint64_t looks = argument(1, 20'000);
    const std::uint64_t first = argument(2, 1);
    constexpr int kLooks = 200;
    Score score;
    for (std::uint64_t seed = first; score.looks < looks; ++seed) {
        Campaign campaign(seed, score);
        campaign.run(kLooks);
    }
    const auto count = [](std::uint64_t n) { return static_cast<unsigned long long>(n); };
    std::printf(
        "looks %llu (complete %llu), mails %llu: delivered %llu, lost %llu, unobserved %llu "
        "(%.1f %%), removed %llu, wrong %llu; seeds from %llu\n",
        count(score.looks), count(score.complete), count(score.mails), count(score.delivered),
        count(score.lost), count(score.unobserved),
        100.0 * static_cast<double>(score.unobserved) / static_cast<double>(score.mails),
        count(score.removed), count(score.wrong), count(first));
    return score.wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
