// SPDX-License-Identifier: Apache-2.0
// Deadlines of stages and of the whole, endless and dripping servers, cancellation.
#include "tests/session/smtp_fixture.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mailprobed::script {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;

Timeouts distinct_timeouts() {
    Timeouts timeouts;
    timeouts.resolve = 2s;
    timeouts.connect = 3s;
    timeouts.tls = 5s;
    timeouts.greeting = 7s;
    timeouts.command = 11s;
    timeouts.auth = 13s;
    timeouts.accept = 17s;
    timeouts.quit = 19s;
    return timeouts;
}

TEST(Deadlines, EachStageEndsAfterItsOwnTime) {
    Script script = until_hello(TlsMode::starttls, {"AUTH PLAIN", "SIZE"});
    script.client(Stage::auth, "AUTH PLAIN " + plain_base64() + "\n")
        .server(Stage::auth, "235 ok\n");
    add_transfer(script);
    SmtpSettings settings = smtp_settings(TlsMode::starttls);
    settings.timeouts = distinct_timeouts();
    for (std::size_t i = 0; i < script.steps.size(); ++i) {
        Script stalled = script;
        stalled.steps[i].takes = 1h;
        const Stage stage = script.steps[i].stage;
        const SmtpRun run(stalled, settings, small_mail());
        EXPECT_EQ(run.outcome(),
                  stage == Stage::quit ? "accepted" : std::string(to_string(stage)) + ":timeout");
        EXPECT_EQ(run.trace.took.back(), settings.timeouts.of(stage)) << to_string(stage);
    }
}

// B4.2: each octet is in time, the whole is not.
TEST(Deadlines, ADrippingServerCannotOutliveTheTotal) {
    Script script = until_hello(TlsMode::none, {});
    add_transfer(script, false);
    for (Step& step : script.steps) {
        if (step.kind != Kind::server) continue;
        step.chunk = 1;
        step.takes = 1s;
    }
    SmtpSettings settings = smtp_settings(TlsMode::none, SmtpAuth::none);
    settings.timeouts = distinct_timeouts();
    settings.timeouts.greeting = 60s;
    settings.timeouts.command = 20s;
    settings.timeouts.total = 60s;
    const SmtpRun run(script, settings, small_mail());
    EXPECT_EQ(run.outcome(), "envelope:timeout");
    EXPECT_EQ(run.channel.now() - ScriptedChannel::kStart, 60s);

    settings.timeouts.total = 180s;
    const SmtpRun given_up(script, settings, small_mail(), {}, ScriptedChannel::kStart + 45s);
    EXPECT_EQ(given_up.outcome(), "hello:timeout");
    EXPECT_EQ(given_up.channel.now() - ScriptedChannel::kStart, 45s);
}

// Else the mail would count as perhaps sent although not an octet of it left.
TEST(Deadlines, TimeThatIsUpBeforeTheMailLeavesIsNotUnconfirmed) {
    Script script = until_hello(TlsMode::none, {});
    add_transfer(script, false);
    Step& answer_to_data = script.steps[script.steps.size() - 5];
    ASSERT_EQ(answer_to_data.stage, Stage::data);
    // The answer comes in time, but we do not get to use it in time.
    answer_to_data.lag = 1h;
    const SmtpRun run(script, smtp_settings(TlsMode::none, SmtpAuth::none), small_mail());
    EXPECT_EQ(run.outcome(), "data:timeout");
    EXPECT_FALSE(run.listener.handed_at);
}

TEST(Deadlines, AGiveUpInThePastFailsBeforeTheLookup) {
    const SmtpRun run(Script{}, smtp_settings(TlsMode::none), small_mail(), {},
                      ScriptedChannel::kStart);
    EXPECT_EQ(run.outcome(), "resolve:timeout");
    EXPECT_THAT(run.channel.surprises(), IsEmpty());
    EXPECT_EQ(run.trace.stages, std::vector<std::string>{"resolve:timeout"});
}

// B4.1, A1.03.
TEST(Bounds, EndlessRepliesAreCutOffInLinesOctetsAndLineLength) {
    std::string lines;
    for (int i = 0; i < 300; ++i) {
        lines += "220-x\r\n";
    }
    std::string octets;
    for (int i = 0; i < 30; ++i) {
        octets += "220-" + std::string(3000, 'x') + "\r\n";
    }
    const std::string line(1'000'000, '2');
    for (const std::string& endless : {lines, octets, line}) {
        Script script;
        script.resolve().connect().raw(Stage::greeting, endless);
        const SmtpRun run(script, smtp_settings(TlsMode::none), small_mail());
        EXPECT_EQ(run.outcome(), "greeting:protocol_error");
        EXPECT_EQ(run.channel.finished(), endless == lines);
        ASSERT_TRUE(run.failure);
        EXPECT_LT(std::string_view(run.failure->what()).size(), 1000U);
    }
    // At the dot nobody knows who has the mail then.
    Script script = until_hello(TlsMode::none, {});
    add_transfer(script, false);
    script.steps.resize(script.steps.size() - 3);
    script.raw(Stage::accept, line);
    const SmtpRun run(script, smtp_settings(TlsMode::none, SmtpAuth::none), small_mail());
    EXPECT_EQ(run.outcome(), "accept:eof");
}

TEST(Bounds, TheLargestReplyIsRead) {
    std::string reply;
    for (int i = 0; i < 255; ++i) {
        reply += "220-" + std::string(240, 'x') + "\n";
    }
    Script script;
    script.resolve().connect().server(Stage::greeting, reply + "220 x\n").dripping(7);
    script.client(Stage::hello, "EHLO [169.254.114.107]\n").server(Stage::hello, "421 bye\n");
    const SmtpRun run(script, smtp_settings(TlsMode::none), small_mail());
    EXPECT_EQ(run.outcome(), "hello:rejected_transient");
    EXPECT_TRUE(run.trace.shows("N ... and 122 more lines\n"));
}

// A channel whose reads hang until they are cancelled.
class HangingChannel final : public Channel {
  public:
    void expect_by(Instant /*deadline*/) override {}
    [[nodiscard]] Instant now() const override { return Instant{}; }
    Awaitable<void> resolve() override { co_return; }
    Awaitable<void> connect() override { co_return; }
    Awaitable<void> handshake() override { co_return; }
    Awaitable<std::size_t> read(std::span<char> /*buffer*/) override {
        const Executor executor = co_await asio::this_coro::executor;
        asio::basic_waitable_timer<std::chrono::steady_clock,
                                   asio::wait_traits<std::chrono::steady_clock>, Executor>
            timer(executor, 1h);
        co_await timer.async_wait(asio::use_awaitable_t<Executor>{});
        co_return 0;
    }
    Awaitable<void> write(std::string_view /*bytes*/) override { co_return; }
    void close() noexcept override {}
    [[nodiscard]] std::string address_literal() const override { return "[127.0.0.1]"; }
    [[nodiscard]] IpFamily family() const override { return IpFamily::v4; }
    [[nodiscard]] std::optional<TlsFacts> tls_facts() const override { return std::nullopt; }
};

class Deaf final : public SendListener {
    void connecting(Instant /*at*/) override {}
    void handed(Instant /*at*/) override {}
    void accepted(Instant /*at*/, std::string_view /*reply*/) override {}
};

TEST(Cancellation, PassesThroughAndEndsNoStage) {
    HangingChannel channel;
    RecordingTrace trace;
    Deaf listener;
    const SmtpSettings settings = smtp_settings(TlsMode::none);
    const Envelope envelope = small_mail();
    asio::io_context loop;
    asio::cancellation_signal signal;
    std::exception_ptr result;
    asio::co_spawn(loop, send_mail(channel, settings, envelope, Instant::max(), listener, trace),
                   asio::bind_cancellation_slot(
                       signal.slot(), [&](std::exception_ptr e) { result = std::move(e); }));
    loop.poll();
    ASSERT_EQ(trace.open, Stage::greeting);
    signal.emit(asio::cancellation_type::terminal);
    loop.run();
    ASSERT_TRUE(result);
    try {
        std::rethrow_exception(result);
    } catch (const boost::system::system_error& error) {
        EXPECT_EQ(error.code(), asio::error::operation_aborted);
    } catch (const std::exception& other) {
        FAIL() << "not a cancellation: " << other.what();
    }
    EXPECT_EQ(trace.open, Stage::greeting);
    EXPECT_EQ(trace.stages, (std::vector<std::string>{"resolve", "connect"}));
}

}  // namespace
}  // namespace mailprobed::script
