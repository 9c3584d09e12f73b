// SPDX-License-Identifier: Apache-2.0
// Warns when the schedule asks more of a known provider than it allows.
#include "config/checks/checks.hpp"
#include "config/checks/login_forecast.hpp"
#include "config/checks/providers.hpp"
#include "config/load/durations.hpp"
#include "probes/domain/plan/backoff.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace mailprobed {

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

/// A login and what the probes do with it.
struct Use {
    std::size_t account = 0;
    std::vector<const ProbeSettings*> senders;
    std::vector<LookSource> looks;
};

using Uses = std::map<MailboxId, Use>;

MailboxId smtp_key(const AccountSettings& account) {
    // Without a login the account stands for itself.
    const SmtpSettings& smtp = *account.smtp;
    return login_key(smtp.server, smtp.username.empty() ? account.name : smtp.username);
}

MailboxId pop3_key(const AccountSettings& account) {
    return account.mailbox->id();
}

/// What the provider allows, as the second half of a sentence.
std::string allowance(const Provider& provider, const ProviderLimit& limit) {
    std::string name(provider.name);
    const std::string number = std::to_string(limit.most);
    switch (limit.basis) {
        case LimitBasis::documented:
            return name + " allows " + number;
        case LimitBasis::reported:
            return name + " is reported to allow " + number;
        case LimitBasis::cautious:
            return name + " keeps its limit secret, " + number + " would be careful";
    }
    return name;
}

/// The probes' names, the first few of them.
std::string names_of(const std::vector<const ProbeSettings*>& probes) {
    constexpr std::size_t kMost = 3;
    std::string result;
    for (std::size_t i = 0; i < std::min(probes.size(), kMost); ++i) {
        result += (i == 0 ? "" : ", ") + in_quotes(probes[i]->name);
    }
    if (probes.size() > kMost) result += ", ...";
    return result;
}

struct Window {
    Duration length;
    const char* word;
    ProviderLimit Provider::* limit;
};

constexpr auto kWindows = std::to_array<Window>({
    {minutes{1}, "a minute", &Provider::mails_per_minute},
    {hours{1}, "an hour", &Provider::mails_per_hour},
    {days{1}, "a day", &Provider::mails_per_day},
});

/// One warning: the window that is exceeded most.
void check_sending(const Draft& draft, const Use& use, const Provider& provider,
                   ProblemList& problems) {
    std::string what;
    Duration needed{};
    for (const Window& window : kWindows) {
        const ProviderLimit& limit = provider.*window.limit;
        if (limit.most == 0) continue;
        std::uint64_t mails = 0;
        // Ticks of one probe are even: a window never holds more than the rounded-up number.
        for (const ProbeSettings* probe : use.senders) {
            mails +=
                static_cast<std::uint64_t>((window.length - Duration{1}) / probe->interval) + 1;
        }
        // Rounded up to whole seconds.
        const Duration interval =
            seconds{1} +
            std::chrono::floor<seconds>(
                (window.length * static_cast<std::int64_t>(use.senders.size()) - Duration{1}) /
                limit.most);
        if (mails <= limit.most || interval <= needed) continue;
        needed = interval;
        what = "would send up to " + std::to_string(mails) + " mails " + window.word + "; " +
               allowance(provider, limit);
    }
    if (what.empty()) return;
    problems.warning(
        draft.accounts[use.account].smtp,
        "`smtp` of account " + in_quotes(draft.settings.accounts[use.account].name) + " " + what,
        "`interval` of at least " + format_duration(needed) +
            (use.senders.size() == 1 ? " in probe " : " in each of the probes ") +
            names_of(use.senders));
}

void check_reading(const Draft& draft, const Use& use, const Provider& provider,
                   ProblemList& problems) {
    const ProviderLimit& limit = provider.logins_per_hour;
    const AccountSettings& account = draft.settings.accounts[use.account];
    const PollSettings& poll = account.mailbox->poll;
    const bool within_budget = poll.logins_per_hour > 0 && poll.logins_per_hour <= limit.most;
    if (limit.most == 0 || (within_budget && poll.first >= provider.least_gap)) return;
    const LoginForecast forecast = forecast_logins(poll, use.looks);
    const bool too_many = forecast.logins > limit.most;
    const bool too_close =
        forecast.least_gap < provider.least_gap && poll.first < provider.least_gap;
    if (!too_many && !too_close) return;
    std::string what;
    std::vector<std::string> keys;
    if (too_many) {
        what = std::string("would be logged in to ") +
               (forecast.at_least ? "more than " : "up to ") + std::to_string(forecast.logins) +
               " times an hour; " + allowance(provider, limit);
        keys.push_back("`poll.max_logins_per_hour: " + std::to_string(limit.most) + "`");
    }
    if (too_close) {
        what += (what.empty() ? "" : ", and it ");
        what += "lets two logins come within " +
                format_duration(std::max<Duration>(forecast.least_gap, milliseconds{1})) + "; " +
                std::string(provider.name) + " refuses what comes within " +
                format_duration(provider.least_gap);
        keys.push_back("`poll.first: " + format_duration(provider.least_gap) + "`" +
                       (poll.max < provider.least_gap ? " with `poll.max` no shorter" : ""));
    }
    std::string expected;
    for (const std::string& key : keys)
        expected += (expected.empty() ? "" : " and ") + key;
    problems.warning(draft.accounts[use.account].pop3,
                     "`pop3` of account " + in_quotes(account.name) + " " + what, expected);
}

/// What the listing leaves out: `window: {}` says that this account's leaves out nothing.
void check_window(const Draft& draft, const Use& use, const Provider& provider,
                  ProblemList& problems) {
    if (provider.window == ListWindow{} || draft.accounts[use.account].says_window) return;
    std::string shown;
    if (provider.window.age > Duration::zero()) {
        shown = "the mails of the last " + format_duration(provider.window.age);
    } else {
        shown = "the " + std::to_string(provider.window.oldest) + " oldest mails";
    }
    problems.warning(draft.accounts[use.account].pop3,
                     "`pop3` of account " + in_quotes(draft.settings.accounts[use.account].name) +
                         " has no `window`; " + std::string(provider.name) +
                         " lists no more than " + shown + ", unless its settings say otherwise",
                     "`window: " + window_text(provider.window) +
                         "`, or `window: {}` if this account's mailbox is listed whole");
}

}  // namespace

void check_providers(const Draft& draft, ProblemList& problems) {
    const Settings& settings = draft.settings;
    Uses smtp;
    Uses pop3;
    for (std::size_t i = 0; i < settings.accounts.size(); ++i) {
        const AccountSettings& account = settings.accounts[i];
        if (account.smtp) smtp.try_emplace(smtp_key(account), Use{i, {}, {}});
        if (account.mailbox) pop3.try_emplace(pop3_key(account), Use{i, {}, {}});
    }
    std::map<std::string_view, const AccountSettings*> accounts;
    for (const AccountSettings& account : settings.accounts)
        accounts.emplace(account.name, &account);
    for (const ProbeSettings& probe : settings.probes) {
        const AccountSettings& from = *accounts.at(probe.from);
        const MailboxId to = pop3_key(*accounts.at(probe.to));
        smtp.at(smtp_key(from)).senders.push_back(&probe);
        const bool same = probe.bounces && pop3_key(from) == to;
        pop3.at(to).looks.push_back({&probe, true, same});
        if (probe.bounces && !same) pop3.at(pop3_key(from)).looks.push_back({&probe, false, true});
    }
    for (const auto& [key, use] : smtp) {
        const Provider* provider = provider_of(key.host);
        if (provider != nullptr) check_sending(draft, use, *provider, problems);
    }
    for (const auto& [key, use] : pop3) {
        const Provider* provider = provider_of(key.host);
        if (provider == nullptr) continue;
        check_reading(draft, use, *provider, problems);
        check_window(draft, use, *provider, problems);
    }
}

}  // namespace mailprobed
