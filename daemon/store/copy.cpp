// SPDX-License-Identifier: Apache-2.0
// SQLite goes on reading and writing files that have no name any more, and says nothing of it.
#include "daemon/store/copy.hpp"

#include "daemon/store/schema.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <soci/sqlite3/soci-sqlite3.h>
#include <stdexcept>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace mailprobed {
namespace {

void file_control(soci::session& sql, int what, int& value) {
    auto& backend = static_cast<soci::sqlite3_session_backend&>(*sql.get_backend());
    sqlite_api::sqlite3_file_control(backend.conn_, "main", what, &value);
}

void sync(const std::string& path, int flags) {
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
    const bool synced = fd >= 0 && ::fsync(fd) == 0;
    const int error = errno;
    if (fd >= 0) ::close(fd);
    if (!synced) throw std::runtime_error("cannot sync " + path + ": " + std::strerror(error));
}

std::string quoted(const std::string& text) {
    std::string result = "'";
    for (const char c : text)
        result += c == '\'' ? "''" : std::string(1, c);
    return result + "'";
}

}  // namespace

std::optional<FileIdentity> file_at(const std::string& path) {
    struct stat found{};
    if (::stat(path.c_str(), &found) != 0) return std::nullopt;
    return FileIdentity{found.st_dev, found.st_ino};
}

LedgerFiles::LedgerFiles(soci::session& sql, std::string path) : sql_(sql), path_(std::move(path)) {
    for (const char* suffix : {"", "-wal", "-shm"})
        files_.push_back(file_at(path_ + suffix));
}

bool LedgerFiles::displaced() {
    if (displaced_) return true;
    int moved = 0;
    file_control(sql_, SQLITE_FCNTL_HAS_MOVED, moved);
    displaced_ = moved != 0;
    std::size_t i = 0;
    for (const char* suffix : {"", "-wal", "-shm"}) {
        const std::optional<FileIdentity> now = file_at(path_ + suffix);
        std::optional<FileIdentity>& before = files_[i++];
        if (!before) {
            before = now;
        } else if (now != before) {
            displaced_ = true;
        }
    }
    return displaced_;
}

void leave_files(soci::session& sql) {
    int yes = 1;
    file_control(sql, SQLITE_FCNTL_PERSIST_WAL, yes);
}

void copy_ledger(soci::session& sql, const std::string& path) {
    const std::string draft = path + ".draft";
    std::filesystem::remove(draft);
    sql << "VACUUM INTO " + quoted(draft);
    sync(draft, O_RDWR);
    std::filesystem::rename(draft, path);
    sync(std::filesystem::path(path).parent_path(), O_RDONLY | O_DIRECTORY);
}

void close_cleanly(const std::string& path) {
    soci::session sql;
    open_ledger(sql, path, LedgerAccess::write);
    // In this mode there are no further files.
    std::string mode;
    sql << "PRAGMA journal_mode = DELETE", soci::into(mode);
}

}  // namespace mailprobed
