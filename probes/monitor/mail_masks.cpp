// SPDX-License-Identifier: Apache-2.0
// One masker for all, as long as that is cheaper than one for each mail.
#include "probes/monitor/mail_masks.hpp"

#include <algorithm>
#include <utility>

namespace mailprobed {

namespace {

/// Calls `each` with the passwords of `account`.
template <class Each>
void for_passwords(const AccountSettings& account, Each each) {
    if (account.smtp && !account.smtp->password.empty()) each(account.smtp->password);
    if (account.pop3 && !account.pop3->password.empty()) each(account.pop3->password);
}

}  // namespace

void MailMasks::learn(const Settings& settings) {
    for (const AccountSettings& account : settings.accounts) {
        for_passwords(account, [this](const Secret& password) {
            // One more than are searched together: that says that there are too many.
            if (known_.size() > kMostTogether) return;
            if (std::ranges::find(known_, password) != known_.end()) return;
            known_.push_back(password);
            all_.add(password.reveal());
        });
    }
}

std::string MailMasks::masked(std::string_view text,
                              const std::shared_ptr<const Settings>& settings,
                              const ProbeSettings& probe) {
    if (text.empty()) return {};
    if (learnt_.lock() != settings) {
        learn(*settings);
        learnt_ = settings;
    }
    if (known_.size() <= kMostTogether) return all_.masked(text);
    Masker route;
    for (const std::string& name : {probe.from, probe.to}) {
        const AccountSettings* account = settings->account(name);
        if (account == nullptr) continue;
        for_passwords(*account, [&route](const Secret& password) { route.add(password.reveal()); });
    }
    return route.masked(text);
}

}  // namespace mailprobed
