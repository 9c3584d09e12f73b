// SPDX-License-Identifier: Apache-2.0
// A key file that is complete or not there: written under another name, synced, then linked.
#include "daemon/service/tag_key.hpp"

#include "probes/base/file_error.hpp"
#include "probes/net/crypto.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <stdexcept>
#include <sys/stat.h>
#include <unistd.h>

namespace mailprobed {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr const char* kRemedy =
    "; set `state_directory` to a directory that the daemon may write to, or `tag_key` to a key";

[[noreturn]] void fail(const std::string& what, const std::string& path) {
    const int error = errno;
    throw_file_error(what + " " + path + ": " + std::strerror(error) + kRemedy, error);
}

std::string octal(unsigned mode) {
    std::array<char, 8> text{};
    std::snprintf(text.data(), text.size(), "%04o", mode);
    return text.data();
}

/// A descriptor that closes itself.
class File {
  public:
    explicit File(int fd) : fd_(fd) {}
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File() {
        if (fd_ >= 0) ::close(fd_);
    }
    [[nodiscard]] int fd() const noexcept { return fd_; }

  private:
    int fd_;
};

std::optional<Secret> read_key(const std::string& path) {
    // Without O_NONBLOCK a FIFO would hold up the start for ever.
    const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.fd() < 0) {
        if (errno == ENOENT) return std::nullopt;
        fail("cannot read the tag key in", path);
    }
    struct stat status{};
    if (::fstat(file.fd(), &status) != 0) fail("cannot read the tag key in", path);
    // Whoever has the key can forge arrivals.
    if ((status.st_mode & 077U) != 0) {
        throw SetupError("the tag key in " + path + " has mode " + octal(status.st_mode & 07777U) +
                         ", others may read it; chmod 600 " + path +
                         ", or remove the file and a new key is made");
    }
    std::array<char, kKeyBytes + 1> bytes{};
    const ssize_t size = ::read(file.fd(), bytes.data(), bytes.size());
    if (size < 0) fail("cannot read the tag key in", path);
    if (size != kKeyBytes) {
        throw SetupError("the tag key in " + path + " is not " + std::to_string(kKeyBytes) +
                         " bytes long; remove the file and a new key is made");
    }
    Secret key(std::string(bytes.data(), kKeyBytes));
    wipe(bytes.data(), bytes.size());
    return key;
}

}  // namespace

Secret load_or_create_tag_key(const std::string& directory) {
    const std::string path = directory + "/tag.key";
    if (auto key = read_key(path)) return *key;
    const std::string draft = path + "." + std::to_string(::getpid());
    Secret key(random_bytes(kKeyBytes));
    // One that was killed here may have had our number, as in a container every one has.
    ::unlink(draft.c_str());
    {
        const File file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
        if (file.fd() < 0) fail("cannot make the tag key", draft);
        const bool written =
            ::write(file.fd(), key.reveal().data(), kKeyBytes) == ssize_t{kKeyBytes} &&
            ::fsync(file.fd()) == 0;
        if (!written) {
            ::unlink(draft.c_str());
            fail("cannot write the tag key", draft);
        }
    }
    // link() and not rename(): of two daemons that start at once the first one's key stays.
    const bool linked = ::link(draft.c_str(), path.c_str()) == 0;
    const int error = errno;
    ::unlink(draft.c_str());
    errno = error;
    if (!linked && error != EEXIST) fail("cannot keep the tag key", path);
    return linked ? key : load_or_create_tag_key(directory);
}

Secret tag_key_for_once(const std::string& directory) {
    try {
        if (auto key = read_key(directory + "/tag.key")) return *key;
    } catch (const std::exception&) {
        // `once` needs nothing but a key of its own; the daemon's is only nice to have.
        return Secret(random_bytes(kKeyBytes));
    }
    return Secret(random_bytes(kKeyBytes));
}

}  // namespace mailprobed
