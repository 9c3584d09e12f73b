// SPDX-License-Identifier: Apache-2.0
// SMTP AUTH (RFC 4954).
#include "tests/loopback/codec.hpp"
#include "tests/loopback/smtp_service.hpp"

#include <algorithm>

namespace mailprobed::loopback {

void SmtpSession::auth() {
    const auto mechanism = to_upper(next_word(argument_));
    const auto& offered = options().auth;
    if (options().require_tls && !connection_.encrypted()) {
        return say("530", "5.7.0", "Must issue a STARTTLS command first.");
    }
    if (offered.empty() || (options().hide_auth_before_tls && !connection_.encrypted())) {
        return say("502", "5.5.1", "AUTH is not available");
    }
    if (authenticated_ || in_mail_) return say("503", "5.5.1", "AUTH is not possible now");
    if (std::find(offered.begin(), offered.end(), mechanism) == offered.end()) {
        return say("504", "5.5.4", "Mechanism not available");
    }
    const auto nonce = '<' + std::to_string(shared_.dice.word()) + '.' +
                       std::to_string(boot_now()) + '@' + options().hostname + '>';
    sasl_step(sasl_.begin(mechanism, argument_, nonce));
}

void SmtpSession::sasl_step(Sasl::Outcome outcome) {
    // LOGIN tells the name first: rules may match it while the password is still to come.
    username_ = sasl_.credentials().username;
    switch (outcome) {
        case Sasl::Outcome::challenge:
            answer("334 " + sasl_.challenge());
            break;
        case Sasl::Outcome::complete:
            follow_up_ = Step::login;
            break;
        case Sasl::Outcome::malformed:
            say("501", "5.5.2", "Malformed response");
            break;
        case Sasl::Outcome::cancelled:
            say("501", "5.7.0", "Authentication cancelled");
            break;
    }
}

void SmtpSession::login() {
    const auto* const mailbox = shared_.store.by_user(username_);
    authenticated_ = mailbox != nullptr && sasl_.credentials().prove(mailbox->password);
    const auto kind = authenticated_ ? EventKind::login : EventKind::login_refused;
    if (shared_.log.wants(kind)) {
        auto told = event(kind);
        told.detail = sasl_.credentials().mechanism;
        if (!authenticated_) told.text = "credentials";
        shared_.log.record(std::move(told));
    }
    if (authenticated_) return say("235", "2.7.0", "Authentication successful");
    say("535", "5.7.8", "Error: authentication failed");
}

}  // namespace mailprobed::loopback
