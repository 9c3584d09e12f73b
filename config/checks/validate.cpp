// SPDX-License-Identifier: Apache-2.0
// Checks across sections: unique names, references, ids in tags, shared mailboxes.
#include "config/checks/checks.hpp"
#include "config/load/key_changes.hpp"
#include "config/load/spelling_suggestion.hpp"
#include "probes/domain/identity/tag.hpp"

#include <algorithm>
#include <map>

namespace mailprobed {

namespace {

/// Notes each name that an earlier one of the same `kind` has; nameless entries are skipped.
template <class Item, class Notes>
void check_unique(std::string_view kind, const std::vector<Item>& items,
                  const std::vector<Notes>& notes, ProblemList& problems) {
    std::map<std::string_view, int> lines;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (items[i].name.empty()) continue;
        const auto [first, is_new] = lines.emplace(items[i].name, notes[i].name.line);
        if (is_new) continue;
        problems.error(notes[i].name,
                       "a second " + std::string(kind) + " is called " + in_quotes(items[i].name) +
                           ", the first in line " + std::to_string(first->second),
                       "a name of its own");
    }
}

enum class Half : unsigned char { smtp, pop3 };

void check_reference(const Settings& settings, const std::string& probe, std::string_view key,
                     const std::string& name, Half half, ConfigPlace place, ProblemList& problems) {
    if (name.empty()) return;
    const std::string what = "`" + std::string(key) + "` of " + probe;
    const AccountSettings* account = settings.account(name);
    if (account == nullptr) {
        std::vector<std::string_view> names;
        names.reserve(settings.accounts.size());
        for (const AccountSettings& known : settings.accounts)
            names.push_back(known.name);
        const std::string_view meant = spelling_suggestion(name, names);
        problems.error(place, what + ": there is no account " + in_quotes(name),
                       meant.empty()
                           ? "the name of an entry of `accounts:`"
                           : "the name of an entry of `accounts:`, perhaps " + in_quotes(meant));
        return;
    }
    if (half == Half::smtp && !account->smtp) {
        problems.error(place, what + ": account " + in_quotes(name) + " has no `smtp`",
                       "an account that can send, with an `smtp:` section");
    }
    if (half == Half::pop3 && !account->mailbox) {
        problems.error(place, what + ": account " + in_quotes(name) + " has no `pop3`",
                       "an account whose mailbox can be read, with a `pop3:` section");
    }
}

void check_probe_ids(const Draft& draft, ProblemList& problems) {
    std::map<std::uint32_t, std::string_view> names;
    for (std::size_t i = 0; i < draft.probes.size(); ++i) {
        const std::string& name = draft.settings.probes[i].name;
        if (name.empty()) continue;
        const auto [first, is_new] = names.emplace(probe_id(name), name);
        if (is_new || first->second == name) continue;
        problems.error(draft.probes[i].name,
                       "the names " + in_quotes(first->second) + " and " + in_quotes(name) +
                           " have the same 32-bit id, tags could not tell these probes apart",
                       "another name for one of them");
    }
}

/// One watcher reads a mailbox, so accounts that share it cannot want different things. Where a
/// value could not be read there is nothing to compare.
void check_mailboxes(const Draft& draft, ProblemList& problems) {
    std::map<MailboxId, const AccountSettings*> first;
    for (std::size_t i = 0; i < draft.accounts.size(); ++i) {
        const AccountSettings& account = draft.settings.accounts[i];
        if (!account.mailbox || !draft.accounts[i].pop3_good) continue;
        const auto [known, is_new] = first.try_emplace(account.mailbox->id(), &account);
        if (is_new) continue;
        const auto keys = differing_keys(*known->second->mailbox, *account.mailbox);
        if (keys.empty()) continue;
        std::string list;
        for (const std::string_view key : keys)
            list.append(list.empty() ? "`" : ", `").append(key).append("`");
        problems.error(draft.accounts[i].pop3,
                       "accounts " + in_quotes(known->second->name) + " and " +
                           in_quotes(account.name) + " read the same mailbox but differ in " + list,
                       "the same values, because one watcher reads it for both");
    }
}

/// Bounces come back to the sender; nobody can look for them where its mailbox cannot be read.
void settle_bounces(const AccountSettings* from, const std::string& name, const ProbeNotes& notes,
                    ProblemList& problems, ProbeSettings& probe) {
    if (from == nullptr || from->mailbox) return;
    probe.bounces = false;
    if (!notes.wants_bounces) return;
    problems.error(notes.bounces,
                   "`bounces` of " + name + " is true, but account " + in_quotes(from->name) +
                       " has no `pop3`: nobody can read the bounces that come back to it",
                   "a `pop3:` section in that account, or no `bounces` here");
}

}  // namespace

void validate(Draft& draft, ProblemList& problems) {
    Settings& settings = draft.settings;
    check_unique("account", settings.accounts, draft.accounts, problems);
    check_unique("probe", settings.probes, draft.probes, problems);
    check_probe_ids(draft, problems);
    check_mailboxes(draft, problems);
    for (std::size_t i = 0; i < settings.probes.size(); ++i) {
        ProbeSettings& probe = settings.probes[i];
        const ProbeNotes& notes = draft.probes[i];
        const std::string name = probe.name.empty() ? "probe no. " + std::to_string(i + 1)
                                                    : "probe " + in_quotes(probe.name);
        check_reference(settings, name, "from", probe.from, Half::smtp, notes.from, problems);
        check_reference(settings, name, "to", probe.to, Half::pop3, notes.to, problems);
        settle_bounces(settings.account(probe.from), name, notes, problems, probe);
        const AccountSettings* to = settings.account(probe.to);
        if (to != nullptr && probe.to_address.empty()) probe.to_address = to->address;
    }
}

}  // namespace mailprobed
