// SPDX-License-Identifier: Apache-2.0
// What one client may use up, how the server ends, and where it can listen.
#include "daemon/http/listen_address.hpp"
#include "tests/support/web_client.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace mailprobed::daemon_test {
namespace {

using namespace std::chrono_literals;

WebHandlers handlers() {
    WebHandlers result;
    result.metrics = [] { return std::string("a_total 1\n"); };
    return result;
}

TEST(WebServerLimits, TheDefaultsAreThoseOfTheDocumentation) {
    const WebLimits limits;
    EXPECT_EQ(limits.connections, 64U);
    EXPECT_EQ(limits.header_bytes, 16U * 1024);
    EXPECT_EQ(limits.request, 10s);
    EXPECT_EQ(limits.idle, 120s);
}

TEST(WebServerLimits, TheConnectionAfterTheLastAllowedOneIsRefusedUntilAnotherEnds) {
    WebLimits limits;
    limits.connections = 3;
    const RunningWeb web(handlers(), limits);
    std::vector<std::unique_ptr<Connection>> held;
    for (int i = 0; i < 3; ++i) {
        held.push_back(std::make_unique<Connection>(web.address()));
        EXPECT_EQ(held.back()->request("GET", "/-/healthy").status, 200);
    }
    EXPECT_TRUE(Connection(web.address()).read_to_end().starts_with("HTTP/1.1 503 "));
    // The answer's end shows that the server has closed.
    held[0]->write("GET /-/healthy HTTP/1.1\r\nConnection: close\r\n\r\n");
    held[0]->read_to_end();
    held.erase(held.begin());
    int status = 0;
    while (status != 200) {
        Connection connection(web.address());
        const std::string answer =
            (connection.write("GET /-/healthy HTTP/1.0\r\n\r\n"), connection.read_to_end());
        if (answer.starts_with("HTTP/1.0 200")) status = 200;
    }
    EXPECT_EQ(held[0]->request("GET", "/-/healthy").status, 200);
}

TEST(WebServerLimits, WhoKeepsAFullServerWaitingGivesItsPlaceToANewcomer) {
    WebLimits limits;
    limits.connections = 3;
    limits.patience = 1min;
    const RunningWeb web(handlers(), limits);
    Connection scraper(web.address());
    EXPECT_EQ(scraper.request("GET", "/metrics").status, 200);
    // Each newcomer closes the silent connection that is there longest, never the scraper's.
    Connection first(web.address());
    first.write("GET /met");
    Connection second(web.address());
    second.write("GET /met");
    for (int i = 0; i < 20; ++i)
        EXPECT_EQ(web.get("/metrics").status, 200);
    EXPECT_EQ(first.read_to_end(), "");
    EXPECT_EQ(scraper.request("GET", "/metrics").status, 200);
}

TEST(WebServerLimits, IdleConnectionsGiveWayTooWhenThereAreNoneThatNeverAsked) {
    WebLimits limits;
    limits.connections = 2;
    limits.patience = 0s;
    const RunningWeb web(handlers(), limits);
    Connection older(web.address());
    EXPECT_EQ(older.request("GET", "/metrics").status, 200);
    Connection newer(web.address());
    EXPECT_EQ(newer.request("GET", "/metrics").status, 200);
    EXPECT_EQ(web.get("/metrics").status, 200);
    EXPECT_EQ(older.read_to_end(), "");
    EXPECT_EQ(newer.request("GET", "/metrics").status, 200);
}

TEST(WebServerLimits, ARequestThatDripsInTooSlowlyEndsTheConnection) {
    WebLimits limits;
    limits.request = 100ms;
    const RunningWeb web(handlers(), limits);
    Connection silent(web.address());
    Connection slow(web.address());
    slow.write("GET /metrics HT");
    EXPECT_EQ(silent.read_to_end(), "");
    EXPECT_EQ(slow.read_to_end(), "");
}

TEST(WebServerLimits, TheRequestsTimeDoesNotRunBetweenRequestsButTheIdleTimeDoes) {
    WebLimits limits;
    limits.request = 50ms;
    limits.idle = 1s;
    const RunningWeb web(handlers(), limits);
    Connection connection(web.address());
    EXPECT_EQ(connection.request("GET", "/metrics").status, 200);
    const auto before = std::chrono::steady_clock::now();
    EXPECT_EQ(connection.read_to_end(), "");
    EXPECT_GE(std::chrono::steady_clock::now() - before, 900ms);
    Connection halting(web.address());
    EXPECT_EQ(halting.request("GET", "/metrics").status, 200);
    const auto start = std::chrono::steady_clock::now();
    halting.write("G");
    EXPECT_EQ(halting.read_to_end(), "");
    EXPECT_LT(std::chrono::steady_clock::now() - start, 900ms);
}

TEST(WebServerLimits, StopEndsIdleHalfReadAndWaitingConnections) {
    RunningWeb web(handlers());
    Connection idle(web.address());
    EXPECT_EQ(idle.request("GET", "/metrics").status, 200);
    Connection half(web.address());
    half.write("GET /met");
    Connection other(web.address());
    EXPECT_EQ(other.request("GET", "/metrics").status, 200);
    web.stop();
    EXPECT_EQ(idle.read_to_end(), "");
    EXPECT_EQ(half.read_to_end(), "");
}

TEST(WebServerLimits, StopWaitsForARenderingThatIsUnderWay) {
    std::atomic<bool> rendering = false;
    std::atomic<bool> go_on = false;
    std::atomic<bool> done = false;
    WebHandlers from;
    from.metrics = [&] {
        rendering = true;
        rendering.notify_all();
        go_on.wait(false);
        done = true;
        return std::string("x\n");
    };
    RunningWeb web(from);
    Connection connection(web.address());
    connection.write("GET /metrics HTTP/1.1\r\n\r\n");
    rendering.wait(false);
    std::thread release([&go_on] {
        std::this_thread::yield();
        go_on = true;
        go_on.notify_all();
    });
    web.stop();
    EXPECT_TRUE(done);
    release.join();
}

TEST(WebServerLimits, DestroyedAfterItsLoopWasStoppedItLeavesNothingBehind) {
    auto loop = std::make_unique<asio::io_context>(1);
    auto web = std::make_unique<WebServer>(loop->get_executor(), WebSetup{{"127.0.0.1:0"}},
                                           routes_of(handlers()));
    web->start();
    std::thread runner([&loop] { loop->run(); });
    Connection idle(web->address());
    EXPECT_EQ(idle.request("GET", "/metrics").status, 200);
    Connection half(web->address());
    half.write("GET /met");
    Connection other(web->address());
    EXPECT_EQ(other.request("GET", "/metrics").status, 200);
    loop->stop();
    runner.join();
    web.reset();
    loop.reset();
    EXPECT_EQ(idle.read_to_end(), "");
}

TEST(WebServerLimits, AClientThatResetsDoesNoHarm) {
    const RunningWeb web(handlers());
    for (int i = 0; i < 20; ++i) {
        Connection connection(web.address());
        connection.write("GET /metrics HTTP/1.1\r\n\r\n");
    }
    EXPECT_EQ(web.get("/metrics").status, 200);
}

TEST(WebListen, Ipv6InBracketsAndPortZeroWork) {
    const RunningWeb web(handlers(), {}, {{"[::1]:0"}});
    EXPECT_EQ(web.address().host, "::1");
    EXPECT_NE(web.address().port, 0);
    EXPECT_EQ(web.get("/metrics").status, 200);
}

TEST(WebListen, APortInUseIsToldWithAddressReasonAndRemedy) {
    const RunningWeb web(handlers());
    const std::string address = to_string(web.address());
    try {
        const RunningWeb second(handlers(), {}, {{address}});
        FAIL() << "bound twice";
    } catch (const ListenError& error) {
        const std::string text = error.what();
        EXPECT_NE(text.find("cannot listen on " + address), std::string::npos) << text;
        EXPECT_NE(text.find("in use"), std::string::npos) << text;
        EXPECT_NE(text.find("set web.listen to a free port"), std::string::npos) << text;
    }
}

TEST(WebListen, AnAddressOfAnotherMachineAndNonsenseAreToldWithARemedy) {
    for (const char* listen : {"192.0.2.1:0", "here", "::1:80"}) {
        try {
            const RunningWeb web(handlers(), {}, {{listen}});
            FAIL() << listen;
        } catch (const ListenError& error) {
            const std::string text = error.what();
            EXPECT_NE(text.find(listen), std::string::npos) << text;
            EXPECT_NE(text.find("web.listen"), std::string::npos) << text;
        }
    }
}

TEST(WebListen, AddressesAreReadStrictlyAndPrintedAsTheyAreWritten) {
    for (const char* text : {"127.0.0.1:10995", "[::1]:0", "localhost:65535"}) {
        const auto address = parse_listen_address(text);
        ASSERT_TRUE(address) << text;
        EXPECT_EQ(to_string(*address), text);
    }
    for (const char* text : {"", ":80", "a", "a:", "a:x", "a:80x", "a:65536", "a:-1", "::1:80",
                             "[::1]", "[::1]80", "[]:80", "[a]:80", "a b:80", "[[::1]]:80"}) {
        EXPECT_FALSE(parse_listen_address(text)) << text;
    }
}

}  // namespace
}  // namespace mailprobed::daemon_test
