// SPDX-License-Identifier: Apache-2.0
// Queries; each of them is one transaction, so it sees one moment of a ledger in use.
#include "daemon/ledger_reader.hpp"

#include "daemon/ledger_names.hpp"
#include "daemon/ledger_schema.hpp"

#include <array>

namespace mailprobed {
namespace {

using soci::into;
using soci::use;
using Number = long long;

/// A rule: rows that the condition selects break it.
struct Rule {
    const char* what;
    const char* query;
};

constexpr std::array kRules{
    Rule{"mails judged without a time of judgement",
         "SELECT COUNT(*) FROM mails WHERE verdict <> '' AND judged_ns = 0"},
    Rule{"mails without a verdict but with a time of judgement",
         "SELECT COUNT(*) FROM mails WHERE verdict = '' AND judged_ns <> 0"},
    Rule{"delivered mails whose interval of arrival is upside down",
         "SELECT COUNT(*) FROM mails WHERE verdict = 'delivered' AND lower_ns > upper_ns"},
    Rule{"delivered mails seen before they were started",
         "SELECT COUNT(*) FROM mails WHERE verdict = 'delivered' AND upper_ns < started_ns"},
    Rule{"delivered mails whose earliest arrival is after the deadline",
         "SELECT COUNT(*) FROM mails WHERE verdict = 'delivered' AND lower_ns > deadline_ns"},
    Rule{"failed submissions without stage and cause",
         "SELECT COUNT(*) FROM mails WHERE verdict = 'send_failed' AND (stage = '' OR cause = '')"},
    Rule{"mails of a run that is not recorded",
         "SELECT COUNT(*) FROM mails WHERE run NOT IN (SELECT run FROM runs)"},
    Rule{"judged mails of a probe without a state",
         "SELECT COUNT(*) FROM mails WHERE verdict <> '' AND probe NOT IN (SELECT probe FROM "
         "probes)"},
};

}  // namespace

struct LedgerReader::Impl {
    void evidence_of(LedgerMail& mail);

    soci::session sql;
};

void LedgerReader::Impl::evidence_of(LedgerMail& mail) {
    const auto key = static_cast<Number>(mail.mail);
    std::string kind;
    int copies = 0;
    soci::statement rows = (sql.prepare << "SELECT kind, SUM(copies) FROM evidence WHERE mail ="
                                           " :mail GROUP BY kind ORDER BY MIN(wall_ns)",
                            use(key), into(kind), into(copies));
    rows.execute();
    while (rows.fetch())
        mail.evidence.emplace_back(kind, copies);
}

LedgerReader::LedgerReader(const std::string& path) : impl_(std::make_unique<Impl>()) {
    open_ledger(impl_->sql, path, LedgerAccess::read);
}

LedgerReader::~LedgerReader() = default;

void LedgerReader::each(const LedgerQuery& query,
                        const std::function<void(const LedgerMail&)>& visit) {
    Number mail = 0;
    Number wall = 0;
    Number judged = 0;
    Number started = 0;
    Number lower = 0;
    Number upper = 0;
    int unmeasured = 0;
    int uncertain = 0;
    int at_risk = 0;
    LedgerMail row;
    const Number wanted = query.mail ? static_cast<Number>(*query.mail) : 0;
    const int any_mail = query.mail ? 0 : 1;
    const std::string order = query.newest_first ? " ORDER BY wall_ns DESC" : " ORDER BY wall_ns";
    const std::string limit = query.limit == 0 ? "" : " LIMIT " + std::to_string(query.limit);
    soci::statement rows =
        (impl_->sql.prepare << "SELECT mail, probe, wall_ns, attempt, progress, verdict, judged_ns,"
                               " stage, cause, detail, body, status_class, hops, started_ns,"
                               " lower_ns, upper_ns, unmeasured, deadline_uncertain, at_risk"
                               " FROM mails WHERE (:probe = '' OR probe = :same_probe)"
                               " AND (:any = 1 OR mail = :mail)"
                            << order << limit,
         into(mail), into(row.probe), into(wall), into(row.attempt), into(row.progress),
         into(row.verdict), into(judged), into(row.stage), into(row.cause), into(row.detail),
         into(row.body), into(row.status_class), into(row.hops), into(started), into(lower),
         into(upper), into(unmeasured), into(uncertain), into(at_risk), use(query.probe),
         use(query.probe), use(any_mail), use(wanted));
    rows.execute();
    while (rows.fetch()) {
        row.mail = static_cast<MailId>(mail);
        row.started = WallTime{Duration{wall}};
        row.judged.reset();
        row.round_trip.reset();
        row.uncertainty.reset();
        if (judged != 0) row.judged = WallTime{Duration{judged}};
        if (row.verdict == "delivered") {
            row.round_trip = Duration{upper - started};
            row.uncertainty = Duration{upper - lower};
        }
        row.unmeasured = unmeasured != 0;
        row.deadline_uncertain = uncertain != 0;
        row.at_risk = at_risk != 0;
        row.evidence.clear();
        impl_->evidence_of(row);
        visit(row);
    }
}

LedgerReport LedgerReader::verify() {
    LedgerReport report;
    soci::session& sql = impl_->sql;
    // All counts are of the same moment.
    soci::transaction moment(sql);
    std::string health;
    sql << "PRAGMA integrity_check(1)", into(health);
    if (health != "ok") report.problems.push_back("the file is damaged: " + health);
    Number mails = 0;
    Number verdicts = 0;
    sql << "SELECT COUNT(*) FROM mails", into(mails);
    report.mails = static_cast<std::uint64_t>(mails);
    std::string verdict;
    Number count = 0;
    soci::statement rows = (sql.prepare << "SELECT verdict, COUNT(*) FROM mails GROUP BY verdict",
                            into(verdict), into(count));
    rows.execute();
    while (rows.fetch()) {
        if (verdict.empty()) {
            report.pending = static_cast<std::uint64_t>(count);
        } else if (verdict_named(verdict)) {
            verdicts += count;
        } else {
            report.problems.push_back(std::to_string(count) + " mails with the unknown verdict " +
                                      verdict);
        }
    }
    report.verdicts = static_cast<std::uint64_t>(verdicts);
    for (const Rule& rule : kRules) {
        Number broken = 0;
        sql << rule.query, into(broken);
        if (broken != 0) report.problems.push_back(std::to_string(broken) + " " + rule.what);
    }
    return report;
}

}  // namespace mailprobed
