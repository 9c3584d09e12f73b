// SPDX-License-Identifier: Apache-2.0
// The instants are exact: a conversation asks the channel for the time right before it acts.
#include "tests/campaigns/accounting/witness.hpp"

#include "probes/net/boot_clock.hpp"
#include "tests/campaigns/accounting/reply_counter.hpp"

#include <stdexcept>
#include <utility>

namespace mailprobed::accounting {
namespace {

/// A channel that looks over the shoulder of another one.
class WitnessChannel final : public Channel {
  public:
    /// Runs when the conversation is over.
    using Ended = std::function<void()>;
    /// Sees what is about to be written and the time the conversation last asked for.
    using Writing = std::function<void(std::string_view, Instant)>;

    WitnessChannel(Connector& connector, Endpoint endpoint, Protocol protocol,
                   std::shared_ptr<Conversation> conversation, Writing writing, Ended ended)
        : endpoint_(std::move(endpoint)),
          inner_(connector.make(endpoint_)),
          replies_(protocol == Protocol::pop3),
          conversation_(std::move(conversation)),
          writing_(std::move(writing)),
          ended_(std::move(ended)) {
        conversation_->peer = endpoint_.source_address;
        conversation_->began = BootClock::now();
    }
    ~WitnessChannel() override { ended_(); }

    void expect_by(Instant deadline) override { inner_->expect_by(deadline); }
    [[nodiscard]] Instant now() const override { return asked_ = inner_->now(); }
    Awaitable<void> resolve() override { return inner_->resolve(); }
    Awaitable<void> connect() override {
        conversation_->connected_from = asked_;
        return inner_->connect();
    }
    Awaitable<void> handshake() override { return inner_->handshake(); }
    Awaitable<std::size_t> read(std::span<char> buffer) override {
        const std::size_t size = co_await inner_->read(buffer);
        replies_.read({buffer.data(), size});
        conversation_->replies = replies_.count();
        co_return size;
    }
    Awaitable<void> write(std::string_view bytes) override {
        const bool is_data = bytes.ends_with("\r\n.\r\n");
        if (is_data) {
            replies_.written_data();
        } else {
            replies_.written(bytes);
        }
        writing_(bytes, asked_);
        return inner_->write(bytes);
    }
    void close() noexcept override { inner_->close(); }
    [[nodiscard]] std::string address_literal() const override { return inner_->address_literal(); }
    [[nodiscard]] IpFamily family() const override { return inner_->family(); }
    [[nodiscard]] std::optional<TlsFacts> tls_facts() const override { return inner_->tls_facts(); }

  private:
    Endpoint endpoint_;
    std::unique_ptr<Channel> inner_;
    ReplyCounter replies_;
    std::shared_ptr<Conversation> conversation_;
    Writing writing_;
    Ended ended_;
    mutable Instant asked_{};
};

/// Knows the write that logs in: PASS, or the answer to AUTH PLAIN.
class LoginDetector {
  public:
    bool operator()(std::string_view bytes) {
        const bool response = std::exchange(asked_, bytes == "AUTH PLAIN\r\n");
        return response || bytes.starts_with("PASS ") || bytes.starts_with("APOP ");
    }

  private:
    bool asked_ = false;
};

}  // namespace

Witness::Witness(const Settings& settings, FaultPlan& plan, History& history, Connector& connector,
                 std::uint16_t dead_port)
    : plan_(plan), history_(history), connector_(connector), dead_port_(dead_port) {
    for (std::size_t i = 0; i < settings.probes.size(); ++i) {
        const ProbeSettings& probe = settings.probes[i];
        routes_[&settings.account(probe.from)->smtp->server] = {true, i, probe.name, probe.to, 0};
    }
    std::size_t mailboxes = 0;
    for (const AccountSettings& account : settings.accounts) {
        if (!account.mailbox) continue;
        routes_[&account.mailbox->server] = {false, mailboxes++, account.name, {}, 0};
    }
}

std::unique_ptr<Channel> Witness::make(const Endpoint& endpoint) {
    Route& route = routes_.at(&endpoint);
    return route.sends ? make_sending(route, endpoint) : make_reading(route, endpoint);
}

std::unique_ptr<Channel> Witness::make_sending(Route& route, Endpoint endpoint) {
    const auto mail = history_.take_started(route.name);
    if (!mail) throw std::logic_error("a submission without a mail");
    const Assignment given = plan_.mail(route.number, route.mails++);
    endpoint.source_address = given.peer;
    if (given.fault != nullptr && given.fault->refused) endpoint.port = dead_port_;
    const bool doomed = given.fault != nullptr && given.fault->loses;
    auto conversation = std::make_shared<Conversation>();
    auto writing = [this, doomed, conversation, to = route.ends_in](std::string_view bytes,
                                                                    Instant asked) {
        if (!bytes.ends_with("\r\n.\r\n")) return;
        conversation->handed = asked;
        conversation->replies_before = conversation->replies;
        if (doomed && on_doomed) on_doomed(to, bytes);
    };
    auto ended = [this, conversation, id = *mail] { history_.submission_over(id, *conversation); };
    return std::make_unique<WitnessChannel>(connector_, std::move(endpoint), Protocol::smtp,
                                            conversation, std::move(writing), std::move(ended));
}

std::unique_ptr<Channel> Witness::make_reading(const Route& route, Endpoint endpoint) {
    const bool down = is_down && is_down(route.number);
    const Assignment given = plan_.look(endpoint.tls, down);
    endpoint.source_address = given.peer;
    if (given.fault != nullptr && given.fault->refused) endpoint.port = dead_port_;
    auto conversation = std::make_shared<Conversation>();
    history_.look_began(route.name, conversation);
    auto writing = [conversation, is_login = LoginDetector()](std::string_view bytes,
                                                              Instant asked) mutable {
        if (is_login(bytes)) conversation->login = asked;
    };
    return std::make_unique<WitnessChannel>(connector_, std::move(endpoint), Protocol::pop3,
                                            conversation, std::move(writing), [] {});
}

}  // namespace mailprobed::accounting
