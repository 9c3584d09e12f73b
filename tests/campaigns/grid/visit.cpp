// SPDX-License-Identifier: Apache-2.0
// The sessions as prober and watcher use them.
#include "tests/campaigns/grid/visit.hpp"

#include "probes/session/pop3/session.hpp"
#include "probes/session/smtp/session.hpp"
#include "tests/campaigns/grid/faults.hpp"

#include <optional>

namespace mailprobed::grid {
namespace {

constexpr auto kPlenty = std::chrono::seconds{60};
// A timer may be a little early by the clock it is compared with, never by this much.
constexpr auto kGrain = std::chrono::milliseconds{50};

/// Remembers how the last stage ended and checks what it is told.
class Witness final : public Trace {
  public:
    Witness(const Visitor& visitor, Visit& visit) : visitor_(visitor), visit_(visit) {}

    void stage_began(Stage stage, Instant at) override {
        last_ = stage;
        began_ = at;
    }
    void stage_ended(Stage stage, Instant at, std::optional<Cause> cause) override {
        if (stage != last_) complain("stages out of order");
        cause_ = cause;
        if (cause == Cause::timeout && at - began_ < visitor_.timeouts.of(stage) - kGrain) {
            complain("gave up before the time was over");
        }
    }
    [[nodiscard]] bool wants_lines() const override { return true; }
    void line(Speaker who, std::string_view text) override {
        if (text.find(visitor_.password) != std::string_view::npos) complain("told the password");
        visit_.transcript += who == Speaker::client ? "C " : who == Speaker::server ? "S " : "  ";
        visit_.transcript.append(text.substr(0, 100)) += '\n';
    }

    void complain(std::string what) { visit_.complaints.push_back(std::move(what)); }
    /// What is said where no failure was thrown.
    void conclude(std::string outcome) {
        visit_.answer = {cause_ ? std::string(to_string(last_)) : "-",
                         cause_ ? std::string(to_string(*cause_)) : "-", std::move(outcome)};
    }
    void conclude(const Failure& failure, std::string outcome) {
        visit_.answer = {std::string(to_string(failure.stage())),
                         std::string(to_string(failure.cause())), std::move(outcome)};
        visit_.detail = failure.what();
        if (last_ != failure.stage() || cause_ != failure.cause()) {
            complain("the trace tells another end than the failure");
        }
    }

  private:
    const Visitor& visitor_;
    Visit& visit_;
    Stage last_ = Stage::resolve;
    Instant began_{};
    std::optional<Cause> cause_;
};

/// The moments that the ledger would be told.
class Moments final : public SendListener {
  public:
    void connecting(Instant) override { connecting_ = true; }
    void handed(Instant) override { handed_ = true; }
    void accepted(Instant, std::string_view) override { accepted_ = true; }

    void hold_against(const Answer& answer, Witness& witness) const {
        const bool at_dot = answer.stage == "accept" || answer.outcome == "accepted";
        if (handed_ != at_dot) witness.complain("handed is told when it was not, or not told");
        if (accepted_ != (answer.outcome == "accepted")) witness.complain("accepted is untrue");
        if (connecting_ != (answer.stage != "resolve")) witness.complain("connecting is untrue");
    }

  private:
    bool connecting_ = false;
    bool handed_ = false;
    bool accepted_ = false;
};

// What the watcher does with a mailbox; returns the outcome.
Awaitable<std::string> read_one(Pop3Session& session) {
    co_await session.open();
    co_await session.count();
    std::vector<std::uint32_t> numbers;
    std::function<void(const ListedEntry&)> listed = [&numbers](const ListedEntry& entry) {
        numbers.push_back(entry.number);
    };
    co_await session.list(std::move(listed));
    std::function<void(FetchedMessage&&)> fetched = [](FetchedMessage&&) {};
    co_await session.headers(numbers, Pace::batches, std::move(fetched));
    const FetchedMessage message = co_await session.retrieve(1);
    const Removal removal = co_await session.remove(numbers, Instant::max());
    if (removal.refused) throw *removal.refused;
    const Farewell farewell = co_await session.close();
    if (!farewell.confirmed) co_return "not_deleted";
    co_return message.present ? "looked" : "gone";
}

}  // namespace

Timeouts timeouts_of(const Cell& cell) {
    Timeouts all{kPlenty, kPlenty, kPlenty, kPlenty, kPlenty, kPlenty, kPlenty, kPlenty, kPlenty};
    all.total = 2 * kPlenty;
    if (!takes_too_long(cell)) return all;
    if (cell.stage == "resolve") {
        all.resolve = kShort;
    } else if (cell.stage == "connect") {
        all.connect = kShort;
    } else if (cell.stage == "tls") {
        all.tls = kShort;
    } else if (cell.stage == "greeting") {
        all.greeting = kShort;
    } else if (cell.stage == "auth") {
        all.auth = kShort;
    } else if (cell.stage == "accept") {
        all.accept = kShort;
    } else if (cell.stage == "quit") {
        all.quit = kShort;
    } else {
        all.command = kShort;
    }
    return all;
}

Awaitable<void> send(Connector& connector, const Visitor& visitor, Visit& visit) {
    SmtpSettings settings;
    settings.server = visitor.server;
    settings.username = visitor.user;
    settings.password = Secret(visitor.password);
    settings.auth = SmtpAuth::plain;
    settings.allow_plaintext_auth = true;
    settings.timeouts = visitor.timeouts;
    const std::string address = visitor.user + "@test.invalid";
    const Envelope envelope{address, address, "Subject: grid\r\n\r\n.one\r\nmail\r\n"};
    Witness witness(visitor, visit);
    Moments moments;
    std::optional<Failure> failure;
    const auto channel = connector.make(settings.server);
    try {
        co_await send_mail(*channel, settings, envelope, Instant::max(), moments, witness);
    } catch (const Failure& error) {
        failure = error;
    }
    if (failure) {
        witness.conclude(*failure,
                         may_have_been_taken(failure->pair()) ? "unconfirmed" : "send_failed");
    } else {
        witness.conclude("accepted");
    }
    moments.hold_against(visit.answer, witness);
}

Awaitable<void> look(Connector& connector, const Visitor& visitor, Visit& visit) {
    MailboxSettings settings;
    settings.server = visitor.server;
    settings.username = visitor.user;
    settings.password = Secret(visitor.password);
    settings.allow_plaintext_auth = true;
    settings.timeouts = visitor.timeouts;
    Witness witness(visitor, visit);
    std::optional<Failure> failure;
    std::string outcome;
    const auto channel = connector.make(settings.server);
    Pop3Session session(*channel, settings, Instant::max(), witness);
    try {
        outcome = co_await read_one(session);
    } catch (const Failure& error) {
        failure = error;
    }
    if (failure) {
        witness.conclude(*failure, "look_failed");
    } else {
        witness.conclude(std::move(outcome));
    }
}

}  // namespace mailprobed::grid
