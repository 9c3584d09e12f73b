// SPDX-License-Identifier: Apache-2.0
// A look's conversation from the first lookup to QUIT.
#include "probes/session/pop3_session.hpp"

#include "probes/session/conversation.hpp"
#include "probes/session/pop3_auth.hpp"
#include "probes/session/pop3_dialogue.hpp"
#include "probes/session/pop3_fetch.hpp"

#include <algorithm>
#include <utility>

namespace mailprobed {

struct Pop3Session::Impl {
    Impl(Channel& channel, const Pop3Settings& wanted, Instant give_up, Trace& trace)
        : settings(wanted),
          talk(channel, Side::mailbox, wanted.timeouts, give_up, trace),
          pop3(talk) {
        talk.masker().add(settings.password.reveal());
    }

    Awaitable<void> reach();
    Awaitable<void> start_tls();
    Awaitable<void> ask_capabilities();
    Awaitable<void> read_headers(std::span<const std::uint32_t> numbers,
                                 const std::function<void(FetchedMessage&&)>& each);
    [[nodiscard]] bool may_pipeline() const noexcept {
        return settings.pipelining && offered && offered->pipelining;
    }

    const Pop3Settings& settings;
    Conversation talk;
    Pop3Dialogue pop3;
    std::string greeting;
    // Empty if the server has no CAPA.
    std::optional<Pop3Capabilities> offered;
    Pop3Login login;
    bool has_uidl = true;
    // Nothing until the server has shown whether it knows TOP.
    std::optional<bool> has_top;
};

Pop3Session::Pop3Session(Channel& channel, const Pop3Settings& settings, Instant give_up,
                         Trace& trace)
    : impl_(std::make_unique<Impl>(channel, settings, give_up, trace)) {}

Pop3Session::~Pop3Session() = default;

Awaitable<void> Pop3Session::Impl::reach() {
    talk.enter(Stage::resolve);
    co_await talk.channel().resolve();
    talk.enter(Stage::connect);
    co_await talk.connect(settings.server.tls);
    talk.enter(Stage::greeting);
    Pop3Answer hello = co_await pop3.answer();
    pop3.expect_ok(hello, "the server refuses to serve");
    greeting = std::move(hello.text);
}

Awaitable<void> Pop3Session::Impl::ask_capabilities() {
    talk.enter(Stage::capa);
    std::optional<Pop3Capabilities> answer = co_await pop3.capabilities();
    // A second -ERR takes nothing back that was offered in the same state of encryption.
    if (answer) offered = answer;
}

Awaitable<void> Pop3Session::Impl::start_tls() {
    talk.enter(Stage::stls);
    if (offered && !offered->stls) {
        throw Trouble(Cause::tls_unavailable, "the server does not offer STLS",
                      Trouble::Step::kept);
    }
    // Where CAPA is not known STLS may be: asking costs nothing, going on without it is out.
    talk.queue({"STLS"});
    const Pop3Answer answer = co_await pop3.exchange();
    if (!answer.ok()) {
        throw Trouble(Cause::tls_unavailable, "STLS refused: " + answer.text, Trouble::Step::kept);
    }
    if (!talk.input().empty()) {
        throw Trouble(Cause::tls_injection, "octets after the response to STLS");
    }
    offered.reset();
    co_await talk.encrypt();
}

Awaitable<void> Pop3Session::open() {
    Impl& s = *impl_;
    std::optional<Failure> failure;
    try {
        co_await s.reach();
        co_await s.ask_capabilities();
        if (s.settings.server.tls == TlsMode::starttls) {
            co_await s.start_tls();
            co_await s.ask_capabilities();
        }
        s.talk.enter(Stage::auth);
        // The timestamp of a greeting before TLS will do: the digest leaves under TLS only.
        co_await log_in(s.pop3, s.settings, s.offered, s.greeting, s.login);
        // Some servers tell only now what this user gets (RFC 2449 6.5; Gmail's PIPELINING).
        const bool unknown = s.offered && (s.offered->login_delay_per_user ||
                                           (s.settings.pipelining && !s.offered->pipelining));
        if (unknown) co_await s.ask_capabilities();
        s.talk.leave();
    } catch (const ChannelError& error) {
        failure = s.talk.failure(error);
    }
    if (!failure) co_return;
    const bool at_login = failure->stage() == Stage::auth;
    const bool hung_up = at_login && failure->cause() == Cause::eof;
    if (at_login && failure->cause() == Cause::auth_rejected) s.login.end = LoginEnd::refused;
    if (s.login.end == LoginEnd::hung_up && !hung_up) s.login.end = LoginEnd::untold;
    co_await s.talk.good_bye();
    s.talk.channel().close();
    throw *failure;
}

std::optional<Instant> Pop3Session::login_at() const noexcept {
    return impl_->login.at;
}

void Pop3Session::trust_words(WordTrust trust) noexcept {
    impl_->login.trust = trust;
}

LoginEnd Pop3Session::login_end() const noexcept {
    return impl_->login.end;
}

Duration Pop3Session::login_delay() const noexcept {
    if (impl_->login.end != LoginEnd::worked) return Duration::zero();
    if (!impl_->offered || !impl_->offered->login_delay) return Duration::zero();
    return std::chrono::seconds{*impl_->offered->login_delay};
}

bool Pop3Session::has_uidl() const noexcept {
    return impl_->has_uidl;
}

Awaitable<std::uint32_t> Pop3Session::stat() {
    Impl& s = *impl_;
    try {
        s.talk.enter(Stage::list);
        s.talk.queue({"STAT"});
        const Pop3Answer answer = co_await s.pop3.exchange();
        s.pop3.expect_ok(answer, "STAT refused");
        const std::optional<std::uint32_t> count = pop3_stat(answer.text);
        if (!count) throw Trouble(Cause::protocol_error, "STAT without a number: " + answer.text);
        s.talk.leave();
        co_return *count;
    } catch (const ChannelError& error) {
        throw s.talk.failure(error);
    }
}

Awaitable<void> Pop3Session::list(std::function<void(const ListedEntry&)> each) {
    Impl& s = *impl_;
    try {
        s.talk.enter(Stage::list);
        if (s.has_uidl) {
            s.talk.queue({"UIDL"});
            const Pop3Answer answer = co_await s.pop3.exchange(false);
            s.has_uidl = answer.status != Pop3Status::err || answer.code != Pop3Code::none;
            if (s.has_uidl) s.pop3.expect_ok(answer, "UIDL refused");
        }
        if (!s.has_uidl) {
            s.talk.queue({"LIST"});
            const Pop3Answer answer = co_await s.pop3.exchange(false);
            s.pop3.expect_ok(answer, "LIST refused");
        }
        co_await read_listing(s.pop3, s.has_uidl, each);
        s.talk.leave();
    } catch (const ChannelError& error) {
        throw s.talk.failure(error);
    }
}

Awaitable<void> Pop3Session::Impl::read_headers(std::span<const std::uint32_t> numbers,
                                                const std::function<void(FetchedMessage&&)>& each) {
    if (offered && !has_top) has_top = offered->top;
    while (!numbers.empty()) {
        if (has_top.value_or(true)) {
            talk.enter(Stage::top);
            const std::size_t batch = may_pipeline() ? kBatch : 1;
            const bool known = co_await top(pop3, numbers, batch, has_top.has_value(), each);
            if (known) {
                has_top = true;
                break;
            }
        }
        // No TOP, or an entry that is gone: RETR tells which.
        talk.enter(Stage::retr);
        do {
            talk.renew();
            FetchedMessage message = co_await retr(pop3, numbers.front(), false);
            numbers = numbers.subspan(1);
            if (message.present) has_top = false;
            hand_over(std::move(message), each);
        } while (!numbers.empty() && !has_top.value_or(true));
    }
}

Awaitable<void> Pop3Session::headers(std::span<const std::uint32_t> numbers,
                                     std::function<void(FetchedMessage&&)> each) {
    if (numbers.empty()) co_return;
    Impl& s = *impl_;
    try {
        co_await s.read_headers(numbers, each);
        s.talk.leave();
    } catch (const ChannelError& error) {
        throw s.talk.failure(error);
    }
}

Awaitable<FetchedMessage> Pop3Session::retrieve(std::uint32_t number) {
    Impl& s = *impl_;
    try {
        s.talk.enter(Stage::retr);
        FetchedMessage message = co_await retr(s.pop3, number, true);
        if (message.cut) throw Trouble(Cause::too_big, "a mail of more than 16 MiB");
        s.talk.leave();
        co_return message;
    } catch (const ChannelError& error) {
        throw s.talk.failure(error);
    }
}

Awaitable<Removal> Pop3Session::remove(std::span<const std::uint32_t> numbers, Instant until) {
    Removal removal;
    if (numbers.empty()) co_return removal;
    Impl& s = *impl_;
    try {
        s.talk.enter(Stage::dele);
        std::optional<Trouble> refused;
        while (!numbers.empty() && s.talk.channel().now() < until) {
            const auto some =
                numbers.first(std::min(s.may_pipeline() ? kBatch : 1, numbers.size()));
            numbers = numbers.subspan(some.size());
            co_await dele(s.pop3, some, removal.marked, refused);
        }
        if (refused) {
            removal.refused = s.talk.failure(*refused);
        } else {
            s.talk.leave();
        }
        co_return removal;
    } catch (const ChannelError& error) {
        throw s.talk.failure(error);
    }
}

Awaitable<bool> Pop3Session::quit() {
    Impl& s = *impl_;
    bool held = false;
    try {
        s.talk.enter(Stage::quit);
        s.talk.queue({"QUIT"});
        const Pop3Answer answer = co_await s.pop3.exchange();
        s.pop3.expect_ok(answer, "QUIT refused");
        s.talk.leave();
        held = true;
    } catch (const ChannelError& error) {
        // Deletions do not hold then; whatever was seen stays seen.
        s.talk.shrug(error);
    }
    s.talk.channel().close();
    co_return held;
}

}  // namespace mailprobed
