// SPDX-License-Identifier: Apache-2.0
// The tables of keys: everything that a configuration file may say.
#pragma once

#include "config/load/draft.hpp"
#include "config/load/key.hpp"

namespace mailprobed {

// keys_general.cpp
extern const KeyGroup<Settings> kFileKeys;
extern const KeyGroup<NoSettings> kTagKeyKeys;
extern const KeyGroup<NoSettings> kPreviousTagKeyKeys;
extern const KeyGroup<WebSettings> kWebKeys;
extern const KeyGroup<LogSettings> kLogKeys;
extern const KeyGroup<Defaults> kDefaultKeys;
extern const KeyGroup<Timeouts> kTimeoutKeys;
extern const KeyGroup<PollSettings> kPollKeys;
// keys_accounts.cpp
extern const KeyGroup<AccountSettings> kAccountKeys;
extern const KeyGroup<SmtpSettings> kSmtpKeys;
extern const KeyGroup<MailboxSettings> kPop3Keys;
extern const KeyGroup<ListWindow> kWindowKeys;
extern const KeyGroup<NoSettings> kPasswordKeys;
// keys_probes.cpp
extern const KeyGroup<ProbeSettings> kProbeKeys;

/// How TLS is begun.
inline constexpr auto kTlsModes = std::to_array<Word<TlsMode>>(
    {{"implicit", TlsMode::implicit}, {"starttls", TlsMode::starttls}, {"none", TlsMode::none}});

/// Calls `visit(path, group, discreet)` for each kind of map in the file; messages must not repeat
/// unknown keys of a discreet one, for a password in braces looks like one.
template <class Visit>
void for_each_section(Visit visit) {
    visit("", kFileKeys, false);
    visit("tag_key", kTagKeyKeys, true);
    visit("tag_key.previous", kPreviousTagKeyKeys, true);
    visit("web", kWebKeys, false);
    visit("log", kLogKeys, false);
    visit("defaults", kDefaultKeys, false);
    visit("defaults.timeouts", kTimeoutKeys, false);
    visit("defaults.poll", kPollKeys, false);
    visit("accounts[]", kAccountKeys, false);
    visit("accounts[].smtp", kSmtpKeys, false);
    visit("accounts[].smtp.password", kPasswordKeys, true);
    visit("accounts[].smtp.timeouts", kTimeoutKeys, false);
    visit("accounts[].pop3", kPop3Keys, false);
    visit("accounts[].pop3.password", kPasswordKeys, true);
    visit("accounts[].pop3.window", kWindowKeys, false);
    visit("accounts[].pop3.poll", kPollKeys, false);
    visit("accounts[].pop3.timeouts", kTimeoutKeys, false);
    visit("probes[]", kProbeKeys, false);
}

}  // namespace mailprobed
