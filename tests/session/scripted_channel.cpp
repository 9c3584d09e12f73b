// SPDX-License-Identifier: Apache-2.0
// Playing a script.
#include "tests/session/scripted_channel.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cstring>

namespace mailprobed::script {

ScriptedChannel::ScriptedChannel(Script script, Fault fault)
    : script_(std::move(script)), fault_(fault) {}

const Step* ScriptedChannel::step(Kind kind) const noexcept {
    if (finished() || script_.steps[at_].kind != kind) return nullptr;
    return &script_.steps[at_];
}

void ScriptedChannel::pass(Duration time) {
    if (closed_) surprises_.emplace_back("used after close()");
    if (now_ + time >= deadline_) {
        now_ = std::max(now_, deadline_);
        throw ChannelError(Cause::timeout, "the script is silent");
    }
    now_ += time;
}

void ScriptedChannel::next() {
    now_ += script_.steps[at_].lag;
    ++at_;
}

// Throws what the fault says, once `progress` octets of the step are through.
void ScriptedChannel::suffer(std::size_t progress) {
    if (broken_) throw ChannelError(*broken_, "the script is broken");
    if (fault_.what == Fault::What::none || fault_.step != at_ || progress < fault_.after) return;
    switch (fault_.what) {
        case Fault::What::hangup:
            ++at_;
            throw ChannelError(Cause::reset, "the script hangs up");
        case Fault::What::timeout:
            broken_ = Cause::timeout;
            now_ = std::max(now_, deadline_);
            break;
        case Fault::What::eof:
        case Fault::What::garbage:
            broken_ = Cause::eof;
            break;
        case Fault::What::reset:
            broken_ = Cause::reset;
            break;
        default:
            broken_ = fault_.cause;
            break;
    }
    throw ChannelError(*broken_, "the script's fault");
}

Awaitable<void> ScriptedChannel::plain(Kind kind) {
    co_await asio::post(asio::use_awaitable_t<Executor>{});
    suffer(0);
    const Step* now = step(kind);
    if (now == nullptr) {
        surprises_.emplace_back("an operation that the script does not foresee");
        throw ChannelError(Cause::internal, "off the script");
    }
    pass(now->takes);
    next();
}

Awaitable<void> ScriptedChannel::resolve() {
    co_await plain(Kind::resolve);
}

Awaitable<void> ScriptedChannel::connect() {
    co_await plain(Kind::connect);
}

Awaitable<void> ScriptedChannel::handshake() {
    co_await plain(Kind::handshake);
    encrypted_ = true;
}

std::optional<TlsFacts> ScriptedChannel::tls_facts() const {
    if (!encrypted_) return std::nullopt;
    return TlsFacts{"TLSv1.3", "TLS_AES_128_GCM_SHA256", WallTime{}};
}

Awaitable<std::size_t> ScriptedChannel::read(std::span<char> buffer) {
    // Suspends as a socket does, so that nothing relies on an answer at once.
    co_await asio::post(asio::use_awaitable_t<Executor>{});
    if (buffer.empty()) surprises_.emplace_back("a read into nothing");
    const Step* now = step(Kind::server);
    if (fault_.what == Fault::What::garbage && fault_.step == at_ && !broken_) {
        broken_ = Cause::eof;
        constexpr std::string_view kGarbage = "\x16\x03\x01garbage\xff\r\n";
        std::memcpy(buffer.data(), kGarbage.data(), kGarbage.size());
        co_return kGarbage.size();
    }
    suffer(given_);
    if (now == nullptr) {
        // The client waits for words that the script does not have.
        surprises_.emplace_back("a read where the script expects something else");
        broken_ = Cause::timeout;
        pass(std::chrono::hours{1000});
    }
    pass(now->takes);
    std::size_t size = std::min({buffer.size(), now->chunk, now->bytes.size() - given_});
    if (fault_.step == at_ && fault_.after > given_) size = std::min(size, fault_.after - given_);
    std::memcpy(buffer.data(), now->bytes.data() + given_, size);
    given_ += size;
    if (given_ == now->bytes.size()) {
        given_ = 0;
        next();
    }
    co_return size;
}

Awaitable<void> ScriptedChannel::write(std::string_view bytes) {
    co_await asio::post(asio::use_awaitable_t<Executor>{});
    suffer(0);
    written_ += bytes;
    const Step* now = step(Kind::client);
    if (now == nullptr || now->bytes != bytes) {
        surprises_.push_back("wrote: " + std::string(bytes) +
                             (now == nullptr ? "" : "expected: " + now->bytes));
        broken_ = Cause::timeout;
        throw ChannelError(Cause::internal, "off the script");
    }
    pass(now->takes);
    next();
}

}  // namespace mailprobed::script
