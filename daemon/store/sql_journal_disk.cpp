// SPDX-License-Identifier: Apache-2.0
// A file that took the ledger's place is somebody else's: it is read by nobody here, and never
// written to.
#include "daemon/store/sql_journal_disk.hpp"

#include "daemon/store/load.hpp"
#include "daemon/store/mark.hpp"
#include "daemon/store/sql_journal_damage.hpp"
#include "probes/net/boot_clock.hpp"

#include <stdexcept>
#include <utility>

namespace mailprobed {
namespace {

constexpr std::chrono::hours kPruneEvery{1};
/// Three calls of stat(); records follow each other faster.
constexpr std::chrono::seconds kLookEvery{1};

/// It is a file that is written anew.
constexpr std::chrono::seconds kMarkEvery{10};

constexpr const char* kRolledBack =
    "the ledger is older than the last run of mailprobed: a copy was put in its place";

}  // namespace

LedgerDisk::LedgerDisk(JournalPlace place)
    : place_(std::move(place)), lock_(place_.state_directory) {}

void LedgerDisk::tell(const std::string& what) {
    if (what.empty()) return;
    notice_ += (notice_.empty() ? "" : "; ") + what;
}

std::string LedgerDisk::take_notice() {
    return std::exchange(notice_, {});
}

void LedgerDisk::open() {
    lock_.complete();
    std::string path = recovered_;
    if (path.empty()) {
        if (!opened_ && !damaged_) tell(adopt_recovered_ledger(place_.state_directory));
        path = ledger_path(place_.state_directory);
    }
    if (opened_ && !damaged_ && recovered_.empty() && file_at(path) != file_) {
        // What it held cannot be read any more; only what came since is kept.
        displaced_ = replaced_ = true;
        path = recovered_ = recovered_ledger_path(place_.state_directory);
        tell("the ledger in " + place_.state_directory +
             " was removed or replaced while the disk failed; what came since is now in " +
             recovered_ + ", which the next start makes the ledger");
    }
    const bool fresh = damaged_;
    if (damaged_) tell("the ledger was damaged and is now " + set_ledger_aside(path));
    damaged_ = false;
    writer_ = std::make_unique<LedgerWriter>(path, read_clocks(), place_.run);
    file_ = file_at(path);
    if (!std::exchange(opened_, true)) compare_mark(fresh);
    keep_mark(BootClock::now());
}

void LedgerDisk::compare_mark(bool fresh) {
    const std::optional<LedgerMark> mark = read_ledger_mark(place_.state_directory);
    if (!mark || fresh || writer_->knows(mark->run, mark->readings)) return;
    rolled_back_ = true;
    tell(std::string(kRolledBack) +
         "; mails that it calls open are unobserved, for they may have got their verdict");
}

LedgerDisk::~LedgerDisk() {
    keep_mark(Instant::max());
}

void LedgerDisk::keep_mark(Instant now) {
    if (place_.run == 0 || !writer_ || now < next_mark_ || marked_ == writer_->readings()) return;
    next_mark_ = now == Instant::max() ? now : now + kMarkEvery;
    marked_ = writer_->readings();
    write_ledger_mark(place_.state_directory, {place_.run, marked_});
}

void LedgerDisk::trouble(const std::exception& what) {
    error_ = what.what();
    writer_.reset();
    // A new ledger that works is worth more than an old one that does not; the old one stays for
    // people to look at.
    damaged_ = is_damage(error_);
}

void LedgerDisk::mind_place() {
    const Instant now = BootClock::now();
    if (!writer_ || replaced_ || now < next_look_) return;
    next_look_ = now + kLookEvery;
    if (!displaced_ && !writer_->displaced()) return;
    displaced_ = true;
    replace();
}

void LedgerDisk::replace() {
    if (recovered_.empty()) recovered_ = recovered_ledger_path(place_.state_directory);
    writer_->copy_to(recovered_);
    abandoned_ = std::move(writer_);
    replaced_ = true;
    tell("the ledger's files in " + place_.state_directory +
         " were removed or replaced while mailprobed runs; all that it held is now in " +
         recovered_ + ", which the next start makes the ledger again");
}

bool LedgerDisk::write(const std::vector<QueuedRecord>& group) {
    static_cast<void>(wall_.read(BootClock::now(), wall_now()));
    try {
        mind_place();
    } catch (const std::exception& what) {
        // The old one stays open: it alone still has what is to be kept.
        error_ = "the ledger was removed or replaced, and a new one cannot be made: " +
                 std::string(what.what());
        return false;
    }
    for (const bool second_try : {false, true}) {
        try {
            if (!writer_) open();
            if (!group.empty()) writer_->write(group);
            keep_mark(BootClock::now());
            return true;
        } catch (const std::exception& what) {
            trouble(what);
            if (!damaged_ || second_try) break;
        }
    }
    return false;
}

std::optional<RestoredState> LedgerDisk::load() {
    std::optional<RestoredState> result;
    const std::vector<QueuedRecord> nothing;
    if (write(nothing)) {
        try {
            result = writer_->load(place_.evidence);
        } catch (const std::exception& what) {
            trouble(what);
            if (damaged_) static_cast<void>(write(nothing));
        }
    }
    if (!writer_) {
        try {
            result =
                load_unwritten(ledger_path(place_.state_directory), read_clocks(), place_.evidence);
        } catch (const std::exception&) {
            // What cannot be written to often cannot be read either: `error_` says it all.
            result.reset();
        }
    }
    if (!result || !rolled_back_) return result;
    for (MailState& mail : result->pending) {
        mail.doubt = kRolledBack;
        // Further attempts may have been made since.
        if (mail.progress == Progress::retry) mail.progress = Progress::unconfirmed;
    }
    return result;
}

void LedgerDisk::prune() {
    const Instant now = BootClock::now();
    if (now < next_prune_ || !writer_) return;
    // What a clock says that was just set, or that nobody has watched, deletes nothing.
    const std::optional<WallTime> wall = wall_.sure();
    if (!wall) return;
    try {
        const bool done = writer_->prune(*wall - place_.history, *wall);
        next_prune_ = done ? now + kPruneEvery : now;
    } catch (const std::exception&) {
        // The next write will say so.
        next_prune_ = now + kPruneEvery;
    }
}

}  // namespace mailprobed
