// SPDX-License-Identifier: Apache-2.0
// Fuzz target: the web server itself, over a loopback connection on one event loop with the client.
#include "daemon/api/assets.hpp"
#include "daemon/api/routes.hpp"
#include "daemon/http/server.hpp"
#include "tests/fuzz/support/fuzz.hpp"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <chrono>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

namespace mailprobed::fuzz {
namespace {

constexpr std::string_view kMetrics = "a_total 1\n";
constexpr std::string_view kConfig = "accounts: []\n";
constexpr std::string_view kApi = "{\"api\":1}\n";

class Server {
  public:
    Server() : web_(loop_.get_executor(), WebSetup{{"127.0.0.1:0"}}, routes_of(handlers())) {
        web_.start();
    }

    // All that the server answers to `reads` before it closes.
    std::string answers(const std::vector<std::string_view>& reads) {
        const int client = connected();
        for (const std::string_view read : reads) {
            // Small enough for the socket's buffer, so it never blocks; a server that has closed
            // takes no more.
            if (::send(client, read.data(), read.size(), MSG_NOSIGNAL) < 0) break;
            if (reads.size() > 1) loop_.poll();
        }
        ::shutdown(client, SHUT_WR);
        std::string all;
        std::array<char, 16384> chunk;
        for (;;) {
            const ssize_t got = ::recv(client, chunk.data(), chunk.size(), MSG_DONTWAIT);
            if (got > 0) all.append(chunk.data(), static_cast<std::size_t>(got));
            if (got > 0) continue;
            if (got == 0 || (errno != EAGAIN && errno != EINTR)) break;
            require(loop_.run_one_for(std::chrono::seconds{5}) > 0,
                    "the server answers, or closes");
        }
        ::close(client);
        loop_.poll();
        return all;
    }

  private:
    static Awaitable<WebResponse> reloaded() { co_return plain(200, "reloaded"); }

    static WebHandlers handlers() {
        WebHandlers result;
        result.metrics = [] { return std::string(kMetrics); };
        result.config = [] { return std::string(kConfig); };
        result.ready = [] { return true; };
        result.reload = [] { return reloaded(); };
        result.api_state = [] { return ApiState{}; };
        result.api = [](const ApiTarget&, const ApiState&, ApiClient) {
            return WebResponse{200, "application/json", std::string(kApi)};
        };
        result.run = [](const std::string&) {
            return WebResponse{202, "application/json", std::string(kApi)};
        };
        return result;
    }

    int connected() {
        const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in from{};
        from.sin_family = AF_INET;
        // Ports of closed connections stay taken for a minute; another address has its own.
        from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + connections_++ / 4096 % 250);
        const int late = 1;
        ::setsockopt(client, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &late, sizeof late);
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(web_.address().port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        require(::bind(client, reinterpret_cast<const sockaddr*>(&from), sizeof from) == 0 &&
                    ::connect(client, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0,
                "the test can connect");
        return client;
    }

    asio::io_context loop_{1};
    WebServer web_;
    std::uint32_t connections_ = 0;
};

struct Answer {
    std::string status;
    std::string body;
    friend bool operator==(const Answer&, const Answer&) = default;
};

std::string_view field(std::string_view head, std::string_view name) {
    const std::size_t at = head.find("\r\n" + std::string(name) + ": ");
    if (at == std::string_view::npos) return {};
    head.remove_prefix(at + name.size() + 4);
    return head.substr(0, head.find("\r\n"));
}

void check(const Answer& answer) {
    constexpr std::array<std::string_view, 10> kKnown{"200", "202", "400", "403", "404",
                                                      "405", "411", "413", "415", "431"};
    require(std::ranges::find(kKnown, answer.status) != kKnown.end(),
            "an answer has one of the statuses that are documented");
    if (answer.status != "200" || answer.body.empty()) return;
    require(answer.body == kMetrics || answer.body == kConfig || answer.body == "healthy\n" ||
                answer.body == "ready\n" || answer.body == "reloaded\n" || answer.body == kApi ||
                std::ranges::find(all_assets(), answer.body, &Asset::content) != all_assets().end(),
            "a page is one of ours, and nothing of the request is in it");
}

// Takes the octets of a connection apart, strictly.
std::vector<Answer> parsed(std::string_view octets, std::string_view request) {
    std::vector<Answer> answers;
    const bool may_be_head = request.find("HEAD ") != std::string_view::npos;
    while (!octets.empty()) {
        const std::size_t end = octets.find("\r\n\r\n");
        require(
            octets.starts_with("HTTP/1.") && octets.size() > 12 && end != std::string_view::npos,
            "an answer is HTTP");
        const std::string_view head = octets.substr(0, end + 2);
        octets.remove_prefix(end + 4);
        require(field(head, "X-Content-Type-Options") == "nosniff" &&
                    field(head, "Content-Security-Policy").starts_with("default-src 'none'") &&
                    field(head, "Cache-Control") == "no-store",
                "every answer has the fields that protect browsers");
        require(std::ranges::count(head, '\n') <= 10, "and no others");
        const std::string length(field(head, "Content-Length"));
        require(!length.empty() && length.size() < 7 &&
                    length.find_first_not_of("0123456789") == std::string::npos,
                "an answer tells its length");
        const std::size_t size = std::stoul(length);
        const bool without_body = may_be_head && (octets.empty() || octets.starts_with("HTTP/1."));
        require(without_body || octets.size() >= size, "an answer is complete");
        answers.push_back({std::string(head.substr(9, 3)),
                           std::string(octets.substr(0, without_body ? 0 : size))});
        octets.remove_prefix(answers.back().body.size());
        check(answers.back());
    }
    return answers;
}

}  // namespace
}  // namespace mailprobed::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mailprobed::fuzz;
    static Server server;
    const std::string_view request = as_text(data, size);
    const auto at_once = parsed(server.answers(cut(request, Cut::whole)), request);
    auto in_pieces = parsed(server.answers(cut(request, Cut::mixed)), request);
    // A last request that is wrong and incomplete may be refused or just dropped: that depends on
    // how much of it was there when the parser looked.
    const auto complaint = [](const Answer& answer) {
        return answer.status == "400" || answer.status == "411" || answer.status == "413" ||
               answer.status == "431";
    };
    auto whole = at_once;
    for (auto* answers : {&whole, &in_pieces}) {
        if (!answers->empty() && complaint(answers->back())) answers->pop_back();
        require(std::ranges::none_of(*answers, complaint), "a complaint is the last answer");
    }
    require(whole == in_pieces, "answers do not depend on how reads are cut");
    return 0;
}
