// SPDX-License-Identifier: Apache-2.0
// The API's answer and the URL it is asked for, good and bad.
#include "daemon/commands/status_answer.hpp"

#include "daemon/commands/status_command.hpp"
#include "daemon/http/client.hpp"
#include "tests/support/config_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mailprobed::test {
namespace {

using ::testing::HasSubstr;

constexpr const char* kGood = R"({"now":1800000000.5,"version":"1.2.3","instance":"here",
"access":"full","may_run":true,"journal_healthy":false,"later":{},"probes":[
{"name":"a","from":"x","to":"y","labels":{},"state":"down","since":1799999000,"interval":60,
"deadline":300,"slo_latency":null,"pending":2,"oldest_pending":null,"started":9,"bad_streak":4,
"last":{"verdict":"send_failed","stage":"auth","cause":"auth_rejected"},
"last_round_trip":2.5,"last_uncertainty":0.25,
"success":{"1h":{"mails":0,"delivered":0,"ratio":null},"24h":{"mails":2,"delivered":1,"ratio":0.5},
"30d":{"mails":4,"delivered":1,"ratio":0.25}},
"recent":[{"mail":"00","started":1,"verdict":"delivered","round_trip":2},
{"mail":"01","started":2,"verdict":"lost","round_trip":null}]},
{"name":"b","state":"new","since":null,"pending":0,"bad_streak":0,"slo_latency":60,"last":null,
"last_round_trip":null,"last_uncertainty":null,"recent":[],
"success":{"1h":{"ratio":null},"24h":{"ratio":null},"30d":{"ratio":null}}}]})";

std::string problem_with(const std::string& from, const std::string& to) {
    std::string text = kGood;
    text.replace(text.find(from), from.size(), to);
    const ParsedStatus parsed = parse_status(text);
    EXPECT_FALSE(parsed.answer);
    return parsed.problem;
}

TEST(StatusAnswer, EveryFieldReachesItsMember) {
    const ParsedStatus parsed = parse_status(kGood);
    ASSERT_TRUE(parsed.answer) << parsed.problem;
    const StatusAnswer& answer = *parsed.answer;
    EXPECT_EQ(answer.now, 1800000000.5);
    EXPECT_EQ(answer.version, "1.2.3");
    EXPECT_EQ(answer.instance, "here");
    EXPECT_FALSE(answer.journal_healthy);
    ASSERT_EQ(answer.probes.size(), 2U);
    const StatusProbe& a = answer.probes[0];
    EXPECT_EQ(a.name, "a");
    EXPECT_EQ(a.state, ProbeState::down);
    EXPECT_EQ(a.since, 1799999000);
    EXPECT_EQ(a.pending, 2U);
    EXPECT_EQ(a.bad_streak, 4U);
    EXPECT_FALSE(a.slo_latency);
    EXPECT_EQ(a.last_round_trip, 2.5);
    EXPECT_EQ(a.last_uncertainty, 0.25);
    EXPECT_FALSE(a.success_1h);
    EXPECT_EQ(a.success_24h, 0.5);
    EXPECT_EQ(a.success_30d, 0.25);
    EXPECT_EQ(a.verdict + "/" + a.stage + "/" + a.cause, "send_failed/auth/auth_rejected");
    ASSERT_EQ(a.recent.size(), 2U);
    EXPECT_EQ(a.recent[0].round_trip, 2);
    EXPECT_EQ(a.recent[1].verdict, "lost");
    EXPECT_EQ(answer.probes[1].state, ProbeState::fresh);
    EXPECT_FALSE(answer.probes[1].since);
}

TEST(StatusAnswer, WhatIsWrongIsNamedByItsPlace) {
    EXPECT_EQ(problem_with("\"down\"", "\"sideways\""), "`probes[0].state` is not up, down or new");
    EXPECT_EQ(problem_with("\"pending\":2", "\"pending\":-2"),
              "`probes[0].pending` is not 0 or more");
    EXPECT_EQ(problem_with("\"ratio\":0.5", "\"ratio\":\"half\""),
              "`probes[0].success.24h.ratio` is not a number");
    EXPECT_EQ(problem_with("\"recent\":[{", "\"recently\":[{"), "`probes[0].recent` is missing");
    EXPECT_EQ(problem_with("\"now\":1800000000.5", "\"now\":null"), "`now` is not a number");
}

TEST(StatusAnswer, WhateverIsNoAnswerIsNoCrash) {
    for (const std::string text :
         {"", "null", "[]", "{}", "{\"now\":1e999}", "\"\xff\"", "{\"now\""}) {
        EXPECT_FALSE(parse_status(text).answer) << text;
        EXPECT_EQ(api_error(text), "");
    }
    EXPECT_EQ(parse_status(std::string(100'000, '[')).problem, "it is not JSON");
    EXPECT_EQ(api_error("{\"error\":\"wrong\"}"), "wrong");
    EXPECT_EQ(api_error("{\"error\":5}"), "");
}

TEST(HttpUrl, IsTakenApartAndPutTogether) {
    const ParsedUrl plain = parse_http_url("http://localhost:10995");
    ASSERT_TRUE(plain.url) << plain.problem;
    EXPECT_EQ(plain.url->server.host, "localhost");
    EXPECT_EQ(plain.url->server.port, 10995);
    EXPECT_EQ(plain.url->server.tls, TlsMode::none);
    EXPECT_EQ(plain.url->prefix, "");
    const ParsedUrl more = parse_http_url("HTTPS://[::1]:1/mail/");
    ASSERT_TRUE(more.url) << more.problem;
    EXPECT_EQ(more.url->server.host, "::1");
    EXPECT_EQ(more.url->server.tls, TlsMode::implicit);
    EXPECT_EQ(more.url->prefix, "/mail");
    EXPECT_EQ(to_string(*more.url), "https://[::1]:1/mail");
    EXPECT_EQ(parse_http_url("https://a").url->server.port, 443);
    EXPECT_EQ(parse_http_url("http://[::1]").url->server.port, 80);
    EXPECT_EQ(to_string(*parse_http_url("http://a/").url), "http://a");
}

TEST(HttpUrl, WhatCouldMeanSomethingElseIsRefusedWithARemedy) {
    for (const char* text :
         {"", "localhost:1", "ftp://a", "http://", "http://:1", "http://a:0", "http://a:65536",
          "http://a:", "http://a b", "http://a\r\nX: y", "http://::1", "http://[a b]",
          "http://a/?q", "http://a/#x", "http://a/ HTTP/1.1\r\nX:", "http://a?x"}) {
        const ParsedUrl parsed = parse_http_url(text);
        EXPECT_FALSE(parsed.url) << text;
        EXPECT_THAT(parsed.problem, HasSubstr("expected http://HOST:PORT"));
    }
    EXPECT_THAT(parse_http_url("http://me:secret@a").problem, HasSubstr("MAILPROBED_PASSWORD"));
}

/// Where `status` asks with a configuration of this text.
std::string place_of(const std::string& config) {
    PrivateFolder folder;
    Options options;
    options.config_file = folder.write("config.yaml", config);
    const DaemonPlace place = daemon_place(options);
    return place.url ? to_string(*place.url) : std::to_string(static_cast<int>(place.status));
}

TEST(DaemonPlace, IsTheUrlElseTheConfigurationsFirstAddressElseTheDefault) {
    EXPECT_EQ(place_of("web: {listen: '127.0.0.2:99'}"), "http://127.0.0.2:99");
    EXPECT_EQ(place_of("web: {listen: ['[::1]:1', '127.0.0.1:2']}"), "http://[::1]:1");
    EXPECT_EQ(place_of("web: {listen: '0.0.0.0:99'}"), "http://127.0.0.1:99");
    EXPECT_EQ(place_of("web: {listen: '[::]:99'}"), "http://[::1]:99");
    EXPECT_EQ(place_of("probes: []"), "http://127.0.0.1:10995");
    Options options;
    EXPECT_EQ(to_string(*daemon_place(options).url), "http://127.0.0.1:10995");
    options.status.url = "https://far.example.org";
    options.config_file = "/does/not/exist";
    EXPECT_EQ(to_string(*daemon_place(options).url), "https://far.example.org");
}

TEST(DaemonPlace, AConfigurationThatDoesNotTellIsAnErrorAndNoPasswordIsRead) {
    EXPECT_EQ(place_of("web: {listen: '127.0.0.1:0'}"), "64");
    EXPECT_EQ(place_of("web: {listen: nowhere}"), "78");
    EXPECT_EQ(place_of("web: {listen: [nowhere]}"), "78");
    EXPECT_EQ(place_of("web: {listen: {a: b}}"), "78");
    EXPECT_EQ(place_of("web: ["), "78");
    EXPECT_EQ(place_of("accounts: [{smtp: {password: {file: /does/not/exist}}}]"),
              "http://127.0.0.1:10995");
    Options options;
    options.config_file = "/does/not/exist";
    EXPECT_EQ(daemon_place(options).status, ExitStatus::config);
}

}  // namespace
}  // namespace mailprobed::test
