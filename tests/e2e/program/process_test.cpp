// SPDX-License-Identifier: Apache-2.0
// B2.6: the daemon as a process keeps its memory to itself.
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <poll.h>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace mailprobed::test {
namespace {

/// The daemon with a configuration that leads nowhere; ended with the object.
class Daemon {
  public:
    Daemon() {
        std::string name = (std::filesystem::temp_directory_path() / "mailprobed-XXXXXX").string();
        folder_ = ::mkdtemp(name.data());
        const std::string config = (folder_ / "config.yaml").string();
        std::ofstream(config) << "state_directory: " << folder_.string()
                              << "\nweb: {listen: \"127.0.0.1:0\"}\n"
                                 "accounts:\n"
                                 "  - name: me\n"
                                 "    address: me@test.invalid\n"
                                 "    smtp: {host: 127.0.0.1, port: 1, password: canary}\n"
                                 "    pop3: {host: 127.0.0.1, port: 1, password: canary}\n"
                                 "probes:\n"
                                 "  - {name: me, from: me, to: me}\n";
        std::array<int, 2> pipe{};
        if (::pipe(pipe.data()) != 0) return;
        child_ = ::fork();
        if (child_ == 0) {
            // What the service manager may have allowed the daemon must take away itself.
            rlimit cores{};
            ::getrlimit(RLIMIT_CORE, &cores);
            cores.rlim_cur = cores.rlim_max;
            ::setrlimit(RLIMIT_CORE, &cores);
            ::dup2(pipe[1], STDERR_FILENO);
            ::execl(MAILPROBED_DAEMON, MAILPROBED_DAEMON, "--config", config.c_str(), nullptr);
            ::_exit(127);
        }
        ::close(pipe[1]);
        errors_ = pipe[0];
    }
    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;
    ~Daemon() {
        ::kill(child_, SIGTERM);
        ::waitpid(child_, nullptr, 0);
        ::close(errors_);
        std::filesystem::remove_all(folder_);
    }

    /// Everything it logged until `word` came; ends with "<end>" if it did not.
    std::string log_until(const std::string& word) const {
        std::string log;
        const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{30};
        while (log.find(word) == std::string::npos) {
            pollfd wait{errors_, POLLIN, 0};
            std::array<char, 4096> buffer{};
            const bool late = std::chrono::steady_clock::now() > give_up;
            if (late || ::poll(&wait, 1, 1000) < 0) return log + "<end>";
            if (wait.revents == 0) continue;
            const ssize_t size = ::read(errors_, buffer.data(), buffer.size());
            if (size <= 0) return log + "<end>";
            log.append(buffer.data(), static_cast<std::size_t>(size));
        }
        return log;
    }
    [[nodiscard]] std::string proc(const std::string& file) const {
        return "/proc/" + std::to_string(child_) + "/" + file;
    }

  private:
    std::filesystem::path folder_;
    pid_t child_ = -1;
    int errors_ = -1;
};

TEST(DaemonProcess, B2_6_LeavesNoCoreAndLetsNobodyReadItsMemory) {
    const Daemon daemon;
    const std::string log = daemon.log_until("event=started");
    ASSERT_TRUE(log.find("<end>") == std::string::npos) << log;
    EXPECT_EQ(log.find("canary"), std::string::npos) << log;

    std::ifstream limits(daemon.proc("limits"));
    std::string line;
    while (std::getline(limits, line) && !line.starts_with("Max core file size")) {
    }
    EXPECT_TRUE(line.starts_with("Max core file size        0                    0")) << line;
    // What a process that may not be dumped owns in /proc is root's (proc(5)); root sees no
    // difference.
    struct stat facts{};
    ASSERT_EQ(::stat(daemon.proc("environ").c_str(), &facts), 0);
    EXPECT_EQ(facts.st_uid, 0U);
    for (const char* file : {"cmdline", "environ"}) {
        std::ifstream shown(daemon.proc(file));
        const std::string text{std::istreambuf_iterator<char>(shown), {}};
        EXPECT_EQ(text.find("canary"), std::string::npos) << file;
    }
}

}  // namespace
}  // namespace mailprobed::test
