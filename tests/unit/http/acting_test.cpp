// SPDX-License-Identifier: Apache-2.0
// Requests that act, bodies, and pages with addresses, over real sockets.
#include "tests/support/web_client.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

namespace mailprobed::daemon_test {
namespace {

Awaitable<WebResponse> reload(std::atomic<int>* count) {
    ++*count;
    co_return plain(200, "reloaded");
}

struct Scene {
    explicit Scene(const char* listen = "127.0.0.1:0") : web(handlers(), {}, {{listen}}) {}

    WebHandlers handlers() {
        WebHandlers result;
        result.metrics = [] { return std::string(5000, 'm'); };
        result.config = [] { return std::string("address: a@test.invalid\n"); };
        result.reload = [this] { return reload(&reloads); };
        return result;
    }
    [[nodiscard]] Answer ask(const std::string& request) const {
        Connection connection(web.address());
        connection.write(request);
        return connection.read_answer();
    }

    std::atomic<int> reloads = 0;
    RunningWeb web;
};

const std::string kPost =
    "POST /-/reload HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";

TEST(WebActing, AReloadIsAPostWithJsonAndNothingElse) {
    const Scene scene;
    EXPECT_EQ(scene.ask(kPost + "\r\n").body, "reloaded\n");
    EXPECT_EQ(scene.reloads, 1);
    const Answer get = scene.ask("GET /-/reload HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(get.status, 405);
    EXPECT_EQ(get.fields.at("allow"), "POST");
    EXPECT_EQ(scene.ask("POST /-/reload HTTP/1.1\r\nHost: localhost\r\n\r\n").status, 415);
    EXPECT_EQ(scene.ask(kPost + "Origin: http://example.org\r\n\r\n").status, 403);
    EXPECT_EQ(scene.ask(kPost + "Host: localhost\r\n\r\n").status, 403);
    EXPECT_EQ(scene
                  .ask("POST /-/reload HTTP/1.1\r\nHost: rebound.example.org\r\n"
                       "Content-Type: application/json\r\n\r\n")
                  .status,
              403);
    EXPECT_EQ(scene.reloads, 1);
}

TEST(WebActing, ABodyOfUpTo4KiBIsReadAndTheConnectionServesOn) {
    const Scene scene;
    Connection connection(scene.web.address());
    const std::string body(4096, '{');
    connection.write(kPost + "Content-Length: 4096\r\n\r\n" + body.substr(0, 100));
    connection.write(body.substr(100) + "GET /-/healthy HTTP/1.1\r\n\r\n");
    EXPECT_EQ(connection.read_answer().body, "reloaded\n");
    EXPECT_EQ(connection.read_answer().body, "healthy\n");
    connection.write(kPost + "Content-Length: 4097\r\n\r\n");
    EXPECT_EQ(connection.read_answer().status, 413);
    EXPECT_EQ(scene.ask(kPost + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n").status, 411);
    Connection waiting(scene.web.address());
    waiting.write(kPost + "Content-Length: 2\r\n\r\n");
    waiting.write("{");
    waiting.write("}");
    EXPECT_EQ(waiting.read_answer().body, "reloaded\n");
    EXPECT_EQ(scene.reloads, 2);
}

TEST(WebActing, WhereTheWorldCanConnectNothingActsWithoutALogin) {
    const Scene scene("0.0.0.0:0");
    const ListenAddress here{"127.0.0.1", scene.web.address().port};
    Connection connection(here);
    connection.write(kPost + "\r\n");
    const Answer answer = connection.read_answer();
    EXPECT_EQ(answer.status, 403);
    EXPECT_NE(answer.body.find("need a login"), std::string::npos) << answer.body;
    EXPECT_EQ(scene.reloads, 0);
}

TEST(WebActing, AddressesAreShownUnderLoopbackNamesOnlyAndMetricsUnderNoForeignOne) {
    const Scene scene;
    const auto status = [&scene](const std::string& page, const std::string& fields) {
        return scene.ask("GET " + page + " HTTP/1.1\r\n" + fields + "\r\n").status;
    };
    EXPECT_EQ(status("/config", "Host: localhost:10995\r\n"), 200);
    EXPECT_EQ(status("/config", "Host: [::1]\r\n"), 200);
    for (const char* fields :
         {"", "Host: rebound.example.org\r\n", "Host: localhost\r\nX-Forwarded-For: 192.0.2.1\r\n",
          "Host: localhost\r\nHost: rebound.example.org\r\n"}) {
        EXPECT_EQ(status("/config", fields), 403) << fields;
        const bool foreign = std::string_view(fields).find("rebound") != std::string_view::npos;
        EXPECT_EQ(status("/metrics", fields), foreign ? 403 : 200) << fields;
        EXPECT_EQ(status("/", fields), foreign ? 403 : 200) << fields;
        EXPECT_EQ(status("/api/v1/probes", fields) == 403, foreign) << fields;
        EXPECT_EQ(status("/-/healthy", fields), 200) << fields;
    }
}

TEST(WebActing, LongAnswersAreCompressedForThoseWhoAsk) {
    const Scene scene;
    const Answer plain_one = scene.ask("GET /metrics HTTP/1.1\r\n\r\n");
    EXPECT_EQ(plain_one.body.size(), 5000U);
    EXPECT_FALSE(plain_one.fields.contains("content-encoding"));
    const Answer small = scene.ask("GET /metrics HTTP/1.1\r\nAccept-Encoding: gzip\r\n\r\n");
    EXPECT_EQ(small.fields.at("content-encoding"), "gzip");
    EXPECT_EQ(small.fields.at("vary"), "Accept-Encoding");
    EXPECT_LT(small.body.size(), 200U);
}

TEST(WebActing, SeveralAddressesAreServedAtOnce) {
    WebHandlers handlers;
    handlers.metrics = [] { return std::string("a_total 1\n"); };
    RunningWeb web(handlers, {}, {{"127.0.0.1:0", "[::1]:0", "127.0.0.2:0"}});
    const auto addresses = web.addresses();
    ASSERT_EQ(addresses.size(), 3U);
    EXPECT_EQ(addresses[1].host, "::1");
    for (const ListenAddress& address : addresses) {
        Connection connection(address);
        EXPECT_EQ(connection.request("GET", "/metrics").status, 200) << to_string(address);
    }
    web.stop();
}

TEST(WebActing, AllAddressesOfBothFamiliesShareAPort) {
    WebHandlers handlers;
    handlers.metrics = [] { return std::string("a_total 1\n"); };
    const RunningWeb first(handlers, {}, {{"0.0.0.0:0"}});
    const std::string port = std::to_string(first.address().port);
    const RunningWeb second(handlers, {}, {{"[::]:" + port}});
    Connection connection(ListenAddress{"::1", first.address().port});
    EXPECT_EQ(connection.request("GET", "/metrics").status, 200);
}

TEST(WebActing, AListeningSocketThatWasHandedInIsServed) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&any), sizeof any), 0);
    ASSERT_EQ(::listen(socket, 8), 0);
    WebHandlers handlers;
    handlers.metrics = [] { return std::string("a_total 1\n"); };
    const RunningWeb web(handlers, {}, {{"127.0.0.1:1"}, {socket}});
    EXPECT_NE(web.address().port, 1);
    EXPECT_EQ(web.get("/metrics").status, 200);
}

}  // namespace
}  // namespace mailprobed::daemon_test
