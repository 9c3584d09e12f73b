// SPDX-License-Identifier: Apache-2.0
// Instants of this boot are taken as they are; those of another boot go by way of Unix time. A boot
// that has no identity is no other's: a sandbox may hide it, and then "" would equal "".
#include "daemon/store/runs.hpp"

#include "probes/domain/ledger/wall_watch.hpp"

#include <algorithm>
#include <utility>

namespace mailprobed {
namespace {

using soci::into;
using soci::use;
using Number = long long;

Number number(Instant at) noexcept {
    return at.time_since_epoch().count();
}

Number number(WallTime at) noexcept {
    return at.time_since_epoch().count();
}

/// The newest that a ledger knows of the clocks of a boot.
struct Clocks {
    Number boot = 0;
    Number wall = 0;
    /// No instant that was read in the boot is newer.
    Number newest = 0;

    /// Another run of the same boot.
    void take(const Clocks& other) {
        newest = std::max(newest, other.newest);
        if (other.boot < boot) return;
        boot = other.boot;
        wall = other.wall;
    }
    [[nodiscard]] Duration offset() const { return Duration{wall - boot}; }
};

struct Run {
    Number run = 0;
    std::string boot_id;
    Clocks clocks;
};

/// The kernel writes identities with hyphens, systemd without.
std::string bare(std::string boot_id) {
    std::erase(boot_id, '-');
    return boot_id;
}

/// In their order.
std::vector<Run> runs_of(soci::session& sql, Number own) {
    std::vector<Run> result;
    Run row;
    soci::statement rows =
        (sql.prepare << "SELECT run, boot_id, boot_ns, wall_ns FROM runs"
                        " WHERE run <> :own ORDER BY run",
         use(own), into(row.run), into(row.boot_id), into(row.clocks.boot), into(row.clocks.wall));
    rows.execute();
    while (rows.fetch()) {
        row.clocks.newest = row.clocks.boot;
        row.boot_id = bare(std::move(row.boot_id));
        result.push_back(row);
    }
    Number run = 0;
    Number started = 0;
    soci::statement mails =
        (sql.prepare << "SELECT run, MAX(started_ns) FROM mails WHERE verdict = '' GROUP BY run",
         into(run), into(started));
    mails.execute();
    while (mails.fetch()) {
        const auto found = std::ranges::find(result, run, &Run::run);
        if (found == result.end()) continue;
        found->clocks.newest = std::max(found->clocks.newest, started);
    }
    return result;
}

Conversion conversion_of(const Clocks& clocks, bool same_id, const ClockReading& now) {
    Conversion result;
    const Duration offset = now.wall.time_since_epoch() - now.boot.time_since_epoch();
    const Duration moved = clocks.offset() - offset;
    // The clock of a boot does not go back: where it seems to, as in a machine that was put back to
    // a snapshot, it is another boot's whatever it is called.
    result.same_boot = same_id && now.boot.time_since_epoch().count() >= clocks.newest;
    result.steady = moved <= WallWatch::kStep && moved >= -WallWatch::kStep;
    // The same moment of Unix time, however long the machine was off between.
    if (!result.same_boot) result.shift = moved;
    return result;
}

}  // namespace

LedgerRun::LedgerRun(soci::session& sql, const ClockReading& start, std::uint32_t tag_run)
    : boot_(number(start.boot)), wall_(number(start.wall)) {
    Number last = 0;
    sql << "SELECT COALESCE(MAX(run), 0) FROM runs", into(last);
    number_ = last + 1;
    Number named = tag_run;
    sql << "INSERT INTO runs (run, boot_id, boot_ns, wall_ns, tag_run, readings)"
           " VALUES (:r, :i, :b, :w, :t, :n)",
        use(number_), use(start.boot_id), use(boot_), use(wall_), use(named), use(readings_);
    update_.emplace((sql.prepare << "UPDATE runs SET boot_ns = :b, wall_ns = :w, readings = :n"
                                    " WHERE run = :r",
                     use(boot_), use(wall_), use(readings_), use(number_)));
}

void LedgerRun::read(const ClockRecord& clocks) {
    boot_ = number(clocks.boot);
    wall_ = number(clocks.wall);
    ++readings_;
    update_->execute(true);
}

std::map<Number, Conversion> conversions(soci::session& sql, const ClockReading& now, Number own) {
    const std::vector<Run> runs = runs_of(sql, own);
    const std::string here = bare(now.boot_id);
    std::map<std::string, Clocks> boots;
    for (const Run& run : runs) {
        const auto [boot, first] = boots.try_emplace(run.boot_id, run.clocks);
        if (!first) boot->second.take(run.clocks);
    }
    // What was recorded last, not the greatest: a clock that was ahead for once is forgotten.
    const bool behind = !runs.empty() && number(now.wall) < runs.back().clocks.wall;
    std::map<Number, Conversion> result;
    for (const Run& run : runs) {
        const bool named = !run.boot_id.empty();
        Conversion conversion = conversion_of(named ? boots[run.boot_id] : run.clocks,
                                              named && run.boot_id == here, now);
        conversion.impossible = behind && !conversion.same_boot;
        result.emplace(run.run, conversion);
    }
    return result;
}

std::optional<WallTime> newest_reading(soci::session& sql, Number own) {
    const std::vector<Run> runs = runs_of(sql, own);
    if (runs.empty()) return std::nullopt;
    return WallTime{Duration{runs.back().clocks.wall}};
}

std::vector<RestoredRun> load_runs(soci::session& sql, Number own) {
    std::vector<RestoredRun> result;
    Number tag_run = 0;
    Number wall = 0;
    soci::statement rows =
        (sql.prepare << "SELECT tag_run, wall_ns FROM runs WHERE run <> :own AND tag_run <> 0",
         use(own), into(tag_run), into(wall));
    rows.execute();
    while (rows.fetch())
        result.push_back({static_cast<std::uint32_t>(tag_run), WallTime{Duration{wall}}});
    return result;
}

bool knows_reading(soci::session& sql, std::uint32_t tag_run, std::uint64_t readings) {
    Number run = tag_run;
    auto least = static_cast<Number>(readings);
    int found = 0;
    sql << "SELECT COUNT(*) FROM runs WHERE tag_run = :run AND readings >= :least", use(run),
        use(least), into(found);
    return found > 0;
}

}  // namespace mailprobed
