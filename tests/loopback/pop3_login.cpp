// SPDX-License-Identifier: Apache-2.0
// All ways into a mailbox, and the lock that only one session gets.
#include "tests/loopback/codec.hpp"
#include "tests/loopback/pop3_service.hpp"

#include <utility>

namespace mailprobed::loopback {

bool Pop3Session::login_allowed() {
    if (mailbox_ != nullptr) {
        answer("-ERR logged in already");
        return false;
    }
    if (!options().require_tls || connection_.encrypted()) return true;
    refuse_login("tls", "-ERR [AUTH] only after STLS");
    return false;
}

void Pop3Session::auth() {
    if (!login_allowed()) return;
    const auto space = argument_.find(' ');
    const auto mechanism = to_upper(argument_.substr(0, space));
    if (mechanism != "PLAIN" || !options().auth_plain) {
        return answer("-ERR mechanism not available");
    }
    const auto initial = space == std::string_view::npos ? "" : argument_.substr(space + 1);
    sasl_step(sasl_.begin(mechanism, initial, {}));
}

void Pop3Session::sasl_step(Sasl::Outcome outcome) {
    switch (outcome) {
        case Sasl::Outcome::challenge:
            answer("+ " + sasl_.challenge());
            break;
        case Sasl::Outcome::complete:
            credentials_ = sasl_.credentials();
            username_ = credentials_.username;
            follow_up_ = Step::login;
            break;
        case Sasl::Outcome::malformed:
            answer("-ERR malformed response");
            break;
        case Sasl::Outcome::cancelled:
            answer("-ERR authentication cancelled");
            break;
    }
}

void Pop3Session::pass() {
    if (!options().user_pass) return answer("-ERR PASS is not available");
    if (!login_allowed()) return;
    if (username_.empty()) return answer("-ERR USER first");
    // The password is the rest of the line, spaces and all (RFC 1939 7).
    credentials_ = {username_, std::string(argument_), {}, false, "USER"};
    follow_up_ = Step::login;
}

void Pop3Session::apop() {
    if (!options().apop) return answer("-ERR APOP is not available");
    if (!login_allowed()) return;
    const auto space = argument_.find(' ');
    if (space == std::string_view::npos) return answer("-ERR syntax: APOP name digest");
    credentials_ = {username_, std::string(argument_.substr(space + 1)), timestamp_, true, "APOP"};
    follow_up_ = Step::login;
}

void Pop3Session::login() {
    const auto credentials = std::exchange(credentials_, {});
    auto* const mailbox = shared_.store.by_user(username_);
    if (mailbox == nullptr || !credentials.prove(mailbox->password)) {
        return refuse_login("credentials", "-ERR [AUTH] authentication failed");
    }
    const auto now = boot_now();
    if (mailbox->last_login != 0 &&
        now - mailbox->last_login < Nanoseconds(options().login_delay).count()) {
        return refuse_login("login-delay", "-ERR [LOGIN-DELAY] too soon after the last login");
    }
    if (mailbox->lock_holder != 0) {
        return refuse_login("in-use", "-ERR [IN-USE] the mailbox is locked");
    }
    shared_.store.mature(now);
    mailbox_ = mailbox;
    mailbox_->lock_holder = id_.number;
    mailbox_->last_login = now;
    mailbox_->gone.clear();
    snapshot_.clear();
    snapshot_.reserve(mailbox_->entries.size());
    for (const auto& entry : mailbox_->entries)
        snapshot_.push_back({entry, false});
    if (shared_.log.wants(EventKind::login)) {
        auto told = event(EventKind::login);
        told.at_ns = now;
        told.detail = credentials.mechanism;
        told.count = snapshot_.size();
        shared_.log.record(std::move(told));
    }
    answer("+OK " + std::to_string(snapshot_.size()) + " messages");
}

void Pop3Session::refuse_login(std::string_view reason, std::string_view reply) {
    if (shared_.log.wants(EventKind::login_refused)) {
        auto told = event(EventKind::login_refused);
        told.text = reason;
        shared_.log.record(std::move(told));
    }
    answer(reply);
}

}  // namespace mailprobed::loopback
