// SPDX-License-Identifier: Apache-2.0
// The web server over real loopback sockets: pages, methods, keep-alive, broken requests.
#include "tests/support/web_client.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>

namespace mailprobed::daemon_test {
namespace {

using namespace std::chrono_literals;

WebHandlers handlers() {
    WebHandlers result;
    result.metrics = [] { return std::string("a_total 1\n"); };
    result.ready = [] { return true; };
    result.config = [] { return std::string("probes: []\n"); };
    return result;
}

TEST(WebServer, MetricsAreServedInPrometheusTextFormat) {
    const RunningWeb web(handlers());
    const Answer answer = web.get("/metrics");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.fields.at("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    EXPECT_EQ(answer.fields.at("x-content-type-options"), "nosniff");
    EXPECT_EQ(answer.body, "a_total 1\n");
}

TEST(WebServer, HealthyAlwaysAndReadyOnlyWhenTheDaemonSaysSo) {
    std::atomic<bool> ready = false;
    WebHandlers from = handlers();
    from.ready = [&ready] { return ready.load(); };
    const RunningWeb web(from);
    EXPECT_EQ(web.get("/-/healthy").status, 200);
    EXPECT_EQ(web.get("/-/ready").status, 503);
    ready = true;
    EXPECT_EQ(web.get("/-/ready").status, 200);
}

TEST(WebServer, TheConfigurationIsPlainTextAndMayBeAbsent) {
    WebHandlers from = handlers();
    const RunningWeb web(from);
    EXPECT_EQ(web.get("/config").body, "probes: []\n");
    from.config = nullptr;
    const RunningWeb without(from);
    EXPECT_EQ(without.get("/config").status, 404);
}

TEST(WebServer, PagesOfProbesAndMailsAreTheOnePageUnderAStrictPolicy) {
    const RunningWeb web(handlers());
    const Answer landing = web.get("/");
    EXPECT_EQ(landing.status, 200);
    EXPECT_EQ(landing.fields.at("content-type"), "text/html; charset=utf-8");
    const std::string& policy = landing.fields.at("content-security-policy");
    EXPECT_TRUE(policy.starts_with("default-src 'none'; script-src 'self';")) << policy;
    EXPECT_EQ(policy.find("unsafe"), std::string::npos);
    for (const char* target : {"/probes/qq", "/probes/a%2Fb?window=1h", "/mails/0123456789abcdef"})
        EXPECT_EQ(web.get(target).body, landing.body) << target;
    for (const char* target : {"/assets/", "/assets/../app.cpp", "/assets/nothing.js", "/probes"})
        EXPECT_EQ(web.get(target).status, 404) << target;
    EXPECT_EQ(web.get("/assets/index.html").body, landing.body);
    EXPECT_EQ(web.get("/assets/openapi.json").fields.at("content-type"), "application/json");
}

TEST(WebServer, TheApiAnswersErrorsAsJsonAndTellsWhoMaySeeWhat) {
    WebHandlers from = handlers();
    from.api_state = [] { return ApiState{}; };
    from.api = [](const ApiTarget&, const ApiState&, ApiClient client) {
        return api_answer(client.full ? 200 : 203, client.may_run ? "1" : "0");
    };
    const RunningWeb web(from);
    const Answer wrong = web.get("/api/v1/mails?limit=0");
    EXPECT_EQ(wrong.status, 400);
    EXPECT_EQ(wrong.fields.at("content-type"), "application/json");
    EXPECT_EQ(wrong.body, "{\"error\":\"limit: expected a whole number from 1 to 1000\"}\n");
    EXPECT_EQ(web.get("/api/v1/nothing").status, 404);
    EXPECT_EQ(web.get("/api/v1/probes").status, 200);
    EXPECT_EQ(web.get("/api/v1/probes").body, "1\n");
    Connection connection(web.address());
    EXPECT_EQ(connection.request("PUT", "/api/v1/probes").status, 405);
    EXPECT_EQ(web.get("/api/v1/probes/a/run").status, 405);
}

TEST(WebServer, HeadHasTheHeaderOfGetAndNoBody) {
    const RunningWeb web(handlers());
    Connection connection(web.address());
    const Answer answer = connection.request("HEAD", "/metrics");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.fields.at("content-length"), "10");
    EXPECT_EQ(connection.request("GET", "/-/healthy").body, "healthy\n");
}

TEST(WebServer, QueryAndAbsoluteFormDoNotChangeThePage) {
    const RunningWeb web(handlers());
    EXPECT_EQ(web.get("/metrics?x=/config").body, "a_total 1\n");
    EXPECT_EQ(web.get("http://localhost/metrics").body, "a_total 1\n");
    EXPECT_EQ(web.get("http://localhost").status, 200);
}

TEST(WebServer, UnknownPagesAreNotFoundAndOtherMethodsNotAllowed) {
    const RunningWeb web(handlers());
    for (const char* target : {"/nothing", "/metrics/", "/-/reload", "/%2e%2e/etc", "*"}) {
        EXPECT_EQ(web.get(target).status, 404) << target;
    }
    for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "BREW"}) {
        Connection connection(web.address());
        const Answer answer = connection.request(method, "/metrics");
        EXPECT_EQ(answer.status, 405) << method;
        EXPECT_EQ(answer.fields.at("allow"), "GET, HEAD");
    }
}

TEST(WebServer, AConnectionServesManyRequestsAlsoPipelinedOnes) {
    const RunningWeb web(handlers());
    Connection connection(web.address());
    EXPECT_EQ(connection.request("GET", "/metrics").status, 200);
    EXPECT_EQ(connection.request("GET", "/nothing").status, 404);
    connection.write("GET /metrics HTTP/1.1\r\n\r\nGET /-/healthy HTTP/1.1\r\n\r\n");
    EXPECT_EQ(connection.read_answer().body, "a_total 1\n");
    EXPECT_EQ(connection.read_answer().body, "healthy\n");
}

TEST(WebServer, TheConnectionEndsWhereTheClientAsksForItOrSpeaksHttp10) {
    const RunningWeb web(handlers());
    Connection closing(web.address());
    closing.write("GET /-/healthy HTTP/1.1\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(closing.read_to_end().ends_with("healthy\n"));
    Connection old(web.address());
    old.write("GET /-/healthy HTTP/1.0\r\n\r\n");
    EXPECT_TRUE(old.read_to_end().ends_with("healthy\n"));
}

TEST(WebServer, AMalformedRequestIsABadRequest) {
    const RunningWeb web(handlers());
    for (const char* bytes : {"nonsense\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
                              "GET / HTTP/1.1\r\nno colon\r\n\r\n", "\x16\x03\x01 tls\r\n\r\n"}) {
        Connection connection(web.address());
        connection.write(bytes);
        const std::string answer = connection.read_to_end();
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << bytes << answer;
    }
}

TEST(WebServer, AHeaderOfMoreThan16KiBIsRefused) {
    const RunningWeb web(handlers());
    const std::string start = "GET /metrics HTTP/1.1\r\nX: ";
    Connection fits(web.address());
    fits.write(start + std::string(15 * 1024, 'x') + "\r\n\r\n");
    EXPECT_EQ(fits.read_answer().status, 200);
    Connection connection(web.address());
    connection.write(start + std::string(64 * 1024, 'x') + "\r\n\r\n");
    EXPECT_TRUE(connection.read_to_end().starts_with("HTTP/1.1 431 "));
}

TEST(WebServer, ABodyIsRefusedAndTheClientLearnsIt) {
    const RunningWeb web(handlers());
    for (const char* how : {"Content-Length: 5\r\n\r\nhello", "Content-Length: 5\r\n\r\n",
                            "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"}) {
        Connection connection(web.address());
        connection.write(std::string("GET /metrics HTTP/1.1\r\n") + how);
        EXPECT_TRUE(connection.read_to_end().starts_with("HTTP/1.1 413 ")) << how;
    }
}

TEST(WebServer, AHandlerThatThrowsGivesA500ThatTellsNothing) {
    WebHandlers from = handlers();
    from.metrics = []() -> std::string { throw std::runtime_error("a secret reason"); };
    const RunningWeb web(from);
    const Answer answer = web.get("/metrics");
    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ(answer.body, "internal error\n");
    EXPECT_EQ(web.get("/-/healthy").status, 200);
}

TEST(WebServer, MetricsAreRenderedBesideTheEventLoopWhichServesOnMeanwhile) {
    std::atomic<bool> rendering = false;
    std::atomic<bool> go_on = false;
    WebHandlers from = handlers();
    from.metrics = [&] {
        rendering = true;
        rendering.notify_all();
        go_on.wait(false);
        return std::string("late\n");
    };
    const RunningWeb web(from);
    Connection slow(web.address());
    slow.write("GET /metrics HTTP/1.1\r\n\r\n");
    rendering.wait(false);
    EXPECT_EQ(web.get("/-/healthy").status, 200);
    go_on = true;
    go_on.notify_all();
    EXPECT_EQ(slow.read_answer().body, "late\n");
}

}  // namespace
}  // namespace mailprobed::daemon_test
