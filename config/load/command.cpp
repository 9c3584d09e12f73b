// SPDX-License-Identifier: Apache-2.0
// posix_spawn with a pipe and a deadline.
#include "config/load/command.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace mailprobed {

namespace {

using Clock = std::chrono::steady_clock;

/// More is no password.
constexpr std::size_t kMostOutput = 65'536;
/// How often the end of the program is looked for; its output wakes us at once.
constexpr std::chrono::milliseconds kTick{5};

class Descriptor {
  public:
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() { close(); }

    [[nodiscard]] int number() const noexcept { return number_; }
    void close() noexcept {
        if (number_ >= 0) ::close(number_);
        number_ = -1;
    }

  private:
    int number_;
};

std::string error_text(int error) {
    return std::generic_category().message(error);
}

/// Starts the program with `output` as its standard output; 0 or an errno.
int start(const std::vector<std::string>& arguments, int output, pid_t& pid) {
    std::vector<char*> argv;
    argv.reserve(arguments.size() + 1);
    for (const std::string& argument : arguments) {
        // execv takes char* for historical reasons and writes nothing.
        argv.push_back(const_cast<char*>(argument.c_str()));
    }
    argv.push_back(nullptr);

    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigset_t defaults;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    const int error = ::posix_spawnp(&pid, argv[0], &actions, &attributes, argv.data(), ::environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/// Takes what is in the pipe; false once nothing can come any more.
bool drain(int descriptor, std::string& output) {
    std::array<char, 4096> block{};
    for (;;) {
        const ssize_t count = ::read(descriptor, block.data(), block.size());
        if (count > 0) output.append(block.data(), static_cast<std::size_t>(count));
        wipe(block.data(), block.size());
        if (output.size() > kMostOutput) return false;
        if (count > 0 || (count < 0 && errno == EINTR)) continue;
        return count < 0 && errno == EAGAIN;
    }
}

std::string failure_of(int status) {
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return "";
    if (WIFEXITED(status)) return "exited with status " + std::to_string(WEXITSTATUS(status));
    return "was ended by signal " + std::to_string(WTERMSIG(status));
}

}  // namespace

CommandResult run_command(const std::vector<std::string>& arguments,
                          std::chrono::milliseconds limit) {
    const auto deadline = Clock::now() + limit;
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return {Secret{}, "no pipe: " + error_text(errno)};
    const Descriptor reading(ends[0]);
    Descriptor writing(ends[1]);
    ::fcntl(reading.number(), F_SETFL, O_NONBLOCK);
    pid_t pid = 0;
    const int error = start(arguments, writing.number(), pid);
    if (error != 0) return {Secret{}, "cannot be started: " + error_text(error)};
    writing.close();

    // Never moved while it grows: every copy that a string leaves behind would keep the password.
    std::string output;
    output.reserve(kMostOutput + 4096);
    int status = 0;
    bool ended = false;
    bool open = true;
    while (!ended && output.size() <= kMostOutput && Clock::now() < deadline) {
        pollfd waiting{open ? reading.number() : -1, POLLIN, 0};
        ::poll(&waiting, 1, static_cast<int>(kTick.count()));
        if (open) open = drain(reading.number(), output);
        ended = ::waitpid(pid, &status, WNOHANG) != 0;
    }
    if (!ended) {
        ::kill(-pid, SIGKILL);
        ::waitpid(pid, &status, 0);
    } else if (open) {
        drain(reading.number(), output);
    }
    Secret secret(std::string(output.data(), output.size()));
    wipe(output.data(), output.size());
    if (secret.reveal().size() > kMostOutput) return {Secret{}, "printed more than 65536 bytes"};
    if (!ended) {
        return {Secret{}, "still ran after " + std::to_string(limit.count()) + " ms"};
    }
    std::string failure = failure_of(status);
    if (!failure.empty()) return {Secret{}, std::move(failure)};
    return {std::move(secret), ""};
}

}  // namespace mailprobed
