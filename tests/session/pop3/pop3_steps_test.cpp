// SPDX-License-Identifier: Apache-2.0
// Every POP3 script runs once clean and then once for each fault of each of its steps.
#include "tests/session/pop3_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mailprobed::script {
namespace {

using testing::IsEmpty;

struct Case {
    const char* name;
    MailboxSettings settings;
    Script script;
};

constexpr std::string_view kFirstHeader = "Subject: one\nX-A: b\n  c\n\n";
constexpr std::string_view kSecond = "Subject: two\n\nbody\n..dots\n";

void add_rest(Script& script, bool grouped) {
    script.client(Stage::list, "STAT\n")
        .server(Stage::list, "+OK 2 640\n")
        .client(Stage::list, "UIDL\n")
        .server(Stage::list, "+OK\n1 first\n2 second\n.\n");
    const std::string first = "+OK\n" + std::string(kFirstHeader) + ".\n";
    const std::string second = "+OK\nSubject: two\n\n.\n";
    if (grouped) {
        script.client(Stage::headers, "TOP 1 1\nTOP 2 1\n").server(Stage::headers, first + second);
    } else {
        script.client(Stage::headers, "TOP 1 1\n").server(Stage::headers, first);
        script.client(Stage::headers, "TOP 2 1\n").server(Stage::headers, second);
    }
    script.client(Stage::body, "RETR 2\n")
        .server(Stage::body, "+OK\n" + std::string(kSecond) + ".\n")
        .client(Stage::list, "UIDL 2\n")
        .server(Stage::list, "+OK 2 second\n")
        .client(Stage::remove, "DELE 2\n")
        .server(Stage::remove, "+OK\n");
    add_quit(script);
}

Case implicit_user_pass() {
    Script script = until_login(TlsMode::implicit, {"TOP", "UIDL", "USER"});
    add_user_pass(script);
    add_rest(script, false);
    MailboxSettings settings = pop3_settings(TlsMode::implicit);
    settings.pipelining = false;
    return {"implicit_user_pass", settings, script};
}

Case stls_plain_pipelined() {
    const std::vector<std::string> offers{"top", "SASL LOGIN PLAIN", "PIPELINING",
                                          "LOGIN-DELAY 300 USER"};
    Script script = until_login(TlsMode::starttls, offers);
    add_sasl_plain(script);
    add_capa(script, {"TOP", "PIPELINING", "LOGIN-DELAY 5"});
    add_rest(script, true);
    return {"stls_plain_pipelined", pop3_settings(TlsMode::starttls), script};
}

Case apop_without_anything() {
    Script script = until_login(TlsMode::none, {});
    script.client(Stage::auth, "APOP 847915049@qq.com fe99079495cd202d366126340795d4bd\n")
        .server(Stage::auth, "+OK\n")
        .client(Stage::list, "STAT\n")
        .server(Stage::list, "+OK 2 640\n")
        .client(Stage::list, "UIDL\n")
        .server(Stage::list, "-ERR what\n")
        .client(Stage::list, "LIST\n")
        .server(Stage::list, "+OK\n1 320\n2 9.3e+06 octets\n.\n")
        .client(Stage::headers, "TOP 1 1\n")
        .server(Stage::headers, "-ERR what\n")
        .client(Stage::body, "RETR 1\n")
        .server(Stage::body, "+OK\n" + std::string(kFirstHeader) + "x\n.\n")
        .client(Stage::body, "RETR 2\n")
        .server(Stage::body, "+OK\n" + std::string(kSecond) + ".\n")
        .client(Stage::body, "RETR 2\n")
        .server(Stage::body, "+OK\n" + std::string(kSecond) + ".\n")
        .client(Stage::list, "LIST 2\n")
        .server(Stage::list, "+OK 2 9.3e+06 octets\n")
        .client(Stage::remove, "DELE 2\n")
        .server(Stage::remove, "+OK\n");
    add_quit(script);
    MailboxSettings settings = pop3_settings(TlsMode::none, Pop3Auth::apop);
    settings.allow_plaintext_auth = false;
    return {"apop_without_anything", settings, script};
}

class Pop3Steps : public testing::TestWithParam<Case> {};

TEST_P(Pop3Steps, CleanRunSeesEverythingAndPlaysTheWholeScript) {
    Seen seen;
    const Pop3Run run(GetParam().script, GetParam().settings, full_visit(seen));
    EXPECT_EQ(run.outcome(), "done") << run.visible();
    EXPECT_TRUE(run.channel.finished());
    EXPECT_TRUE(run.channel.closed());
    EXPECT_THAT(run.channel.surprises(), IsEmpty());
    EXPECT_EQ(run.trace.disorder, 0);
    EXPECT_FALSE(run.trace.open);
    EXPECT_EQ(run.visible().find(kMailboxPassword), std::string::npos);

    EXPECT_EQ(seen.count, 2U);
    EXPECT_EQ(seen.in_step, true);
    EXPECT_EQ(seen.quit, true);
    ASSERT_EQ(seen.listed.size(), 2U);
    EXPECT_EQ(seen.listed[1].second, seen.has_uidl ? "second" : "");
    ASSERT_EQ(seen.messages.size(), 3U);
    EXPECT_EQ(seen.messages[0].headers.get("subject"), "one");
    EXPECT_EQ(seen.messages[0].headers.get("x-a"), "b c");
    EXPECT_EQ(seen.messages[1].headers.get("subject"), "two");
    EXPECT_EQ(seen.messages[2].body, "body\r\n.dots\r\n");
}

TEST_P(Pop3Steps, EachFaultOfEachStepIsBlamedOnItsStageAndCause) {
    const auto& [name, settings, script] = GetParam();
    int faults = 0;
    for (std::size_t i = 0; i < script.steps.size(); ++i) {
        for (const Fault& fault : faults_of(script, i)) {
            SCOPED_TRACE(to_string(fault));
            ++faults;
            Seen seen;
            const Pop3Run run(script, settings, full_visit(seen), fault);
            const std::string expected = expected_outcome(Side::mailbox, script.steps[i], fault);
            EXPECT_EQ(run.outcome(), expected.empty() ? "done" : expected) << run.visible();
            EXPECT_THAT(run.channel.surprises(), IsEmpty());
            EXPECT_EQ(run.trace.disorder, 0);
            EXPECT_FALSE(run.trace.open);
            ASSERT_FALSE(run.trace.stages.empty());
            if (run.failure) {
                EXPECT_EQ(run.trace.stages.back(), expected);
            } else {
                EXPECT_EQ(seen.quit, false);
                EXPECT_EQ(run.trace.stages.back().substr(0, 5), "quit:");
                EXPECT_TRUE(run.channel.closed());
            }
            EXPECT_EQ(run.visible().find(kMailboxPassword), std::string::npos);
        }
    }
    EXPECT_GT(faults, 80);
}

INSTANTIATE_TEST_SUITE_P(Scripts, Pop3Steps,
                         testing::Values(implicit_user_pass(), stls_plain_pipelined(),
                                         apop_without_anything()),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace mailprobed::script
