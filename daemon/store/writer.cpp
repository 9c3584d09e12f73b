// SPDX-License-Identifier: Apache-2.0
// Prepared statements over bound members: a statement is compiled once for the life of a
// connection.
#include "daemon/store/writer.hpp"

#include "daemon/store/columns.hpp"
#include "daemon/store/copy.hpp"
#include "daemon/store/details.hpp"
#include "daemon/store/names.hpp"
#include "daemon/store/recall.hpp"
#include "daemon/store/runs.hpp"
#include "daemon/store/schema.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <type_traits>

namespace mailprobed {
namespace {

using soci::use;
using namespace ledger;

/// True of a failure after which the server cannot have the mail. There is none of a mail that was
/// seen too late before its submission ended.
bool is_definite(const std::optional<StageCause>& failure) {
    return failure && !may_have_been_taken(*failure);
}

std::string digests_text(const std::vector<std::uint64_t>& digests) {
    std::string text;
    for (const std::uint64_t digest : digests) {
        if (!text.empty()) text += ' ';
        text += std::to_string(digest);
    }
    return text;
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
        c.run = row.run();
        for (RememberedProbe& probe : recall_probes(sql))
            probes.emplace(probe.probe, std::move(probe));
    }

    void apply(const IntentRecord& record, bool risk);
    void apply(const AnswerRecord& record, bool risk);
    void apply(const VerdictRecord& record, bool risk);
    void apply(const EvidenceRecord& record, bool risk);
    void apply(const AbsentRecord& record, bool risk);
    void apply(const RemovedRecord& record, bool risk);
    void apply(const EntriesRecord& record, bool risk);
    void apply(const ClockRecord& record, bool /*risk*/) { row.read(record); }
    void judged(const VerdictRecord& record);
    RememberedProbe& probe_state(const std::string& name);
    void write_probes();

    LedgerFiles files;
    ClockReading start;
    LedgerRun row;
    Columns c;
    ProbeColumns p;
    std::map<std::string, RememberedProbe, std::less<>> probes;
    /// Whose row no longer says what is known.
    std::set<const RememberedProbe*> changed;
    LedgerDetails details{sql};

    soci::statement intent{
        (sql.prepare << "INSERT INTO mails VALUES (:mail, :run, :probe, :attempt, 'intended',"
                        " :handed_attempt, :wall, :started, :handed, :deadline, :grace_end,"
                        " :digest, '', '', '', '', 0, 0, 0, '', '', 0, 0, '', 0, 0, 0, 0, 0, 0, 0,"
                        " :risk, :exact, 0, 0, :mailbox, :key, :earlier)"
                        // A row's instants are all of the boot of its run.
                        " ON CONFLICT (mail) DO UPDATE SET run = excluded.run,"
                        " attempt = excluded.attempt, progress = 'intended',"
                        " handed_attempt = excluded.handed_attempt,"
                        " started_ns = excluded.started_ns, handed_ns = excluded.handed_ns,"
                        " deadline_ns = excluded.deadline_ns,"
                        " grace_end_ns = excluded.grace_end_ns,"
                        " body_digest = excluded.body_digest, exact = excluded.exact,"
                        " tag_key = excluded.tag_key,"
                        " earlier_digests = excluded.earlier_digests",
         use(c.mail), use(c.run), use(c.probe), use(c.attempt), use(c.handed_attempt), use(c.wall),
         use(c.started), use(c.handed), use(c.deadline), use(c.grace_end), use(c.digest),
         use(c.at_risk), use(c.exact), use(c.ends_in), use(c.tag_key), use(c.earlier_digests))};
    soci::statement answer{
        (sql.prepare << "UPDATE mails SET run = :run, progress = :progress, attempt = :attempt,"
                        " handed_attempt = :handed_attempt, started_ns = :started,"
                        " handed_ns = :handed, deadline_ns = :deadline, grace_end_ns = :grace_end,"
                        " stage = :stage, cause = :cause, detail = :detail, exact = :exact,"
                        " again_ns = :again WHERE mail = :mail AND verdict = ''",
         use(c.run), use(c.progress), use(c.attempt), use(c.handed_attempt), use(c.started),
         use(c.handed), use(c.deadline), use(c.grace_end), use(c.stage), use(c.cause),
         use(c.detail), use(c.exact), use(c.again), use(c.mail))};
    soci::statement refused{
        (sql.prepare << "UPDATE mails SET refused = 1 WHERE mail = :mail", use(c.mail))};
    soci::statement verdict{
        (sql.prepare << "UPDATE mails SET run = :run, attempt = :attempt, started_ns = :started,"
                        " handed_ns = :handed, deadline_ns = :deadline, stage = :stage,"
                        " cause = :cause, detail = :detail, verdict = :verdict, judged_ns = :wall,"
                        " lower_ns = :lower, upper_ns = :upper, body = :body,"
                        " status_class = :status_class, unmeasured = :unmeasured,"
                        " deadline_uncertain = :uncertain, hops = :hops,"
                        " refused = refused + :refused, arrived = :arrived, bounced = :bounced, "
                        "arrived_attempt = :arrived_attempt"
                        " WHERE mail = :mail AND verdict = ''",
         use(c.run), use(c.attempt), use(c.started), use(c.handed), use(c.deadline), use(c.stage),
         use(c.cause), use(c.detail), use(c.verdict), use(c.wall), use(c.lower), use(c.upper),
         use(c.body), use(c.status_class), use(c.unmeasured), use(c.uncertain), use(c.hops),
         use(c.refused), use(c.arrived), use(c.bounced), use(c.arrived_attempt), use(c.mail))};
    soci::statement evidence{
        (sql.prepare << "INSERT INTO evidence VALUES (:mail, :kind, :probe, :attempt, :copies,"
                        " :wall) ON CONFLICT (mail, kind, attempt) DO UPDATE SET"
                        " copies = evidence.copies + excluded.copies",
         use(c.mail), use(c.kind), use(c.probe), use(c.attempt), use(c.copies), use(c.wall))};
    soci::statement arrived{(sql.prepare
                                 << "UPDATE mails SET arrived = 1, arrived_attempt = :attempt"
                                    " WHERE mail = :mail AND arrived = 0",
                             use(c.attempt), use(c.mail))};
    soci::statement bounced{
        (sql.prepare << "UPDATE mails SET bounced = 1 WHERE mail = :mail", use(c.mail))};
    soci::statement unwatched{
        (sql.prepare << "UPDATE mails SET verdict = 'unobserved', judged_ns = :wall, arrived = 1,"
                        " arrived_attempt = :attempt, detail = 'the ledger could not be read when"
                        " mailprobed started' WHERE mail = :mail AND verdict = ''",
         use(c.wall), use(c.attempt), use(c.mail))};
    soci::statement duplicates{
        (sql.prepare << "UPDATE mails SET duplicates = duplicates + :copies WHERE mail = :mail",
         use(c.copies), use(c.mail))};
    soci::statement absent{
        (sql.prepare << "UPDATE mails SET absent = 1 WHERE mail = :mail", use(c.mail))};
    soci::statement removed{
        (sql.prepare << "UPDATE mails SET removed = removed + :copies, removed_entry = :entry"
                        " WHERE mail = :mail AND arrived_attempt = :attempt",
         use(c.copies), use(c.entry), use(c.mail), use(c.attempt))};
    soci::statement entry_known{
        (sql.prepare << "INSERT INTO entries VALUES (:mailbox, :entry, :mail, :probe_id, :attempt)"
                        " ON CONFLICT (mailbox, entry) DO NOTHING",
         use(c.mailbox), use(c.entry), use(c.mail), use(c.probe_id), use(c.attempt))};
    soci::statement entry_gone{
        (sql.prepare << "DELETE FROM entries WHERE mailbox = :mailbox AND entry = :entry",
         use(c.mailbox), use(c.entry))};
    soci::statement probe_row{
        (sql.prepare << "INSERT INTO probes VALUES (:p, :s, :d, :v, :r, :u, :b, :n)"
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

void LedgerWriter::Impl::apply(const IntentRecord& record, bool risk) {
    c.mail = number(record.mail);
    c.probe = record.probe;
    c.attempt = record.attempt;
    c.handed_attempt = record.handed_attempt;
    c.handed = number(record.handed);
    c.exact = record.exact ? 1 : 0;
    c.wall = number(record.wall);
    c.started = number(record.started);
    c.deadline = number(record.deadline);
    c.grace_end = number(record.grace_end);
    c.digest = number(record.body_digest);
    c.earlier_digests = digests_text(record.earlier_digests);
    c.at_risk = risk ? 1 : 0;
    c.ends_in = record.mailbox;
    c.tag_key = number(record.tag_key);
    if (record.clocks) row.read(*record.clocks);
    intent.execute(true);
    // Its row waits for the verdict: until then the pending mail itself tells of the start.
    if (record.attempt == 1) probe_state(record.probe).last_started = record.wall;
}

void LedgerWriter::Impl::apply(const AnswerRecord& record, bool /*risk*/) {
    c.mail = number(record.mail);
    if (record.answer == Answer::refused) {
        refused.execute(true);
        return;
    }
    c.progress = to_string(record.answer == Answer::accepted      ? Progress::accepted
                           : record.answer == Answer::unconfirmed ? Progress::unconfirmed
                                                                  : Progress::retry);
    c.attempt = record.attempt;
    c.handed_attempt = record.handed_attempt;
    c.started = number(record.started);
    c.handed = number(record.handed);
    c.deadline = number(record.deadline);
    c.grace_end = number(record.grace_end);
    c.failure(record.failure);
    c.detail = record.detail;
    c.exact = record.exact ? 1 : 0;
    c.again = number(record.again_at);
    answer.execute(true);
}

void LedgerWriter::Impl::apply(const VerdictRecord& record, bool /*risk*/) {
    const Judgement& judgement = record.judgement;
    const bool delivered = judgement.verdict == Verdict::delivered;
    c.mail = number(judgement.mail);
    c.attempt = judgement.attempt;
    c.started = number(judgement.started);
    c.handed = number(judgement.handed);
    c.deadline = number(judgement.deadline);
    c.failure(judgement.failure);
    c.detail = judgement.detail;
    c.verdict = to_string(judgement.verdict);
    c.wall = number(record.wall);
    // Where no time was measured whoever subtracts columns gets 0, and nothing negative.
    c.lower = number(delivered ? judgement.lower : judgement.started);
    c.upper = number(delivered ? judgement.upper : judgement.started);
    c.body = delivered ? to_string(judgement.body) : "";
    c.status_class = judgement.status_class ? to_string(*judgement.status_class) : "";
    c.unmeasured = judgement.unmeasured ? 1 : 0;
    c.uncertain = judgement.deadline_uncertain ? 1 : 0;
    c.hops = record.hops;
    c.refused = judgement.verdict == Verdict::send_failed && is_definite(judgement.failure) ? 1 : 0;
    c.arrived = delivered ? 1 : 0;
    c.bounced = judgement.verdict == Verdict::bounced ? 1 : 0;
    c.arrived_attempt = delivered ? judgement.attempt : 0;
    verdict.execute(true);
    judged(record);
}

void LedgerWriter::Impl::judged(const VerdictRecord& record) {
    RememberedProbe& state = probe_state(record.probe);
    changed.insert(&state);
    const bool bad = record.judgement.verdict != Verdict::delivered;
    state.judged = true;
    state.last_verdict = record.wall;
    state.bad_streak = bad ? state.bad_streak + 1 : 0;
    state.recent_bad = ((state.recent_bad << 1U) | (bad ? 1U : 0U)) & 0x3FFU;
    if (bad) return;
    state.last_delivered = record.wall;
    if (record.judgement.inexact) return;
    state.last_round_trip = record.judgement.upper - record.judgement.started;
    state.last_uncertainty = record.judgement.upper - record.judgement.lower;
}

void LedgerWriter::Impl::apply(const EvidenceRecord& record, bool /*risk*/) {
    c.mail = number(record.evidence.mail);
    c.kind = to_string(record.evidence.kind);
    c.probe = record.probe;
    c.attempt = record.attempt;
    c.copies = static_cast<int>(record.evidence.count);
    c.wall = number(record.wall);
    evidence.execute(true);
    switch (record.evidence.kind) {
        case Evidence::late:
        case Evidence::found:
        case Evidence::contradiction:
            // A contradiction that a refusal brings comes without a copy of its own.
            if (record.attempt != 0) arrived.execute(true);
            break;
        case Evidence::bounce:
            bounced.execute(true);
            break;
        case Evidence::duplicate:
            duplicates.execute(true);
            break;
        case Evidence::orphan:
            // A run that could not read the ledger did not look for it, and may remove it now.
            unwatched.execute(true);
            if (unwatched.get_affected_rows() > 0) changed.insert(&probe_state(record.probe));
            break;
        case Evidence::retry_copy:
            break;
    }
}

void LedgerWriter::Impl::apply(const AbsentRecord& record, bool /*risk*/) {
    c.mail = number(record.mail);
    absent.execute(true);
}

void LedgerWriter::Impl::apply(const RemovedRecord& record, bool /*risk*/) {
    c.mail = number(record.mail);
    c.attempt = record.attempt;
    c.copies = record.copies;
    c.entry = number(record.entry);
    removed.execute(true);
}

void LedgerWriter::Impl::apply(const EntriesRecord& record, bool /*risk*/) {
    c.mailbox = record.mailbox;
    for (const auto& [key, own] : record.classified) {
        c.entry = number(key);
        c.mail = own ? number(own->mail) : 0;
        c.probe_id = own ? Number{own->probe} : 0;
        c.attempt = own ? own->attempt : 0;
        entry_known.execute(true);
    }
    for (const std::uint64_t key : record.gone) {
        c.entry = number(key);
        entry_gone.execute(true);
    }
}

RememberedProbe& LedgerWriter::Impl::probe_state(const std::string& name) {
    RememberedProbe& state = probes[name];
    state.probe = name;
    return state;
}

void LedgerWriter::Impl::write_probes() {
    const auto ns = [](const auto& time) { return time ? number(*time) : 0; };
    for (const RememberedProbe* state : changed) {
        p.probe = state->probe;
        p.started = ns(state->last_started);
        p.delivered = ns(state->last_delivered);
        p.judged = ns(state->last_verdict);
        p.round_trip = state->last_round_trip ? state->last_round_trip->count() : 0;
        p.uncertainty = state->last_uncertainty ? state->last_uncertainty->count() : 0;
        p.streak = number(state->bad_streak);
        p.recent = static_cast<int>(state->recent_bad);
        probe_row.execute(true);
    }
}

LedgerWriter::LedgerWriter(const std::string& path, const ClockReading& start,
                           std::uint32_t tag_run)
    : impl_(std::make_unique<Impl>(path, start, tag_run)) {}

LedgerWriter::~LedgerWriter() = default;

Remembered LedgerWriter::recall(Duration evidence) {
    return recall_all(impl_->sql, impl_->start, evidence, impl_->row.run());
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
    impl_->write_probes();
    all_or_nothing.commit();
    impl_->changed.clear();
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
