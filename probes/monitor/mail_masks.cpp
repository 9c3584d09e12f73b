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
    if (account.mailbox && !account.mailbox->password.empty()) each(account.mailbox->password);
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

Masker* MailMasks::together(const std::shared_ptr<const Settings>& settings) {
    if (learnt_.lock() != settings) {
        learn(*settings);
        learnt_ = settings;
    }
    return known_.size() <= kMostTogether ? &all_ : nullptr;
}

RouteMasks::RouteMasks(MailMasks& all, std::shared_ptr<const Settings> settings, Accounts accounts)
    : all_(all), settings_(std::move(settings)), accounts_(std::move(accounts)) {}

std::string RouteMasks::masked(std::string_view text, bool open_end) {
    if (text.empty()) return {};
    if (Masker* const all = all_.together(settings_)) return all->masked(text, open_end);
    if (!own_) {
        own_.emplace();
        for (const std::string& name : accounts_()) {
            const AccountSettings* account = settings_->account(name);
            if (account == nullptr) continue;
            for_passwords(*account,
                          [this](const Secret& password) { own_->add(password.reveal()); });
        }
    }
    return own_->masked(text, open_end);
}

RouteMasks::Accounts ends_of(const ProbeSettings& probe) {
    return [&probe] { return std::vector<std::string>{probe.from, probe.to}; };
}

}  // namespace mailprobed
