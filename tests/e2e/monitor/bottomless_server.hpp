// SPDX-License-Identifier: Apache-2.0
// A POP3 server whose mailbox need not fit into any memory: what it lists and what it sends is made
// up while it goes out.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <thread>

namespace mailprobed::test {

/// What lies in the mailbox.
struct Maildrop {
    std::uint32_t mails = 1;
    /// The size that STAT and LIST announce for each.
    std::uint64_t announced = 100;
    /// The header of a mail, with the empty line behind it.
    std::function<std::string(std::uint32_t)> header = [](std::uint32_t) {
        return std::string("Subject: small\r\n\r\n");
    };
    /// Octets of further header fields that are streamed in front of it.
    std::uint64_t fields = 0;
    /// Octets of body that RETR streams; TOP sends none.
    std::uint64_t body = 0;
    bool top = true;
};

/// Serves one client after the other, any user, any password, on a thread of its own.
class BottomlessServer {
  public:
    explicit BottomlessServer(Maildrop drop);
    BottomlessServer(const BottomlessServer&) = delete;
    BottomlessServer& operator=(const BottomlessServer&) = delete;
    /// Cuts the session that is open.
    ~BottomlessServer();

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    /// Octets handed to the kernel in the longest answer so far.
    [[nodiscard]] std::uint64_t longest_answer() const noexcept { return longest_; }
    /// Mails that DELE was said for.
    [[nodiscard]] std::uint64_t deletions() const noexcept { return deletions_; }
    /// Listings that were sent to their end.
    [[nodiscard]] std::uint64_t listings() const noexcept { return listings_; }

  private:
    void serve();
    void converse(int client);
    bool answer(int client, std::string_view line);
    bool list(int client, bool uidl);
    bool mail(int client, std::uint32_t number, bool whole);
    bool stream(int client, const std::string& line, std::uint64_t octets);
    bool send_all(int client, std::string_view bytes);

    Maildrop drop_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<int> client_{-1};
    std::atomic<bool> over_{false};
    std::atomic<std::uint64_t> longest_{0};
    std::atomic<std::uint64_t> deletions_{0};
    std::atomic<std::uint64_t> listings_{0};
    std::uint64_t sent_ = 0;
    std::thread thread_;
};

}  // namespace mailprobed::test
