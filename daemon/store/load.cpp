// SPDX-License-Identifier: Apache-2.0
// Rows as records; instants by way of what runs.hpp says of their run.
#include "daemon/store/load.hpp"

#include "daemon/store/names.hpp"
#include "daemon/store/runs.hpp"
#include "daemon/store/schema.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <soci/sqlite3/soci-sqlite3.h>
#include <sstream>
#include <unordered_map>

namespace mailprobed {
namespace {

using soci::into;
using soci::use;
using Number = long long;

/// What LedgerWriter wrote of the digests of earlier attempts.
std::vector<std::uint64_t> digests_of(const std::string& column) {
    std::istringstream numbers(column);
    std::vector<std::uint64_t> result;
    for (std::uint64_t digest = 0; numbers >> digest;)
        result.push_back(digest);
    return result;
}

std::uint64_t id(Number value) noexcept {
    return static_cast<std::uint64_t>(value);
}

std::vector<MailState> load_pending(soci::session& sql, const std::map<Number, Conversion>& runs,
                                    const ClockReading& now) {
    std::vector<MailState> result;
    Number mail = 0;
    Number run = 0;
    Number wall = 0;
    Number started = 0;
    Number handed = 0;
    Number deadline = 0;
    Number grace_end = 0;
    Number digest = 0;
    Number again = 0;
    Number mailbox = 0;
    Number tag_key = 0;
    int exact = 0;
    int attempt = 0;
    int handed_attempt = 0;
    std::string probe;
    std::string progress;
    std::string stage;
    std::string cause;
    std::string detail;
    std::string earlier_digests;
    soci::statement rows =
        (sql.prepare << "SELECT mail, run, probe, attempt, progress, handed_attempt, wall_ns,"
                        " started_ns, handed_ns, deadline_ns, grace_end_ns, body_digest, stage,"
                        " cause, detail, exact, again_ns, mailbox, tag_key,"
                        " earlier_digests FROM mails"
                        " WHERE verdict = '' "
                        "ORDER BY wall_ns",
         into(mail), into(run), into(probe), into(attempt), into(progress), into(handed_attempt),
         into(wall), into(started), into(handed), into(deadline), into(grace_end), into(digest),
         into(stage), into(cause), into(detail), into(exact), into(again), into(mailbox),
         into(tag_key), into(earlier_digests));
    rows.execute();
    while (rows.fetch()) {
        const auto found = runs.find(run);
        const Conversion at = found == runs.end() ? Conversion{} : found->second;
        MailState entry;
        entry.mail = id(mail);
        entry.probe = probe;
        entry.progress = progress_named(progress).value_or(Progress::intended);
        entry.attempt = static_cast<std::uint8_t>(attempt);
        entry.handed_attempt = static_cast<std::uint8_t>(handed_attempt);
        entry.started = at(started);
        entry.handed = at(handed);
        entry.deadline = at(deadline);
        entry.grace_end = at(grace_end);
        entry.wall = WallTime{Duration{wall}};
        entry.again_at = at(again);
        entry.mailbox_number = static_cast<std::uint32_t>(mailbox);
        entry.tag_key = id(tag_key);
        entry.exact = at.same_boot && at.steady && exact != 0;
        entry.converted = !at.same_boot;
        if (at.impossible) {
            entry.doubt =
                "the wall clock is behind the time at which mailprobed ran last, so the age of the "
                "mail is unknown after the reboot";
        }
        // A clock that was set back must not make a mail start after now.
        if (!at.same_boot && entry.started > now.boot) {
            const Duration ahead = entry.started - now.boot;
            entry.started -= ahead;
            entry.handed -= ahead;
            entry.deadline -= ahead;
            entry.grace_end -= ahead;
            entry.again_at -= ahead;
        }
        entry.body_digest = id(digest);
        entry.earlier_digests = digests_of(earlier_digests);
        entry.failure = failure_named(stage, cause);
        entry.detail = detail;
        result.push_back(std::move(entry));
    }
    return result;
}

std::vector<RestoredVerdict> load_judged(soci::session& sql,
                                         const std::map<Number, Conversion>& runs,
                                         const ClockReading& now, Duration evidence,
                                         Number own_run) {
    std::vector<RestoredVerdict> result;
    // A clock that is ahead must not make them forgotten.
    const WallTime wall = std::min(now.wall, newest_reading(sql, own_run).value_or(now.wall));
    const Number since = (wall - evidence).time_since_epoch().count();
    Number mail = 0;
    Number run = 0;
    Number started = 0;
    Number handed = 0;
    Number deadline = 0;
    Number removed_entry = 0;
    int exact = 0;
    int refused = 0;
    int arrived = 0;
    int bounced = 0;
    int absent = 0;
    int attempt = 0;
    int duplicates = 0;
    int removed = 0;
    std::string probe;
    std::string verdict;
    soci::statement rows =
        (sql.prepare
             << "SELECT mail, run, probe, verdict, started_ns, handed_ns, deadline_ns, exact,"
                " refused, arrived, bounced, arrived_attempt, duplicates, removed,"
                " removed_entry, absent FROM mails WHERE verdict <> '' AND judged_ns >= :since"
                " ORDER BY judged_ns",
         use(since), into(mail), into(run), into(probe), into(verdict), into(started), into(handed),
         into(deadline), into(exact), into(refused), into(arrived), into(bounced), into(attempt),
         into(duplicates), into(removed), into(removed_entry), into(absent));
    rows.execute();
    while (rows.fetch()) {
        const auto found = runs.find(run);
        const Conversion at = found == runs.end() ? Conversion{} : found->second;
        const std::optional<Verdict> known = verdict_named(verdict);
        if (!known) continue;
        JudgedMail entry;
        entry.mail = id(mail);
        entry.verdict = *known;
        entry.started = at(started);
        entry.handed = at(handed);
        entry.deadline = at(deadline);
        entry.exact = at.same_boot && at.steady && exact != 0;
        entry.refused = refused != 0;
        entry.arrived = arrived != 0;
        entry.bounced = bounced != 0;
        entry.absent = absent != 0;
        entry.attempt = static_cast<std::uint8_t>(attempt);
        entry.duplicates = static_cast<std::uint8_t>(std::min(duplicates, 255));
        entry.removed = static_cast<std::uint8_t>(std::min(removed, 255));
        entry.removed_entry = id(removed_entry);
        result.push_back({probe, entry});
    }
    return result;
}

/// Mails of ours that no ledger knew: seen once, they are not counted again.
void load_orphans(soci::session& sql, const ClockReading& now,
                  std::vector<RestoredVerdict>& result) {
    Number mail = 0;
    int attempt = 0;
    std::string probe;
    soci::statement rows =
        (sql.prepare << "SELECT mail, probe, attempt FROM evidence WHERE kind = 'orphan'",
         into(mail), into(probe), into(attempt));
    rows.execute();
    while (rows.fetch()) {
        JudgedMail entry;
        entry.mail = id(mail);
        entry.verdict = Verdict::delivered;
        entry.orphan = entry.arrived = true;
        entry.attempt = static_cast<std::uint8_t>(attempt);
        entry.started = entry.handed = entry.deadline = now.boot;
        result.push_back({probe, entry});
    }
}

/// What was counted copy by copy: retry copies, and second copies of orphans.
void load_copies(soci::session& sql, std::vector<RestoredVerdict>& settled,
                 std::size_t orphans_begin) {
    std::unordered_map<MailId, std::size_t> by_mail;
    for (std::size_t i = 0; i < settled.size(); ++i)
        by_mail.emplace(settled[i].mail.mail, i);
    Number mail = 0;
    int attempt = 0;
    int copies = 0;
    std::string kind;
    soci::statement rows = (sql.prepare << "SELECT mail, kind, attempt, copies FROM evidence"
                                           " WHERE kind IN ('retry_copy', 'duplicate')",
                            into(mail), into(kind), into(attempt), into(copies));
    rows.execute();
    while (rows.fetch()) {
        const auto found = by_mail.find(id(mail));
        if (found == by_mail.end()) continue;
        JudgedMail& entry = settled[found->second].mail;
        if (kind == "retry_copy") {
            entry.retry_copies |= 1U << std::clamp(attempt, 0, 31);
        } else if (found->second >= orphans_begin) {
            entry.duplicates = static_cast<std::uint8_t>(std::min(entry.duplicates + copies, 255));
        }
    }
}

std::vector<RestoredEntry> load_entries(soci::session& sql) {
    std::vector<RestoredEntry> result;
    Number key = 0;
    Number mail = 0;
    Number probe = 0;
    int attempt = 0;
    std::string mailbox;
    soci::statement rows =
        (sql.prepare << "SELECT mailbox, entry, mail, probe_id, attempt FROM entries",
         into(mailbox), into(key), into(mail), into(probe), into(attempt));
    rows.execute();
    while (rows.fetch()) {
        RestoredEntry entry;
        entry.mailbox = mailbox;
        entry.key = id(key);
        if (attempt != 0) {
            Tag own;
            own.probe = static_cast<std::uint32_t>(probe);
            own.mail = id(mail);
            own.attempt = static_cast<std::uint8_t>(attempt);
            entry.own = own;
        }
        result.push_back(std::move(entry));
    }
    return result;
}

/// A probe's row is written with its verdicts: later starts are known by the pending mails.
void add_pending_starts(soci::session& sql, std::vector<RestoredProbe>& probes) {
    Number latest = 0;
    std::string probe;
    soci::statement rows =
        (sql.prepare << "SELECT probe, MAX(wall_ns) FROM mails WHERE verdict = '' GROUP BY probe",
         into(probe), into(latest));
    rows.execute();
    while (rows.fetch()) {
        auto entry = std::ranges::find(probes, probe, &RestoredProbe::probe);
        if (entry == probes.end()) {
            probes.emplace_back().probe = probe;
            entry = probes.end() - 1;
        }
        const WallTime started{Duration{latest}};
        std::optional<WallTime>& last = entry->history.last_started;
        if (!last || *last < started) last = started;
    }
}

RestoredState load_locked(const std::string& path, const std::string& mode, const ClockReading& now,
                          Duration evidence) {
    soci::session sql(soci::sqlite3, "dbname=\"" + path + "\" timeout=5");
    sql << "PRAGMA locking_mode = " + mode;
    int version = 0;
    sql << "SELECT version FROM schema_version", into(version);
    if (version != kLedgerVersion) return {};
    return load_all(sql, now, evidence, 0);
}

}  // namespace

std::vector<RestoredProbe> load_probes(soci::session& sql) {
    std::vector<RestoredProbe> result;
    Number started = 0;
    Number delivered = 0;
    Number judged = 0;
    Number round_trip = 0;
    Number uncertainty = 0;
    Number streak = 0;
    int recent = 0;
    std::string probe;
    soci::statement rows =
        (sql.prepare << "SELECT probe, last_started_ns, last_delivered_ns, last_verdict_ns,"
                        " last_round_trip_ns, last_uncertainty_ns, bad_streak, recent_bad"
                        " FROM probes",
         into(probe), into(started), into(delivered), into(judged), into(round_trip),
         into(uncertainty), into(streak), into(recent));
    rows.execute();
    const auto wall = [](Number ns) {
        return ns == 0 ? std::nullopt : std::optional(WallTime{Duration{ns}});
    };
    while (rows.fetch()) {
        ProbeHistory history;
        history.last_started = wall(started);
        history.last_delivered = wall(delivered);
        history.last_verdict = wall(judged);
        if (delivered != 0 && round_trip != 0) {
            history.last_round_trip = Duration{round_trip};
            history.last_uncertainty = Duration{uncertainty};
        }
        history.bad_streak = id(streak);
        history.recent_bad = static_cast<std::uint32_t>(recent);
        result.push_back({probe, history});
    }
    add_pending_starts(sql, result);
    return result;
}

RestoredState load_all(soci::session& sql, const ClockReading& now, Duration evidence,
                       long long own_run) {
    const std::map<Number, Conversion> runs = conversions(sql, now, own_run);
    RestoredState result;
    result.read_at = {now.boot, now.wall};
    result.pending = load_pending(sql, runs, now);
    result.settled = load_judged(sql, runs, now, evidence, own_run);
    const std::size_t orphans_begin = result.settled.size();
    load_orphans(sql, now, result.settled);
    load_copies(sql, result.settled, orphans_begin);
    result.entries = load_entries(sql);
    result.probes = load_probes(sql);
    result.runs = load_runs(sql, own_run);
    return result;
}

RestoredState load_unwritten(const std::string& path, const ClockReading& now, Duration evidence) {
    if (!std::filesystem::exists(path)) return {};
    try {
        // Alone with it, SQLite needs no shared memory, which is a file that would have to grow.
        return load_locked(path, "EXCLUSIVE", now, evidence);
    } catch (const soci::soci_error&) {
        // On a read-only file system nobody can be alone with it, but such a file need not grow.
        return load_locked(path, "NORMAL", now, evidence);
    }
}

}  // namespace mailprobed
