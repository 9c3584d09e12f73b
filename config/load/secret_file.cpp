// SPDX-License-Identifier: Apache-2.0
// Secrets as files, and the rules for what they hold.
#include "config/load/secret_file.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace mailprobed {

namespace {

constexpr std::size_t kMostBytes = 65'536;
constexpr std::size_t kMostPassword = 1'024;

std::string mode_text(mode_t mode) {
    std::array<char, 8> text{};
    std::snprintf(text.data(), text.size(), "%04o", static_cast<unsigned>(mode & 07777));
    return text.data();
}

std::optional<Complaint> read_all(int descriptor, std::size_t size, Secret& out) {
    std::string content(size, '\0');
    std::size_t have = 0;
    while (have < size) {
        const ssize_t count = ::read(descriptor, content.data() + have, size - have);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) {
            const int error = errno;
            wipe(content.data(), content.size());
            return Complaint{"cannot be read: " + std::generic_category().message(error),
                             "a readable file"};
        }
        if (count == 0) break;
        have += static_cast<std::size_t>(count);
    }
    content.resize(have);
    out = Secret(std::string(content));
    wipe(content.data(), content.size());
    return std::nullopt;
}

}  // namespace

std::optional<Complaint> read_secret_file(const std::string& path, ModeCheck check, Secret& out) {
    // Without O_NONBLOCK a FIFO would hold up the start for ever.
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) {
        const int error = errno;
        return Complaint{
            path_in_quotes(path) + " cannot be read: " + std::generic_category().message(error),
            "a file that this user can read"};
    }
    struct stat status{};
    std::optional<Complaint> complaint;
    if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
        complaint = Complaint{in_quotes(path) + " is not a regular file", "a file with the secret"};
    } else if (check == ModeCheck::owner_only && (status.st_mode & 077) != 0) {
        complaint = Complaint{
            in_quotes(path) + " has mode " + mode_text(status.st_mode) + ", others may read it",
            "mode 0600 or less: chmod 600 " + path};
    } else if (status.st_size > static_cast<off_t>(kMostBytes)) {
        complaint = Complaint{in_quotes(path) + " is too large", "at most 65536 bytes"};
    } else {
        complaint = read_all(descriptor, static_cast<std::size_t>(status.st_size), out);
    }
    ::close(descriptor);
    return complaint;
}

Secret without_newline(const Secret& secret) {
    std::string_view text = secret.reveal();
    if (text.ends_with('\n')) text.remove_suffix(1);
    if (text.size() < secret.reveal().size() && text.ends_with('\r')) text.remove_suffix(1);
    return Secret(std::string(text));
}

std::optional<Complaint> check_password(const Secret& secret) {
    if (secret.empty()) return Complaint{"is an empty password", "a password"};
    if (has_controls(secret.reveal())) {
        return Complaint{"holds a line break or another control character",
                         "the password alone, in one line"};
    }
    if (secret.reveal().size() > kMostPassword) {
        return Complaint{"is too long for a password", "at most 1024 bytes"};
    }
    return std::nullopt;
}

}  // namespace mailprobed
