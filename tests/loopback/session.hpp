// SPDX-License-Identifier: Apache-2.0
// What both protocols share: the loop from line to reply, with a chance for a fault at every step.
#pragma once

#include "tests/loopback/connection.hpp"
#include "tests/loopback/event_log.hpp"
#include "tests/loopback/fault_book.hpp"
#include "tests/loopback/mailbox_store.hpp"
#include "tests/loopback/options.hpp"
#include "tests/loopback/sasl.hpp"

#include <boost/asio/cancellation_signal.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed::loopback {

/// What the sessions of one server have in common.
struct Shared {
    const Options& options;
    EventLog& log;
    Dice& dice;
    FaultBook& faults;
    MailboxStore& store;
    asio::ssl::context& tls;
    /// The delay model in force.
    DelayModel delay;
    /// To be called when the next due instant may have changed.
    std::function<void()> rearm;
};

/// Which session this is.
struct SessionId {
    std::uint64_t number = 0;
    Protocol protocol = Protocol::smtp;
    /// TLS from the first byte.
    bool implicit_tls = false;
    std::string peer;
};

/// One connection's conversation.
class Session {
  public:
    Session(Shared& shared, Socket socket, SessionId id);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    virtual ~Session() = default;

    /// The whole conversation; ends when the connection does and throws nothing.
    Task<void> run();
    /// Ends the session with a TCP reset from outside.
    void cut(std::string_view reason);
    [[nodiscard]] Protocol protocol() const noexcept { return id_.protocol; }
    /// True from the moment its end is certain.
    [[nodiscard]] bool over() const noexcept { return !reason_.empty(); }
    [[nodiscard]] asio::cancellation_signal& cancellation() noexcept { return cancellation_; }

  protected:
    /// Takes the next step from the input, nothing if it is not complete yet.
    virtual std::optional<Step> next() = 0;
    /// Carries a step out; `fault` is null or changes what becomes of a mail.
    virtual void execute(Step step, const Fault* fault) = 0;
    /// A fault kept the step from being carried out; `code` was answered, 0 for none.
    virtual void decline(Step /*step*/, const Fault& /*fault*/, int /*code*/) {}
    /// A carried-out step was answered with another code than its own.
    virtual void amend(int /*code*/) {}
    /// The answers so far went out, or never will.
    virtual void settle(bool /*sent*/) {}
    /// The session is over; release everything.
    virtual void finish() {}
    /// The text of Action::refuse for a step.
    [[nodiscard]] virtual std::string refusal(Step step) const = 0;
    /// Code of a reply text as Event::code has it.
    [[nodiscard]] virtual int code_of(std::string_view text) const = 0;
    /// What the lines of an endless reply begin with: the first one, and all others.
    [[nodiscard]] virtual std::string endless_head(Step step) const = 0;
    [[nodiscard]] virtual std::string endless_line(Step step, std::uint64_t number) const = 0;

    /// Takes a line without its end from the input, nothing if it is not complete.
    std::optional<std::string_view> take_line();
    /// Appends a reply, CRLF added if missing.
    void answer(std::string_view text);
    /// An event with the session's fields filled in.
    [[nodiscard]] Event event(EventKind kind) const;
    void log_command(Step step, std::string_view line);
    /// Ends the session once all answers are out.
    void close_after_reply(std::string_view reason);

    Shared& shared_;
    SessionId id_;
    Connection connection_;
    Sasl sasl_;
    /// As given by the client, right or wrong.
    std::string username_;
    std::string sender_;
    std::vector<std::string> recipients_;
    /// A step that the one just carried out leads to: tls after STARTTLS, login after PASS.
    std::optional<Step> follow_up_;
    /// Dots read or mails deleted, for the close event.
    std::uint64_t count_ = 0;
    /// settle() has something to settle.
    bool unsettled_ = false;

  private:
    Task<void> talk();
    Task<void> pass(Step step);
    Task<void> take(Step step);
    Task<void> misbehave(Step step, const Fault& fault);
    Task<void> send_slowly(const Fault& fault);
    Task<void> send_part(const Fault& fault);
    Task<void> endless(Step step, const Fault& fault);
    Task<void> secure();
    Task<bool> flush();
    void perform(Step step, const Fault* fault);
    void complete(Step step, const Fault& fault);
    void withhold(Step step, const Fault& fault);
    void replace_reply(Step step, const Fault& fault);
    void settle_all(bool sent);
    void end(std::string_view reason);

    asio::cancellation_signal cancellation_;
    std::string reason_;
    bool closing_ = false;
    std::string closing_reason_;
    bool secure_wanted_ = false;
    Step last_step_ = Step::connect;
    int last_code_ = 0;
    std::size_t scanned_ = 0;
};

}  // namespace mailprobed::loopback
