// SPDX-License-Identifier: Apache-2.0
// Where the ledger is kept, and the lock that keeps a second daemon away from it.
#pragma once

#include <stdexcept>
#include <string>

namespace mailprobed {

/// The database file below a state directory: ledger.db, or the newest that a run had to make
/// because that was taken from it.
[[nodiscard]] std::string ledger_path(const std::string& state_directory);

/// The path of a ledger that is made because the one of `state_directory` was taken away.
[[nodiscard]] std::string recovered_ledger_path(const std::string& state_directory);

/// Makes the newest recovered ledger of `state_directory`, if there is one, its ledger.db again.
/// What stood there gets another name; returns what people must be told of it, empty if nothing
/// was to be done. To be called with the lock held.
[[nodiscard]] std::string adopt_recovered_ledger(const std::string& state_directory);

/// Another daemon uses the ledger.
class LedgerInUse : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Holds the ledger of a state directory for one process, until destroyed or the process ends.
class LedgerLock {
  public:
    /// Throws LedgerInUse, or as throw_file_error() does if the directory cannot be written to. A
    /// file system that is read-only for now is no reason: see complete().
    explicit LedgerLock(const std::string& state_directory);
    LedgerLock(const LedgerLock&) = delete;
    LedgerLock& operator=(const LedgerLock&) = delete;
    ~LedgerLock();

    /// To be called before the ledger is written to: does what a read-only file system refused.
    /// Throws while it still refuses, and LedgerInUse if another daemon was there first.
    void complete();

  private:
    void take();
    [[noreturn]] void refuse(int error) const;

    std::string directory_;
    std::string path_;
    int fd_ = -1;
    bool complete_ = true;
};

}  // namespace mailprobed
