// SPDX-License-Identifier: Apache-2.0
// Tables and their migrations. The SQL keeps to what SQLite and PostgreSQL share, but for the
// pragmas; texts are '' and numbers 0 where there is nothing to say.
#include "daemon/store/schema.hpp"

#include <array>
#include <filesystem>
#include <soci/sqlite3/soci-sqlite3.h>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace mailprobed {
namespace {

/// From nothing to version 1.
constexpr std::array kToVersion1{
    // The clocks of each run: instants are of the boot clock of the run's boot.
    "CREATE TABLE runs (run INTEGER NOT NULL PRIMARY KEY, boot_id VARCHAR(64) NOT NULL,"
    " boot_ns BIGINT NOT NULL, wall_ns BIGINT NOT NULL)",
    // BIGINT and not INTEGER: SQLite would keep the rows in the order of the random ids, and each
    // of a mail's updates would write another page; like this those under way share the last ones.
    "CREATE TABLE mails (mail BIGINT NOT NULL PRIMARY KEY, run BIGINT NOT NULL,"
    " probe VARCHAR(64) NOT NULL, attempt INTEGER NOT NULL, progress VARCHAR(16) NOT NULL,"
    " handed_attempt INTEGER NOT NULL, wall_ns BIGINT NOT NULL, started_ns BIGINT NOT NULL,"
    " handed_ns BIGINT NOT NULL, deadline_ns BIGINT NOT NULL, grace_end_ns BIGINT NOT NULL,"
    " body_digest BIGINT NOT NULL, stage VARCHAR(16) NOT NULL, cause VARCHAR(32) NOT NULL,"
    " detail TEXT NOT NULL, verdict VARCHAR(16) NOT NULL, judged_ns BIGINT NOT NULL,"
    " lower_ns BIGINT NOT NULL, upper_ns BIGINT NOT NULL, body VARCHAR(16) NOT NULL,"
    " status_class VARCHAR(16) NOT NULL, unmeasured INTEGER NOT NULL,"
    " deadline_uncertain INTEGER NOT NULL, hops TEXT NOT NULL, refused INTEGER NOT NULL,"
    " arrived INTEGER NOT NULL, bounced INTEGER NOT NULL, arrived_attempt INTEGER NOT NULL,"
    " duplicates INTEGER NOT NULL, removed INTEGER NOT NULL, removed_entry BIGINT NOT NULL,"
    " at_risk INTEGER NOT NULL, exact INTEGER NOT NULL, again_ns BIGINT NOT NULL,"
    " absent INTEGER NOT NULL)",
    "CREATE INDEX mails_pending ON mails (wall_ns) WHERE verdict = ''",
    "CREATE INDEX mails_judged ON mails (judged_ns) WHERE verdict <> ''",
    "CREATE TABLE evidence (mail BIGINT NOT NULL, kind VARCHAR(16) NOT NULL,"
    " probe VARCHAR(64) NOT NULL, attempt INTEGER NOT NULL, copies INTEGER NOT NULL,"
    " wall_ns BIGINT NOT NULL, PRIMARY KEY (mail, kind, attempt))",
    // mailbox is what mailbox_text() says; where early versions wrote the name of an account, the
    // rows fit no mailbox and are taken out at the next start. Entries of ours (attempt <> 0) are
    // no longer written.
    "CREATE TABLE entries (mailbox VARCHAR(64) NOT NULL, entry BIGINT NOT NULL,"
    " mail BIGINT NOT NULL, probe_id BIGINT NOT NULL, attempt INTEGER NOT NULL,"
    " PRIMARY KEY (mailbox, entry))",
    "CREATE TABLE probes (probe VARCHAR(64) NOT NULL PRIMARY KEY, last_started_ns BIGINT NOT NULL,"
    " last_delivered_ns BIGINT NOT NULL, last_verdict_ns BIGINT NOT NULL,"
    " last_round_trip_ns BIGINT NOT NULL, last_uncertainty_ns BIGINT NOT NULL,"
    " bad_streak BIGINT NOT NULL, recent_bad INTEGER NOT NULL)",
};

/// Details for people, and the order in which they are asked for. Rows that tell of details live
/// until `until_ns`, Unix time.
constexpr std::array kToVersion2{
    "CREATE TABLE attempts (mail BIGINT NOT NULL, attempt INTEGER NOT NULL,"
    " wall_ns BIGINT NOT NULL, took_ns BIGINT NOT NULL, conversation TEXT NOT NULL,"
    " until_ns BIGINT NOT NULL, PRIMARY KEY (mail, attempt))",
    // 0 in rows of version 1.
    "ALTER TABLE mails ADD COLUMN mailbox BIGINT NOT NULL DEFAULT 0",
    "CREATE INDEX attempts_until ON attempts (until_ns)",
    "CREATE TABLE looks (mail BIGINT NOT NULL PRIMARY KEY, looks TEXT NOT NULL,"
    " until_ns BIGINT NOT NULL)",
    "CREATE INDEX looks_until ON looks (until_ns)",
    "CREATE INDEX mails_of_probe ON mails (probe, wall_ns, verdict)",
    "CREATE INDEX mails_by_start ON mails (wall_ns)",
};

/// What instants of another boot, mails of another key and runs of another daemon are told by.
constexpr std::array kToVersion3{
    // What tags of the run say of it; 0 for runs of earlier versions, whose tags do not.
    "ALTER TABLE runs ADD COLUMN tag_run BIGINT NOT NULL DEFAULT 0",
    // boot_ns and wall_ns are the newest reading of the clocks from here on, and this counts them.
    "ALTER TABLE runs ADD COLUMN readings BIGINT NOT NULL DEFAULT 0",
    // Earlier versions kept the first; a pending mail tells of a later one.
    "UPDATE runs SET wall_ns = boot_ns + (SELECT m.wall_ns - m.started_ns FROM mails m"
    " WHERE m.run = runs.run AND m.verdict = '' AND m.exact = 1 ORDER BY m.wall_ns DESC LIMIT 1)"
    " WHERE EXISTS (SELECT 1 FROM mails m WHERE m.run = runs.run AND m.verdict = ''"
    " AND m.exact = 1)",
    // Of the key that the tag was made with; 0 in rows of earlier versions: believed to be the
    // present one.
    "ALTER TABLE mails ADD COLUMN tag_key BIGINT NOT NULL DEFAULT 0",
};

/// What bodies of earlier attempts are compared with.
constexpr std::array kToVersion4{
    // Numbers from the first attempt on, a blank between them; 0 where one is unknown.
    "ALTER TABLE mails ADD COLUMN earlier_digests TEXT NOT NULL DEFAULT ''",
};

/// Stages have the same names for all protocols.
constexpr std::array kToVersion5{
    "UPDATE mails SET stage = 'hello' WHERE stage = 'capa'",
    "UPDATE mails SET stage = 'starttls' WHERE stage = 'stls'",
    "UPDATE mails SET stage = 'headers' WHERE stage = 'top'",
    "UPDATE mails SET stage = 'body' WHERE stage = 'retr'",
    "UPDATE mails SET stage = 'remove' WHERE stage = 'dele'",
};

constexpr std::array<std::span<const char* const>, kLedgerVersion> kMigrations{
    std::span<const char* const>(kToVersion1), std::span<const char* const>(kToVersion2),
    std::span<const char* const>(kToVersion3), std::span<const char* const>(kToVersion4),
    std::span<const char* const>(kToVersion5)};

int version_of(soci::session& sql) {
    int tables = 0;
    sql << "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'",
        soci::into(tables);
    if (tables == 0) return 0;
    int version = 0;
    sql << "SELECT version FROM schema_version", soci::into(version);
    return version;
}

/// True of a statement that adds a column which is there already: in a file that an older program
/// had in hands after a newer one.
bool is_done(soci::session& sql, const std::string& statement) {
    constexpr std::string_view kAlter = "ALTER TABLE ";
    constexpr std::string_view kAdd = " ADD COLUMN ";
    const std::size_t add = statement.find(kAdd);
    if (!statement.starts_with(kAlter) || add == std::string::npos) return false;
    const std::string table = statement.substr(kAlter.size(), add - kAlter.size());
    const std::size_t name = add + kAdd.size();
    const std::string column = statement.substr(name, statement.find(' ', name) - name);
    int found = 0;
    sql << "SELECT COUNT(*) FROM pragma_table_info('" + table + "') WHERE name = '" + column + "'",
        soci::into(found);
    return found > 0;
}

void migrate(soci::session& sql, int from) {
    soci::transaction all_or_nothing(sql);
    if (from == 0) {
        sql << "CREATE TABLE schema_version (version INTEGER NOT NULL)";
        sql << "INSERT INTO schema_version (version) VALUES (0)";
    }
    for (int version = from; version < kLedgerVersion; ++version) {
        for (const char* statement : kMigrations.at(static_cast<std::size_t>(version))) {
            if (!is_done(sql, statement)) sql << statement;
        }
    }
    sql << "UPDATE schema_version SET version = " << kLedgerVersion;
    all_or_nothing.commit();
}

}  // namespace

void give_up_when(soci::session& sql, std::function<bool()>& given_up) {
    // A fraction of a millisecond of work.
    constexpr int kSteps = 10'000;
    // Not a dynamic_cast: the library does not export the type information.
    auto& backend = static_cast<soci::sqlite3_session_backend&>(*sql.get_backend());
    sqlite_api::sqlite3_progress_handler(
        backend.conn_, kSteps,
        [](void* ask) { return (*static_cast<std::function<bool()>*>(ask))() ? 1 : 0; }, &given_up);
}

void open_ledger(soci::session& sql, const std::string& path, LedgerAccess access) {
    if (access == LedgerAccess::read && !std::filesystem::exists(path)) {
        throw std::runtime_error("there is no ledger at " + path);
    }
    std::string parameters = "dbname=\"" + path + "\" timeout=5";
    if (access == LedgerAccess::read) parameters += " readonly=true";
    sql.open(soci::sqlite3, parameters);
    if (access == LedgerAccess::write) {
        std::string mode;
        sql << "PRAGMA journal_mode = WAL", soci::into(mode);
        // A commit is on the disk before anybody hears of it.
        sql << "PRAGMA synchronous = FULL";
    }
    const int version = version_of(sql);
    if (version > kLedgerVersion) {
        throw std::runtime_error("the ledger " + path + " has version " + std::to_string(version) +
                                 ", this program knows version " + std::to_string(kLedgerVersion) +
                                 "; use the newer program, or move the file away");
    }
    if (version == kLedgerVersion) return;
    if (access == LedgerAccess::read) {
        throw std::runtime_error("the ledger " + path + " is empty or of an old version; the " +
                                 "daemon brings it up to date when it starts");
    }
    migrate(sql, version);
}

}  // namespace mailprobed
