// SPDX-License-Identifier: Apache-2.0
// What is done with the files of an open ledger that somebody else may have moved.
#pragma once

#include <cstdint>
#include <optional>
#include <soci/soci.h>
#include <string>
#include <vector>

namespace mailprobed {

/// What tells a file from another one that stands in its place.
struct FileIdentity {
    std::uint64_t device = 0;
    std::uint64_t number = 0;
    friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

/// The file at `path`; nothing if there is none.
[[nodiscard]] std::optional<FileIdentity> file_at(const std::string& path);

/// The files of an open ledger as they were when it was opened.
class LedgerFiles {
  public:
    /// Those of the ledger that `sql` opened at `path` just now.
    LedgerFiles(soci::session& sql, std::string path);

    /// True if one of them is no longer where it was: removed, or another file stands there. Throws
    /// nothing.
    [[nodiscard]] bool displaced();

  private:
    soci::session& sql_;
    std::string path_;
    /// The database, its log and the index of that; the latter two come with the first record.
    std::vector<std::optional<FileIdentity>> files_;
    bool displaced_ = false;
};

/// Sees to it that closing `sql` removes no file: what stands at the paths may be another ledger's.
void leave_files(soci::session& sql);

/// Writes all that the open ledger holds to a new file at `path`, complete or not at all. Throws.
void copy_ledger(soci::session& sql, const std::string& path);

/// Brings the ledger at `path` into one file. Throws.
void close_cleanly(const std::string& path);

}  // namespace mailprobed
