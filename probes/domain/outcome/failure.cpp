// SPDX-License-Identifier: Apache-2.0
// Labels, and the table of (stage, cause) pairs that can happen.
#include "probes/domain/outcome/failure.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace mailprobed {

std::string_view to_string(Stage stage) noexcept {
    switch (stage) {
        case Stage::resolve:
            return "resolve";
        case Stage::connect:
            return "connect";
        case Stage::tls:
            return "tls";
        case Stage::greeting:
            return "greeting";
        case Stage::hello:
            return "hello";
        case Stage::starttls:
            return "starttls";
        case Stage::auth:
            return "auth";
        case Stage::envelope:
            return "envelope";
        case Stage::data:
            return "data";
        case Stage::accept:
            return "accept";
        case Stage::quit:
            return "quit";
        case Stage::list:
            return "list";
        case Stage::headers:
            return "headers";
        case Stage::body:
            return "body";
        case Stage::remove:
            return "remove";
    }
    return "?";
}

std::string_view to_string(Cause cause) noexcept {
    switch (cause) {
        case Cause::timeout:
            return "timeout";
        case Cause::refused:
            return "refused";
        case Cause::unreachable:
            return "unreachable";
        case Cause::reset:
            return "reset";
        case Cause::eof:
            return "eof";
        case Cause::dns_not_found:
            return "dns_not_found";
        case Cause::dns_failed:
            return "dns_failed";
        case Cause::tls_untrusted:
            return "tls_untrusted";
        case Cause::tls_name_mismatch:
            return "tls_name_mismatch";
        case Cause::tls_expired:
            return "tls_expired";
        case Cause::tls_failed:
            return "tls_failed";
        case Cause::tls_unavailable:
            return "tls_unavailable";
        case Cause::tls_injection:
            return "tls_injection";
        case Cause::protocol_error:
            return "protocol_error";
        case Cause::limit_exceeded:
            return "limit_exceeded";
        case Cause::auth_rejected:
            return "auth_rejected";
        case Cause::auth_transient:
            return "auth_transient";
        case Cause::auth_unsupported:
            return "auth_unsupported";
        case Cause::rejected_transient:
            return "rejected_transient";
        case Cause::rejected_permanent:
            return "rejected_permanent";
        case Cause::mailbox_busy:
            return "mailbox_busy";
        case Cause::login_delay:
            return "login_delay";
        case Cause::mailbox_too_large:
            return "mailbox_too_large";
        case Cause::too_big:
            return "too_big";
        case Cause::interrupted:
            return "interrupted";
        case Cause::internal:
            return "internal";
    }
    return "?";
}

namespace {

using enum Stage;
using enum Cause;

constexpr auto kSending = std::to_array<StageCause>({
    {resolve, timeout},
    {resolve, dns_not_found},
    {resolve, dns_failed},
    {connect, timeout},
    {connect, refused},
    {connect, unreachable},
    {tls, timeout},
    {tls, tls_untrusted},
    {tls, tls_name_mismatch},
    {tls, tls_expired},
    {tls, tls_failed},
    {greeting, timeout},
    {greeting, eof},
    {greeting, protocol_error},
    {greeting, rejected_transient},
    {greeting, rejected_permanent},
    {hello, timeout},
    {hello, eof},
    {hello, protocol_error},
    {hello, rejected_transient},
    {hello, rejected_permanent},
    {starttls, timeout},
    {starttls, tls_unavailable},
    {starttls, tls_injection},
    {starttls, tls_untrusted},
    {starttls, tls_name_mismatch},
    {starttls, tls_expired},
    {starttls, tls_failed},
    {auth, timeout},
    {auth, eof},
    {auth, protocol_error},
    {auth, auth_rejected},
    {auth, auth_transient},
    {auth, auth_unsupported},
    {envelope, timeout},
    {envelope, eof},
    {envelope, protocol_error},
    {envelope, rejected_transient},
    {envelope, rejected_permanent},
    {Stage::data, timeout},
    {Stage::data, eof},
    {Stage::data, rejected_transient},
    {Stage::data, rejected_permanent},
    {accept, timeout},
    {accept, reset},
    {accept, eof},
    {accept, interrupted},
    {accept, rejected_transient},
    {accept, rejected_permanent},
});

constexpr auto kMailbox = std::to_array<StageCause>({
    {resolve, timeout},
    {resolve, dns_not_found},
    {resolve, dns_failed},
    {connect, timeout},
    {connect, refused},
    {connect, unreachable},
    {tls, timeout},
    {tls, tls_untrusted},
    {tls, tls_name_mismatch},
    {tls, tls_expired},
    {tls, tls_failed},
    {greeting, timeout},
    {greeting, eof},
    {greeting, protocol_error},
    {greeting, rejected_transient},
    {greeting, rejected_permanent},
    {hello, timeout},
    {hello, eof},
    {hello, protocol_error},
    {hello, limit_exceeded},
    {starttls, timeout},
    {starttls, tls_unavailable},
    {starttls, tls_injection},
    {starttls, tls_untrusted},
    {starttls, tls_name_mismatch},
    {starttls, tls_expired},
    {starttls, tls_failed},
    {auth, timeout},
    {auth, eof},
    {auth, protocol_error},
    {auth, auth_rejected},
    {auth, auth_transient},
    {auth, auth_unsupported},
    {auth, mailbox_busy},
    {auth, login_delay},
    {list, timeout},
    {list, eof},
    {list, protocol_error},
    {list, limit_exceeded},
    {list, mailbox_too_large},
    {list, rejected_transient},
    {list, rejected_permanent},
    {headers, timeout},
    {headers, eof},
    {headers, protocol_error},
    {body, timeout},
    {body, eof},
    {body, protocol_error},
    {body, too_big},
    {Stage::remove, timeout},
    {Stage::remove, eof},
    {Stage::remove, protocol_error},
    {quit, timeout},
    {quit, eof},
    {quit, protocol_error},
});

constexpr auto kSendingStages = std::to_array<Stage>(
    {resolve, connect, tls, greeting, hello, starttls, auth, envelope, Stage::data, accept, quit});
constexpr auto kMailboxStages =
    std::to_array<Stage>({resolve, connect, tls, greeting, hello, starttls, auth, list, headers,
                          body, Stage::remove, quit});

std::span<const StageCause> table(Side side) noexcept {
    if (side == Side::sending) return kSending;
    return kMailbox;
}

bool known(Side side, StageCause pair) noexcept {
    const auto pairs = table(side);
    return std::find(pairs.begin(), pairs.end(), pair) != pairs.end();
}

bool has_stage(TlsMode mode, Stage stage) noexcept {
    if (stage == tls) return mode == TlsMode::implicit;
    if (stage == starttls) return mode == TlsMode::starttls;
    return true;
}

bool handshakes(Stage stage) noexcept {
    return stage == tls || stage == starttls;
}

/// What a cause that has no series of its own at `stage` is counted as.
Cause folded(Stage stage, Cause cause) noexcept {
    switch (cause) {
        case reset:
            return stage == connect ? refused : eof;
        case eof:
            return handshakes(stage) ? tls_failed : protocol_error;
        case limit_exceeded:
            return stage == body ? too_big : protocol_error;
        case too_big:
            return rejected_permanent;
        case protocol_error:
            if (stage == starttls) return tls_unavailable;
            if (stage == tls) return tls_failed;
            // Anything but 354 refuses the mail; anything but a reply leaves the dot unanswered.
            if (stage == Stage::data) return rejected_permanent;
            if (stage == accept) return eof;
            return internal;
        case rejected_transient:
            return stage == auth ? auth_transient : protocol_error;
        case rejected_permanent:
            return stage == auth ? auth_rejected : protocol_error;
        case tls_unavailable:
            return stage == auth ? auth_rejected : internal;
        default:
            return internal;
    }
}

}  // namespace

std::vector<StageCause> possible_failures(Side side, TlsMode mode) {
    std::vector<StageCause> result;
    for (const StageCause& pair : table(side)) {
        if (has_stage(mode, pair.stage)) result.push_back(pair);
    }
    return result;
}

std::vector<Stage> stages_of(Side side, TlsMode mode) {
    const std::span<const Stage> all = side == Side::sending
                                           ? std::span<const Stage>(kSendingStages)
                                           : std::span<const Stage>(kMailboxStages);
    std::vector<Stage> result;
    for (const Stage stage : all) {
        if (has_stage(mode, stage)) result.push_back(stage);
    }
    return result;
}

StageCause counted_as(Side side, StageCause pair) noexcept {
    // Each fold moves towards the table; three are the longest chain (limit, protocol, rejected).
    for (int folds = 0; folds < 4; ++folds) {
        if (known(side, pair)) return pair;
        pair.cause = folded(pair.stage, pair.cause);
    }
    return {pair.stage, internal};
}

StageCause exported_as(Side side, StageCause pair) noexcept {
    if (side == Side::mailbox) return pair;
    // Greeting and hello: the server does not get ready. Envelope and data: it does not take it.
    if (pair.stage == Stage::hello) pair.stage = Stage::greeting;
    if (pair.stage == Stage::data) pair.stage = Stage::envelope;
    if (pair == StageCause{Stage::resolve, Cause::timeout}) pair.cause = Cause::dns_failed;
    const bool late = pair.stage == Stage::auth || pair.stage == Stage::envelope;
    // Garbage from a server that has made sense before ends the session as hanging up does.
    if (late && pair.cause == Cause::protocol_error) pair.cause = Cause::eof;
    return pair;
}

std::vector<StageCause> exported_failures(Side side, TlsMode mode) {
    std::vector<StageCause> result;
    for (const StageCause pair : possible_failures(side, mode)) {
        const StageCause exported = exported_as(side, pair);
        if (std::ranges::find(result, exported) == result.end()) result.push_back(exported);
    }
    return result;
}

}  // namespace mailprobed
