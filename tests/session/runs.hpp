// SPDX-License-Identifier: Apache-2.0
// Running conversations over scripts, and writing down everything they tell.
#pragma once

#include "probes/session/pop3/session.hpp"
#include "probes/session/smtp/session.hpp"
#include "tests/session/scripted_channel.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mailprobed::script {

/// Runs a coroutine to its end on a loop of its own; what it throws is thrown.
template <class T>
T run(Awaitable<T> task) {
    asio::io_context loop;
    std::exception_ptr error;
    if constexpr (std::is_void_v<T>) {
        asio::co_spawn(loop, std::move(task), [&](std::exception_ptr e) { error = std::move(e); });
        loop.run();
        if (error) std::rethrow_exception(error);
    } else {
        std::optional<T> result;
        asio::co_spawn(loop, std::move(task), [&](std::exception_ptr e, T value) {
            error = std::move(e);
            result = std::move(value);
        });
        loop.run();
        if (error) std::rethrow_exception(error);
        return std::move(*result);
    }
}

/// Writes a conversation down.
class RecordingTrace final : public Trace {
  public:
    explicit RecordingTrace(bool tells = true) : wants_lines_(tells) {}

    void stage_began(Stage stage, Instant at) override;
    void stage_ended(Stage stage, Instant at, std::optional<Cause> cause) override;
    [[nodiscard]] bool wants_lines() const override { return wants_lines_; }
    void line(Speaker who, std::string_view text) override;
    void connected(IpFamily family) override;
    void encrypted(const TlsFacts& facts) override;

    /// "C text", "S text" or "N text".
    std::vector<std::string> lines;
    /// The stages that ended, "greeting" or "greeting:timeout", in order.
    std::vector<std::string> stages;
    /// How long the ended stages took.
    std::vector<Duration> took;
    /// "v4", "TLSv1.3".
    std::vector<std::string> facts;
    /// Stages that began while another one was open, or ended without having begun.
    int disorder = 0;
    /// The stage that is open.
    std::optional<Stage> open;

    /// All lines, LF after each.
    [[nodiscard]] std::string transcript() const;
    /// True if any line holds `text`.
    [[nodiscard]] bool shows(std::string_view text) const;

  private:
    bool wants_lines_;
    Instant began_{};
};

/// Notes what the ledger would hear, and how much had been written by then.
class RecordingListener final : public SendListener {
  public:
    explicit RecordingListener(const ScriptedChannel& channel) : channel_(channel) {}

    void connecting(Instant at) override { connecting_at = at; }
    void handed(Instant at) override {
        handed_at = at;
        written_before_handed = channel_.written();
    }
    void accepted(Instant at, std::string_view reply) override {
        accepted_at = at;
        accepted_reply = reply;
    }
    void login_ended(LoginEnd end) override { login = end; }

    std::optional<Instant> connecting_at;
    std::optional<Instant> handed_at;
    std::optional<Instant> accepted_at;
    std::string accepted_reply;
    std::optional<LoginEnd> login;
    std::string written_before_handed;

  private:
    const ScriptedChannel& channel_;
};

/// A finished submission.
struct SmtpRun {
    SmtpRun(Script script, const SmtpSettings& settings, const Envelope& envelope, Fault fault = {},
            Instant give_up = Instant::max());

    ScriptedChannel channel;
    RecordingTrace trace;
    RecordingListener listener;
    std::optional<Failure> failure;

    /// "stage:cause", or "accepted".
    [[nodiscard]] std::string outcome() const;
    /// Everything a person could see: lines, detail, the accepted reply.
    [[nodiscard]] std::string visible() const;
};

/// A visit to a mailbox; `visit` does what a look would do after open().
struct Pop3Run {
    using Visit = std::function<Awaitable<void>(Pop3Session&)>;
    Pop3Run(Script script, const MailboxSettings& settings, const Visit& visit, Fault fault = {},
            Instant give_up = Instant::max(), WordTrust trust = WordTrust::all);

    ScriptedChannel channel;
    RecordingTrace trace;
    std::optional<Failure> failure;
    std::optional<Instant> login_at;
    Duration login_delay{};
    LoginEnd login = LoginEnd::untold;

    /// "stage:cause", or "done".
    [[nodiscard]] std::string outcome() const;
    /// Everything a person could see.
    [[nodiscard]] std::string visible() const;
};

/// "stage:cause"
[[nodiscard]] std::string to_string(const Failure& failure);

/// What a failure of a step must be counted as; written by hand from the rules of docs/claims.md,
/// not with the table under test. Empty: the conversation must not fail.
[[nodiscard]] std::string expected_outcome(Side side, const Step& step, const Fault& fault);

}  // namespace mailprobed::script
