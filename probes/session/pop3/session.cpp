// SPDX-License-Identifier: Apache-2.0
// A look's conversation from the first lookup to QUIT.
#include "probes/session/pop3/session.hpp"

#include "probes/session/conversation.hpp"
#include "probes/session/pop3/auth.hpp"
#include "probes/session/pop3/dialogue.hpp"
#include "probes/session/pop3/fetch.hpp"

#include <algorithm>
#include <utility>

namespace mailprobed {

namespace {

/// How long a server may take to hang up after QUIT.
constexpr Duration kHangUp = std::chrono::seconds{1};

}  // namespace

struct Pop3Session::Impl {
    Impl(Channel& channel, const MailboxSettings& wanted, Instant give_up, Trace& trace, Draw how)
        : settings(wanted),
          talk(channel, Side::mailbox, wanted.timeouts, give_up, trace),
          pop3(talk),
          draw(std::move(how)) {
        talk.masker().add(settings.password.reveal());
    }

    Awaitable<void> reach();
    Awaitable<void> start_tls();
    Awaitable<void> ask_capabilities();
    Awaitable<void> read_headers(std::span<const std::uint32_t> numbers, Pace pace,
                                 const std::function<void(FetchedMessage&&)>& each);
    Awaitable<bool> ends_well();
    [[nodiscard]] bool may_pipeline() const noexcept {
        return settings.pipelining && offered && offered->pipelining;
    }

    const MailboxSettings& settings;
    Conversation talk;
    Pop3Dialogue pop3;
    std::string greeting;
    // Empty if the server has no CAPA.
    std::optional<Pop3Capabilities> offered;
    std::optional<Instant> connect_at;
    Pop3Login login;
    bool has_uidl = true;
    Draw draw;
    // Of the last list().
    ListingSample sample;
    // UIDL n, then LIST n, until the server has refused both.
    bool by_uidl = true;
    bool repeats = true;
    // Nothing was read since verify_step() was true.
    bool verified = false;
    // Nothing until the server has shown whether it knows TOP.
    std::optional<bool> has_top;
};

Pop3Session::Pop3Session(Channel& channel, const MailboxSettings& settings, Instant give_up,
                         Trace& trace, Draw draw)
    : impl_(std::make_unique<Impl>(channel, settings, give_up, trace, std::move(draw))) {}

Pop3Session::~Pop3Session() = default;

Awaitable<void> Pop3Session::Impl::reach() {
    talk.enter(Stage::resolve);
    co_await talk.channel().resolve();
    connect_at = talk.enter(Stage::connect);
    co_await talk.connect(settings.server.tls);
    talk.enter(Stage::greeting);
    Pop3Answer hello = co_await pop3.answer();
    pop3.expect_ok(hello, "the server refuses to serve");
    greeting = std::move(hello.text);
}

Awaitable<void> Pop3Session::Impl::ask_capabilities() {
    talk.enter(Stage::hello);
    std::optional<Pop3Capabilities> answer = co_await pop3.capabilities();
    // A second -ERR takes nothing back that was offered in the same state of encryption.
    if (answer) offered = answer;
}

Awaitable<void> Pop3Session::Impl::start_tls() {
    talk.enter(Stage::starttls);
    if (offered && !offered->stls) {
        throw DialogueError(Cause::tls_unavailable, "the server does not offer STLS",
                            DialogueError::Step::kept);
    }
    // Where CAPA is not known STLS may be: asking costs nothing, going on without it is out.
    talk.queue({"STLS"});
    const Pop3Answer answer = co_await pop3.exchange();
    if (!answer.ok()) {
        throw DialogueError(Cause::tls_unavailable, "STLS refused: " + answer.text,
                            DialogueError::Step::kept);
    }
    if (!talk.input().empty()) {
        throw DialogueError(Cause::tls_injection, "octets after the response to STLS");
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
    co_await s.talk.send_quit();
    s.talk.channel().close();
    throw *failure;
}

std::optional<Instant> Pop3Session::connect_at() const noexcept {
    return impl_->connect_at;
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

Duration Pop3Session::login_gap() const noexcept {
    if (impl_->login.end != LoginEnd::worked) return Duration::zero();
    if (!impl_->offered || !impl_->offered->login_delay) return Duration::zero();
    return std::chrono::seconds{*impl_->offered->login_delay};
}

bool Pop3Session::has_ids() const noexcept {
    return impl_->has_uidl;
}

Awaitable<std::uint32_t> Pop3Session::count() {
    Impl& s = *impl_;
    try {
        s.talk.enter(Stage::list);
        s.talk.queue({"STAT"});
        const Pop3Answer answer = co_await s.pop3.exchange();
        s.pop3.expect_ok(answer, "STAT refused");
        const std::optional<std::uint32_t> messages = pop3_stat(answer.text);
        if (!messages)
            throw DialogueError(Cause::protocol_error, "STAT without a number: " + answer.text);
        s.talk.leave();
        co_return *messages;
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
        s.sample = {};
        s.by_uidl = s.has_uidl;
        // A listing holds no text of strangers.
        s.verified = true;
        const std::function<void(const ListedEntry&)> take = [&s, &each](const ListedEntry& entry) {
            s.sample.add(entry, s.draw);
            each(entry);
        };
        co_await read_listing(s.pop3, s.has_uidl, take);
        s.talk.leave();
    } catch (const ChannelError& error) {
        throw s.talk.failure(error);
    }
}

Awaitable<void> Pop3Session::sizes(std::function<void(const ListedEntry&)> each) {
    Impl& s = *impl_;
    try {
        s.talk.enter(Stage::list);
        s.talk.queue({"LIST"});
        const Pop3Answer answer = co_await s.pop3.exchange(false);
        if (answer.status != Pop3Status::err) {
            s.pop3.expect_ok(answer, "LIST refused");
            co_await read_listing(s.pop3, false, each);
        }
        s.talk.leave();
    } catch (const ChannelError& error) {
        throw s.talk.failure(error);
    }
}

Awaitable<void> Pop3Session::Impl::read_headers(std::span<const std::uint32_t> numbers, Pace pace,
                                                const std::function<void(FetchedMessage&&)>& each) {
    if (offered && !has_top) has_top = offered->top;
    while (!numbers.empty()) {
        if (has_top.value_or(true)) {
            talk.enter(Stage::headers);
            const std::size_t batch = pace == Pace::batches && may_pipeline() ? kBatch : 1;
            const bool known = co_await top(pop3, numbers, batch, has_top.has_value(), each);
            if (known) {
                has_top = true;
                break;
            }
        }
        // No TOP, or an entry that is gone: RETR tells which.
        talk.enter(Stage::body);
        do {
            talk.restart_stage_timer();
            FetchedMessage message = co_await retr(pop3, numbers.front(), false);
            numbers = numbers.subspan(1);
            if (message.present) has_top = false;
            hand_over(std::move(message), each);
        } while (!numbers.empty() && !has_top.value_or(true));
    }
}

Awaitable<void> Pop3Session::headers(std::span<const std::uint32_t> numbers, Pace pace,
                                     std::function<void(FetchedMessage&&)> each) {
    if (numbers.empty()) co_return;
    Impl& s = *impl_;
    s.verified = false;
    try {
        co_await s.read_headers(numbers, pace, each);
        s.talk.leave();
    } catch (const ChannelError& error) {
        throw s.talk.failure(error);
    }
}

Awaitable<FetchedMessage> Pop3Session::retrieve(std::uint32_t number, bool strict) {
    Impl& s = *impl_;
    s.verified = false;
    try {
        s.talk.enter(Stage::body);
        FetchedMessage message = co_await retr(s.pop3, number, strict);
        if (message.cut) throw DialogueError(Cause::too_big, "a mail of more than 16 MiB");
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
        s.talk.enter(Stage::remove);
        std::optional<DialogueError> refused;
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

void Pop3Session::distrust_headers() noexcept {
    impl_->has_top = false;
}

bool Pop3Session::out_of_step() const noexcept {
    return impl_->talk.out_of_step();
}

Awaitable<bool> Pop3Session::verify_step() {
    Impl& s = *impl_;
    try {
        s.talk.enter(Stage::list);
        while (!s.verified && s.repeats) {
            s.verified = co_await ask_again(s.pop3, s.sample, s.by_uidl);
            if (s.verified) break;
            s.repeats = std::exchange(s.by_uidl, false);
        }
        s.talk.leave();
    } catch (const ChannelError& error) {
        throw s.talk.failure(error);
    }
    co_return s.verified;
}

// Whether nothing comes behind the answer to QUIT, for as long as a server needs to hang up.
Awaitable<bool> Pop3Session::Impl::ends_well() {
    if (!talk.input().empty()) co_return false;
    talk.shorten_deadline(kHangUp);
    try {
        co_await talk.fill();
    } catch (const ChannelError&) {
        co_return true;
    }
    co_return talk.input().empty();
}

Awaitable<Farewell> Pop3Session::close() {
    Impl& s = *impl_;
    Farewell farewell;
    try {
        s.talk.enter(Stage::quit);
        s.talk.queue({"QUIT"});
        s.pop3.expect_silence();
        farewell.in_step = s.verified || s.sample.number() == 0;
        co_await s.talk.flush();
        const Pop3Answer answer = co_await s.pop3.answer();
        s.pop3.expect_ok(answer, "QUIT refused");
        farewell.confirmed = true;
        if (!farewell.in_step) farewell.in_step = co_await s.ends_well();
        s.talk.leave();
    } catch (const ChannelError& error) {
        // Deletions do not hold then; whatever was seen stays seen.
        s.talk.end_stage_ignoring(error);
    }
    s.talk.channel().close();
    co_return farewell;
}

}  // namespace mailprobed
