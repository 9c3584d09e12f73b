// SPDX-License-Identifier: Apache-2.0
// Prepared statements over bound members: a statement is compiled once for the life of a
// connection.
#include "daemon/store/writer.hpp"

#include "daemon/store/columns.hpp"
#include "daemon/store/copy.hpp"
#include "daemon/store/details.hpp"
#include "daemon/store/load.hpp"
#include "daemon/store/names.hpp"
#include "daemon/store/runs.hpp"
#include "daemon/store/schema.hpp"

#include <algorithm>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace mailprobed {
namespace {

using soci::use;
using namespace ledger;

/// "a = excluded.a, b = excluded.b": the newer row takes the place of the older.
std::string replacing(std::initializer_list<const char*> columns) {
    std::string text = " ON CONFLICT (mail) DO UPDATE SET ";
    for (const char* column : columns) {
        if (column != *columns.begin()) text += ", ";
        text.append(column).append(" = excluded.").append(column);
    }
    return text;
}

/// The columns of a state come first.
constexpr const char* kInsertMail =
    "INSERT INTO mails (mail, run, probe, attempt, progress, handed_attempt, wall_ns, started_ns,"
    " handed_ns, deadline_ns, grace_end_ns, body_digest, stage, cause, detail, at_risk, exact,"
    " again_ns, mailbox, tag_key, earlier_digests, verdict, judged_ns, lower_ns, upper_ns, body,"
    " status_class, unmeasured, deadline_uncertain, hops, refused, arrived, bounced,"
    " arrived_attempt, duplicates, removed, removed_entry, absent) VALUES (:mail, :run, :probe,"
    " :attempt, :progress, :handed_attempt, :wall, :started, :handed, :deadline, :grace_end,"
    " :digest, :stage, :cause, :detail, :at_risk, :exact, :again, :mailbox, :tag_key, :earlier,";

// What a mail is called and when it started never changes, and at_risk is said of the first record.

std::string insert_state() {
    return std::string(kInsertMail) + " '', 0, 0, 0, '', '', 0, 0, '', 0, 0, 0, 0, 0, 0, 0, 0)" +
           replacing({"run", "attempt", "progress", "handed_attempt", "started_ns", "handed_ns",
                      "deadline_ns", "grace_end_ns", "body_digest", "stage", "cause", "detail",
                      "exact", "again_ns", "tag_key", "earlier_digests"});
}

std::string insert_verdict() {
    return std::string(kInsertMail) +
           " :verdict, :judged, :lower, :upper, :body, :status_class, :unmeasured, :uncertain,"
           " :hops, :refused, :arrived, :bounced, :arrived_attempt, :duplicates, :removed,"
           " :removed_entry, :absent)" +
           replacing({"run",
                      "attempt",
                      "handed_attempt",
                      "started_ns",
                      "handed_ns",
                      "deadline_ns",
                      "grace_end_ns",
                      "stage",
                      "cause",
                      "detail",
                      "exact",
                      "verdict",
                      "judged_ns",
                      "lower_ns",
                      "upper_ns",
                      "body",
                      "status_class",
                      "unmeasured",
                      "deadline_uncertain",
                      "hops",
                      "refused",
                      "arrived",
                      "bounced",
                      "arrived_attempt",
                      "duplicates",
                      "removed",
                      "removed_entry",
                      "absent"});
}

/// A connection that is open before the statements are compiled.
struct OpenLedger {
    explicit OpenLedger(const std::string& path) { open_ledger(sql, path, LedgerAccess::write); }
    soci::session sql;
};

}  // namespace

struct LedgerWriter::Impl : OpenLedger {
    Impl(const std::string& path, const ClockReading& at, std::uint32_t tag_run)
        : OpenLedger(path), files(sql, path), start(at), row(sql, at, tag_run) {
        for (RestoredProbe& probe : load_probes(sql))
            probes.emplace(std::move(probe.probe), probe.history);
    }

    void apply(const MailState& record, bool risk);
    void apply(const VerdictRecord& record, bool risk);
    void apply(const JudgedMail& record, bool risk);
    void apply(const EvidenceRecord& record, bool risk);
    void apply(const EntriesRecord& record, bool risk);
    void apply(const ClockRecord& record, bool /*risk*/) { clocks = record; }
    /// What is written once for all records of a group.
    void finish();

    LedgerFiles files;
    ClockReading start;
    LedgerRun row;
    /// The newest reading that is to be written.
    std::optional<ClockRecord> clocks;
    std::map<std::string, ProbeHistory, std::less<>> probes;
    /// Probes whose row no longer says what is known.
    std::set<std::string, std::less<>> changed;
    LedgerDetails details{sql};

    MailColumns m;
    VerdictColumns v;
    JudgedColumns j;
    EvidenceColumns e;
    EntryColumns n;
    ProbeColumns p;
    soci::statement state{(sql.prepare << insert_state(), use(m.mail), use(m.run), use(m.probe),
                           use(m.attempt), use(m.progress), use(m.handed_attempt), use(m.wall),
                           use(m.started), use(m.handed), use(m.deadline), use(m.grace_end),
                           use(m.digest), use(m.stage), use(m.cause), use(m.detail), use(m.at_risk),
                           use(m.exact), use(m.again), use(m.mailbox), use(m.tag_key),
                           use(m.earlier_digests))};
    soci::statement verdict{
        (sql.prepare << insert_verdict(), use(m.mail), use(m.run), use(m.probe), use(m.attempt),
         use(m.progress), use(m.handed_attempt), use(m.wall), use(m.started), use(m.handed),
         use(m.deadline), use(m.grace_end), use(m.digest), use(m.stage), use(m.cause),
         use(m.detail), use(m.at_risk), use(m.exact), use(m.again), use(m.mailbox), use(m.tag_key),
         use(m.earlier_digests), use(v.verdict), use(v.judged), use(v.lower), use(v.upper),
         use(v.body), use(v.status_class), use(v.unmeasured), use(v.uncertain), use(v.hops),
         use(j.refused), use(j.arrived), use(j.bounced), use(j.attempt), use(j.duplicates),
         use(j.removed), use(j.removed_entry), use(j.absent))};
    // Not an insertion: a mail that this ledger never had, an orphan, gets no row by what is learnt
    // of it.
    soci::statement judged{
        (sql.prepare << "UPDATE mails SET refused = :refused, arrived = :arrived,"
                        " bounced = :bounced, arrived_attempt = :attempt,"
                        " duplicates = :duplicates, removed = :removed,"
                        " removed_entry = :removed_entry, absent = :absent WHERE mail = :mail",
         use(j.refused), use(j.arrived), use(j.bounced), use(j.attempt), use(j.duplicates),
         use(j.removed), use(j.removed_entry), use(j.absent), use(j.mail))};
    soci::statement evidence{
        (sql.prepare << "INSERT INTO evidence (mail, kind, probe, attempt, copies, wall_ns) VALUES"
                        " (:mail, :kind, :probe, :attempt, :copies, :wall)"
                        " ON CONFLICT (mail, kind, attempt) DO UPDATE SET"
                        " copies = excluded.copies",
         use(e.mail), use(e.kind), use(e.probe), use(e.attempt), use(e.copies), use(e.wall))};
    // The one rule of the store, for nobody else can know: a run that could not read the ledger
    // takes a mail of it for an orphan, and may remove it now, so that no later run can find it.
    soci::statement unwatched{
        (sql.prepare << "UPDATE mails SET verdict = 'unobserved', judged_ns = :wall, arrived = 1,"
                        " arrived_attempt = :attempt, detail = 'the ledger could not be read when"
                        " mailprobed started' WHERE mail = :mail AND verdict = ''",
         use(e.wall), use(e.attempt), use(e.mail))};
    soci::statement entry_known{
        (sql.prepare << "INSERT INTO entries (mailbox, entry, mail, probe_id, attempt) VALUES"
                        " (:mailbox, :entry, :mail, :probe_id, :attempt)"
                        " ON CONFLICT (mailbox, entry) DO NOTHING",
         use(n.mailbox), use(n.entry), use(n.mail), use(n.probe_id), use(n.attempt))};
    soci::statement entry_gone{
        (sql.prepare << "DELETE FROM entries WHERE mailbox = :mailbox AND entry = :entry",
         use(n.mailbox), use(n.entry))};
    soci::statement probe_row{
        (sql.prepare << "INSERT INTO probes (probe, last_started_ns, last_delivered_ns,"
                        " last_verdict_ns, last_round_trip_ns, last_uncertainty_ns, bad_streak,"
                        " recent_bad) VALUES (:p, :s, :d, :v, :r, :u, :b, :n)"
                        " ON CONFLICT (probe) DO UPDATE SET"
                        " last_started_ns = excluded.last_started_ns,"
                        " last_delivered_ns = excluded.last_delivered_ns,"
                        " last_verdict_ns = excluded.last_verdict_ns,"
                        " last_round_trip_ns = excluded.last_round_trip_ns,"
                        " last_uncertainty_ns = excluded.last_uncertainty_ns,"
                        " bad_streak = excluded.bad_streak, recent_bad = excluded.recent_bad",
         use(p.probe), use(p.started), use(p.delivered), use(p.judged), use(p.round_trip),
         use(p.uncertainty), use(p.streak), use(p.recent))};
};

void LedgerWriter::Impl::apply(const MailState& record, bool risk) {
    m = columns_of(record, row.run(), risk);
    state.execute(true);
    // Its row waits for the verdict: until then the pending mail itself tells of the start.
    std::optional<WallTime>& started = probes[record.probe].last_started;
    const bool starts = record.attempt == 1 && record.progress == Progress::intended;
    if (starts || !started || *started < record.wall) started = record.wall;
}

void LedgerWriter::Impl::apply(const VerdictRecord& record, bool risk) {
    const Judgement& judgement = record.judgement;
    m = columns_of(judgement, row.run(), risk);
    v = columns_of(judgement, record.wall, record.hops);
    j = columns_of(record.judged);
    verdict.execute(true);
    probes[judgement.probe].judged(judgement, record.wall);
    changed.insert(judgement.probe);
}

void LedgerWriter::Impl::apply(const JudgedMail& record, bool /*risk*/) {
    j = columns_of(record);
    judged.execute(true);
}

void LedgerWriter::Impl::apply(const EvidenceRecord& record, bool /*risk*/) {
    e = {};
    e.mail = number(record.evidence.mail);
    e.kind = to_string(record.evidence.kind);
    e.probe = record.probe;
    e.attempt = record.attempt;
    e.copies = static_cast<int>(record.evidence.total);
    e.wall = number(record.wall);
    evidence.execute(true);
    if (record.evidence.kind != Evidence::orphan) return;
    unwatched.execute(true);
    if (unwatched.get_affected_rows() > 0) changed.insert(record.probe);
}

void LedgerWriter::Impl::apply(const EntriesRecord& record, bool /*risk*/) {
    for (const auto& [key, own] : record.classified) {
        n = {number(key), own ? number(own->mail) : 0, own ? Number{own->probe} : 0,
             own ? own->attempt : 0, record.mailbox};
        entry_known.execute(true);
    }
    for (const std::uint64_t key : record.gone) {
        n = {number(key), 0, 0, 0, record.mailbox};
        entry_gone.execute(true);
    }
}

void LedgerWriter::Impl::finish() {
    if (clocks) row.read(*clocks);
    for (const std::string& name : changed) {
        p = columns_of(name, probes[name]);
        probe_row.execute(true);
    }
}

LedgerWriter::LedgerWriter(const std::string& path, const ClockReading& start,
                           std::uint32_t tag_run)
    : impl_(std::make_unique<Impl>(path, start, tag_run)) {}

LedgerWriter::~LedgerWriter() = default;

RestoredState LedgerWriter::load(Duration evidence) {
    return load_all(impl_->sql, impl_->start, evidence, impl_->row.run());
}

bool LedgerWriter::displaced() {
    return impl_->files.displaced();
}

void LedgerWriter::copy_to(const std::string& path) {
    leave_files(impl_->sql);
    copy_ledger(impl_->sql, path);
}

std::uint64_t LedgerWriter::readings() const {
    return impl_->row.readings();
}

bool LedgerWriter::knows(std::uint32_t tag_run, std::uint64_t readings) {
    return knows_reading(impl_->sql, tag_run, readings);
}

void LedgerWriter::write(std::span<const QueuedRecord> records) {
    soci::transaction all_or_nothing(impl_->sql);
    for (const QueuedRecord& queued : records) {
        if (const auto* record = std::get_if<JournalRecord>(&queued.record)) {
            std::visit([&](const auto& one) { impl_->apply(one, queued.at_risk); }, *record);
        } else {
            impl_->details.write(std::get<DetailRecord>(queued.record));
        }
    }
    impl_->finish();
    all_or_nothing.commit();
    impl_->changed.clear();
    impl_->clocks.reset();
}

bool LedgerWriter::prune(WallTime before, WallTime now) {
    constexpr int kAtOnce = 1000;
    const Number limit = number(before);
    soci::transaction all_or_nothing(impl_->sql);
    impl_->sql << "DELETE FROM evidence WHERE wall_ns < :limit", use(limit);
    soci::statement mails =
        (impl_->sql.prepare << "DELETE FROM mails WHERE mail IN (SELECT mail FROM mails WHERE"
                               " verdict <> '' AND judged_ns < :limit LIMIT "
                            << kAtOnce << ")",
         use(limit));
    mails.execute(true);
    const bool details = impl_->details.prune(now);
    const bool done = mails.get_affected_rows() < kAtOnce && details;
    all_or_nothing.commit();
    return done;
}

}  // namespace mailprobed
