// SPDX-License-Identifier: Apache-2.0
// Mails first, so that nothing is told of a probe whose mails are not known yet.
#include "probes/monitor/restore.hpp"

#include "probes/domain/plan/routing.hpp"
#include "probes/monitor/watch_clocks.hpp"
#include "probes/net/boot_clock.hpp"

#include <cstdint>
#include <utility>

namespace mailprobed {

namespace {

/// Mails on their way; returns how many each probe has.
std::vector<std::uint64_t> restore_pending(const std::vector<MailState>& mails,
                                           const RestoreInto& into, Instant now, WallTime wall,
                                           std::vector<MailToRetry>& again) {
    Context& context = into.context;
    std::vector<std::uint64_t> counts(into.probers.size(), 0);
    for (const MailState& mail : mails) {
        const auto probe = into.probes.find(mail.probe);
        const ProbeSettings* settings =
            probe == into.probes.end() ? nullptr : context.routes[probe->second].probe.get();
        if (auto end = verdict_if_unwatched(*context.settings, settings, mail, wall)) {
            context.needs.journal.note(std::move(*end));
            continue;
        }
        // One of a version that did not record keys is believed to bear the present one.
        context.ledger.restore(probe->second, mail, now,
                               mail.tag_key == 0 || context.codec.reads(mail.tag_key));
        ++counts[probe->second];
        ++context.routes[probe->second].unreported;
        if (mail.progress == Progress::retry) {
            again.push_back({into.probers[probe->second], mail});
        }
    }
    return counts;
}

/// Judged mails of probes that are configured.
void restore_judged(const std::vector<RestoredVerdict>& mails, const RestoreInto& into,
                    Instant now) {
    for (const RestoredVerdict& mail : mails) {
        const auto probe = into.probes.find(mail.probe);
        if (probe != into.probes.end()) {
            into.context.ledger.restore(probe->second, mail.mail, now);
        }
    }
}

/// Entries of mailboxes; those of mailboxes that nobody looks into are taken out of the journal,
/// for nobody would say of them when they are gone. One record for each of these mailboxes: there
/// may be a hundred thousand entries.
void restore_entries(const std::vector<RestoredEntry>& entries, const RestoreInto& into) {
    std::map<std::string, EntriesRecord> unwatched;
    for (const RestoredEntry& entry : entries) {
        const auto box = into.watchers.find(entry.mailbox);
        if (box != into.watchers.end()) {
            box->second->remember(entry);
        } else {
            unwatched[entry.mailbox].gone.push_back(entry.key);
        }
    }
    for (auto& [mailbox, record] : unwatched) {
        record.mailbox = mailbox;
        into.context.needs.journal.note(std::move(record));
    }
}

}  // namespace

std::vector<MailToRetry> restore_state(const RestoredState& restored, const RestoreInto& into,
                                       Instant now, WallTime wall) {
    Context& context = into.context;
    std::vector<MailToRetry> again;
    const auto pending = restore_pending(restored.pending, into, now, wall, again);
    read_clocks(context);
    // Behind a step of the clock that read_clocks() may have found.
    restore_judged(restored.settled, into, BootClock::now());
    restore_entries(restored.entries, into);
    for (const RestoredProbe& state : restored.probes) {
        const auto probe = into.probes.find(state.probe);
        if (probe == into.probes.end()) continue;
        const ProbeHistory& history = state.history;
        if (history.last_started) {
            into.probers[probe->second]->started_before(*history.last_started);
        }
        context.needs.observer.on(ProbeRestored{state.probe, pending[probe->second], history});
        report_pending(context, probe->second);
    }
    return again;
}

std::optional<VerdictRecord> verdict_if_unwatched(const Settings& settings,
                                                  const ProbeSettings* probe, const MailState& mail,
                                                  WallTime wall) {
    // A look into another mailbox proves no absence: `lost` would be a false claim. A version that
    // did not record mailboxes may have left it.
    const bool same_mailbox =
        probe != nullptr &&
        (mail.mailbox_number == 0 || mail.mailbox_number == mailbox_number(settings, *probe));
    if (same_mailbox) return std::nullopt;
    VerdictRecord record;
    record.wall = wall;
    Judgement& judgement = record.judgement;
    static_cast<MailState&>(judgement) = mail;
    if (mail.progress == Progress::retry) {
        // The server's last answer was no, for the time being; a further attempt was never made.
        judgement.verdict = Verdict::send_failed;
        record.judged.refused = true;
    } else {
        judgement.verdict = Verdict::unobserved;
        judgement.failure.reset();
        judgement.detail =
            probe == nullptr
                ? "the probe is no longer configured"
                : "the probe had another mailbox when mailprobed was stopped; a reload "
                  "would have looked for the mail where it was sent";
    }
    record.judged.mail = mail.mail;
    record.judged.verdict = judgement.verdict;
    return record;
}

}  // namespace mailprobed
