// SPDX-License-Identifier: Apache-2.0
// Compares the forms in which a login is tried before and after a reload.
#include "probes/monitor/submission_logins.hpp"

#include <algorithm>
#include <utility>

namespace mailprobed {

void SubmissionLogins::settle(const Settings& settings) {
    std::map<MailboxId, std::vector<Form>> wanted;
    for (const ProbeSettings& probe : settings.probes) {
        const SmtpSettings& half = *settings.account(probe.from)->smtp;
        auto& forms = wanted[login_key(half.server, half.username)];
        Form form{half.password, half.auth, half.server.tls};
        if (std::ranges::find(forms, form) == forms.end()) forms.push_back(std::move(form));
    }
    for (auto& [key, forms] : wanted) {
        Login& login = logins_[key];
        if (std::ranges::is_permutation(login.forms, forms)) continue;
        login = {AuthBackoff(settings.auth_backoff), std::move(forms)};
    }
}

AuthBackoff& SubmissionLogins::pauses_of(const SmtpSettings& half) {
    return logins_.at(login_key(half.server, half.username)).pauses;
}

}  // namespace mailprobed
