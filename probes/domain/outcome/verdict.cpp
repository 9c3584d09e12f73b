// SPDX-License-Identifier: Apache-2.0
// Labels of the verdict enums; a missing enumerator is a compiler warning.
#include "probes/domain/outcome/verdict.hpp"

namespace mailprobed {

std::string_view to_string(Verdict verdict) noexcept {
    switch (verdict) {
        case Verdict::delivered:
            return "delivered";
        case Verdict::send_failed:
            return "send_failed";
        case Verdict::bounced:
            return "bounced";
        case Verdict::lost:
            return "lost";
        case Verdict::unobserved:
            return "unobserved";
    }
    return "?";
}

std::string_view to_string(Evidence kind) noexcept {
    switch (kind) {
        case Evidence::late:
            return "late";
        case Evidence::found:
            return "found";
        case Evidence::bounce:
            return "bounce";
        case Evidence::contradiction:
            return "contradiction";
        case Evidence::duplicate:
            return "duplicate";
        case Evidence::retry_copy:
            return "retry_copy";
        case Evidence::orphan:
            return "orphan";
    }
    return "?";
}

std::string_view to_string(MissReason reason) noexcept {
    switch (reason) {
        case MissReason::stalled:
            return "stalled";
        case MissReason::overload:
            return "overload";
        case MissReason::auth_backoff:
            return "auth_backoff";
    }
    return "?";
}

std::string_view to_string(TagReject reason) noexcept {
    switch (reason) {
        case TagReject::malformed:
            return "malformed";
        case TagReject::unknown_key:
            return "unknown_key";
        case TagReject::forged:
            return "forged";
        case TagReject::conflicting:
            return "conflicting";
        case TagReject::quoted:
            return "quoted";
        case TagReject::wrong_mailbox:
            return "wrong_mailbox";
        case TagReject::other_daemon:
            return "other_daemon";
    }
    return "?";
}

std::string_view to_string(BodyState state) noexcept {
    switch (state) {
        case BodyState::intact:
            return "intact";
        case BodyState::altered:
            return "altered";
        case BodyState::unread:
            return "unread";
    }
    return "?";
}

}  // namespace mailprobed
