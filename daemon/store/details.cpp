// SPDX-License-Identifier: Apache-2.0
// Rows carry the time they may go, so that pruning asks one index and no other table.
#include "daemon/store/details.hpp"

namespace mailprobed {
namespace {

using soci::use;
using Number = long long;

Number number(WallTime at) noexcept {
    return at.time_since_epoch().count();
}

/// Rows deleted at once: the writer has other work.
constexpr int kAtOnce = 500;

}  // namespace

struct LedgerDetails::Impl {
    explicit Impl(soci::session& on) : sql(on) {}

    void apply(const AttemptDetails& record) {
        mail = static_cast<Number>(record.mail);
        attempt = record.attempt;
        wall = number(record.began);
        took = record.took.count();
        text = record.conversation;
        until = number(record.until);
        attempts.execute(true);
    }

    void apply(const LookDetails& record) {
        mail = static_cast<Number>(record.mail);
        text = record.looks;
        until = number(record.until);
        looks.execute(true);
    }

    void apply(const KeepDetails& record) {
        mail = static_cast<Number>(record.mail);
        until = number(record.until);
        keep.execute(true);
    }

    bool prune(const char* table, WallTime now) {
        const Number limit = number(now);
        // A mail may wait for its verdict longer than details of good ones are kept.
        soci::statement old =
            (sql.prepare << "DELETE FROM " << table << " WHERE mail IN (SELECT mail FROM " << table
                         << " WHERE until_ns < :now AND mail NOT IN (SELECT mail FROM mails WHERE"
                            " verdict = '') LIMIT "
                         << kAtOnce << ") AND until_ns < :again",
             use(limit), use(limit));
        old.execute(true);
        return old.get_affected_rows() < kAtOnce;
    }

    soci::session& sql;
    Number mail = 0, wall = 0, took = 0, until = 0;
    int attempt = 1;
    std::string text;

    soci::statement attempts{
        (sql.prepare << "INSERT INTO attempts VALUES (:mail, :attempt, :wall, :took, :text, :until)"
                        " ON CONFLICT (mail, attempt) DO NOTHING",
         use(mail), use(attempt), use(wall), use(took), use(text), use(until))};
    soci::statement looks{(sql.prepare << "INSERT INTO looks VALUES (:mail, :text, :until)"
                                          " ON CONFLICT (mail) DO NOTHING",
                           use(mail), use(text), use(until))};
    soci::statement keep{(sql.prepare << "UPDATE attempts SET until_ns = :until WHERE mail = :mail",
                          use(until), use(mail))};
};

LedgerDetails::LedgerDetails(soci::session& sql) : impl_(std::make_unique<Impl>(sql)) {}

LedgerDetails::~LedgerDetails() = default;

void LedgerDetails::write(const DetailRecord& record) {
    std::visit([this](const auto& one) { impl_->apply(one); }, record);
}

bool LedgerDetails::prune(WallTime now) {
    const bool attempts = impl_->prune("attempts", now);
    const bool looks = impl_->prune("looks", now);
    return attempts && looks;
}

}  // namespace mailprobed
