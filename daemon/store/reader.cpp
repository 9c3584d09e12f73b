// SPDX-License-Identifier: Apache-2.0
// Queries; each of them is one transaction, so it sees one moment of a ledger in use.
#include "daemon/store/reader.hpp"

#include "daemon/store/names.hpp"
#include "daemon/store/schema.hpp"

#include <algorithm>
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

std::string quoted_list(const std::vector<std::string>& words) {
    std::string list;
    for (const std::string& word : words) {
        // Only words that are known: nothing else may become part of a statement.
        if (!word.empty() && !verdict_named(word)) continue;
        list += (list.empty() ? "'" : ", '") + word + "'";
    }
    return list;
}

/// Everything behind FROM.
std::string conditions(const LedgerQuery& query) {
    std::string text;
    const auto add = [&text](const std::string& condition) {
        text += (text.empty() ? " WHERE " : " AND ") + condition;
    };
    const auto ns = [](WallTime at) { return std::to_string(at.time_since_epoch().count()); };
    if (query.mail) add("mail = " + std::to_string(static_cast<Number>(*query.mail)));
    // Either way there is something to bind, and an index can be used.
    add(query.probe.empty() ? ":probe = ''" : "probe = :probe");
    if (!query.verdicts.empty()) add("verdict IN (" + quoted_list(query.verdicts) + ")");
    if (query.from) add("wall_ns >= " + ns(*query.from));
    if (query.before) add("wall_ns < " + ns(*query.before));
    text += query.newest_first ? " ORDER BY wall_ns DESC" : " ORDER BY wall_ns";
    if (query.limit != 0) text += " LIMIT " + std::to_string(query.limit);
    return text;
}

}  // namespace

double VerdictCount::ratio() const noexcept {
    if (delivered == 0 || delivered == mails) return delivered == 0 ? 0 : 1;
    constexpr double kLeast = 0.000001;
    return std::clamp(static_cast<double>(delivered) / static_cast<double>(mails), kLeast,
                      1 - kLeast);
}

struct LedgerReader::Impl {
    void evidence_of(LedgerMail& mail);
    void texts(const std::string& query, const std::string& probe, std::vector<std::string>& out);

    std::function<bool()> given_up;
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

void LedgerReader::Impl::texts(const std::string& query, const std::string& probe,
                               std::vector<std::string>& out) {
    std::string text;
    soci::statement rows = (sql.prepare << query, use(probe), into(text));
    rows.execute();
    while (rows.fetch())
        out.push_back(text);
}

LedgerReader::LedgerReader(const std::string& path, std::function<bool()> given_up)
    : impl_(std::make_unique<Impl>()) {
    open_ledger(impl_->sql, path, LedgerAccess::read);
    impl_->given_up = std::move(given_up);
    if (impl_->given_up) give_up_when(impl_->sql, impl_->given_up);
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
    Number handed = 0;
    Number deadline = 0;
    soci::statement rows =
        (impl_->sql.prepare << "SELECT mail, probe, wall_ns, attempt, progress, verdict, judged_ns,"
                               " stage, cause, detail, body, status_class, hops, started_ns,"
                               " lower_ns, upper_ns, unmeasured, deadline_uncertain, at_risk,"
                               " handed_ns, deadline_ns FROM mails"
                            << conditions(query),
         into(mail), into(row.probe), into(wall), into(row.attempt), into(row.progress),
         into(row.verdict), into(judged), into(row.stage), into(row.cause), into(row.detail),
         into(row.body), into(row.status_class), into(row.hops), into(started), into(lower),
         into(upper), into(unmeasured), into(uncertain), into(at_risk), into(handed),
         into(deadline), use(query.probe));
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
        row.deadline = row.started + Duration{deadline - started};
        row.handed.reset();
        // The ledger dates what was never handed over by its start.
        if (handed > started) row.handed = row.started + Duration{handed - started};
        if (query.with_evidence) impl_->evidence_of(row);
        visit(row);
    }
}

std::vector<PastAttempt> LedgerReader::attempts(MailId mail) {
    std::vector<PastAttempt> result;
    const auto key = static_cast<Number>(mail);
    PastAttempt row;
    Number began = 0;
    Number took = 0;
    soci::statement rows =
        (impl_->sql.prepare << "SELECT attempt, wall_ns, took_ns, conversation FROM attempts"
                               " WHERE mail = :mail ORDER BY attempt",
         use(key), into(row.attempt), into(began), into(took), into(row.conversation));
    rows.execute();
    while (rows.fetch()) {
        row.began = WallTime{Duration{began}};
        row.took = Duration{took};
        result.push_back(row);
    }
    return result;
}

std::string LedgerReader::looks(MailId mail) {
    const auto key = static_cast<Number>(mail);
    std::string text;
    impl_->sql << "SELECT looks FROM looks WHERE mail = :mail", use(key), into(text);
    return text;
}

NewestDetails LedgerReader::newest_details(const std::string& probe, std::uint32_t count) {
    NewestDetails result;
    const std::string newest =
        " WHERE mail IN (SELECT mail FROM mails WHERE probe = :probe"
        " ORDER BY wall_ns DESC LIMIT " +
        std::to_string(count) + ")";
    impl_->texts("SELECT conversation FROM attempts" + newest, probe, result.conversations);
    impl_->texts("SELECT looks FROM looks" + newest, probe, result.looks);
    return result;
}

VerdictCount LedgerReader::verdicts(const std::string& probe, WallTime from) {
    VerdictCount result;
    const Number since = from.time_since_epoch().count();
    Number mails = 0;
    Number delivered = 0;
    impl_->sql << "SELECT COUNT(*), COALESCE(SUM(CASE WHEN verdict = 'delivered' THEN 1 ELSE 0"
                  " END), 0) FROM mails WHERE probe = :probe AND wall_ns >= :since AND"
                  " verdict <> ''",
        use(probe), use(since), into(mails), into(delivered);
    result.mails = static_cast<std::uint64_t>(mails);
    result.delivered = static_cast<std::uint64_t>(delivered);
    return result;
}

std::optional<WallTime> LedgerReader::state_since(const std::string& probe, bool up) {
    const std::string good = "verdict = 'delivered'";
    const std::string bad = "verdict NOT IN ('', 'delivered')";
    Number before = 0;
    Number since = 0;
    impl_->sql << "SELECT wall_ns FROM mails WHERE probe = :probe AND " << (up ? bad : good)
               << " ORDER BY wall_ns DESC LIMIT 1",
        use(probe), into(before);
    impl_->sql << "SELECT judged_ns FROM mails WHERE probe = :probe AND wall_ns > :before AND "
               << (up ? good : bad) << " ORDER BY wall_ns LIMIT 1",
        use(probe), use(before), into(since);
    if (since == 0) return std::nullopt;
    return WallTime{Duration{since}};
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
