// SPDX-License-Identifier: Apache-2.0
// Every SMTP script runs once clean and then once for each fault of each of its steps.
#include "tests/session/smtp_fixture.hpp"

#include <gtest/gtest.h>

namespace mailprobed::script {
namespace {

struct Case {
    const char* name;
    SmtpSettings settings;
    Script script;
};

Case implicit_plain() {
    Script script = until_hello(TlsMode::implicit, {"AUTH LOGIN PLAIN", "SIZE 52428800"});
    script.client(Stage::auth, "AUTH PLAIN " + plain_base64() + "\n")
        .server(Stage::auth, "235 Authentication successful\n");
    add_transfer(script);
    return {"implicit_plain", smtp_settings(TlsMode::implicit), script};
}

Case starttls_login() {
    Script script = until_hello(TlsMode::starttls, {"AUTH LOGIN", "SIZE", "PIPELINING"});
    script.client(Stage::auth, "AUTH LOGIN\n")
        .server(Stage::auth, "334 VXNlcm5hbWU6\n")
        .client(Stage::auth, "ODQ3OTE1MDQ5QHFxLmNvbQ==\n")
        .server(Stage::auth, "334 UGFzc3dvcmQ6\n")
        .client(Stage::auth, "czNjciZ0IHBhc3MvVzByZCs=\n")
        .server(Stage::auth, "235-2.7.0 Authentication\n235 2.7.0 successful\n");
    add_transfer(script);
    return {"starttls_login", smtp_settings(TlsMode::starttls), script};
}

Case plaintext_cram_md5() {
    Script script = until_hello(TlsMode::none, {"AUTH PLAIN CRAM-MD5"});
    script.client(Stage::auth, "AUTH CRAM-MD5\n")
        .server(Stage::auth, "334 PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucXEuY29tPg==\n")
        .client(Stage::auth,
                "ODQ3OTE1MDQ5QHFxLmNvbSBjNzI5YmNjNGE5NTZjNDAxNDBlZTkzZDNkZDI5N2JmMQ==\n")
        .server(Stage::auth, "235 ok\n");
    add_transfer(script, false);
    return {"plaintext_cram_md5", smtp_settings(TlsMode::none, SmtpAuth::cram_md5), script};
}

Case no_login() {
    Script script = until_hello(TlsMode::none, {"SIZE 0"});
    add_transfer(script);
    return {"no_login", smtp_settings(TlsMode::none, SmtpAuth::none), script};
}

Case helo_fallback() {
    Script script;
    script.resolve().connect().server(Stage::greeting, "220-hello\n220 there\n");
    script.client(Stage::hello, "EHLO [169.254.114.107]\n")
        .server(Stage::hello, "502 unknown\n")
        .client(Stage::hello, "HELO [169.254.114.107]\n")
        .server(Stage::hello, "250-one\n250-two\n250 three\n");
    add_transfer(script, false);
    return {"helo_fallback", smtp_settings(TlsMode::none, SmtpAuth::none), script};
}

Case pipelined() {
    Script script = until_hello(TlsMode::none, {"PIPELINING", "SIZE"});
    script
        .client(Stage::envelope,
                "MAIL FROM:<847915049@qq.com> SIZE=88\nRCPT TO:<847915049@qq.com>\nDATA\n")
        .server(Stage::envelope, "250 Ok\n")
        .server(Stage::envelope, "250 Ok\n")
        .server(Stage::data, "354 go\n")
        .client(Stage::accept, kSmallMailLines)
        .server(Stage::accept, "250 2.0.0 Ok: queued as 4XyZ\n")
        .client(Stage::quit, "QUIT\n")
        .server(Stage::quit, "221 Bye\n");
    SmtpSettings settings = smtp_settings(TlsMode::none, SmtpAuth::none);
    settings.pipelining = true;
    return {"pipelined", settings, script};
}

std::vector<Case> all_cases() {
    return {implicit_plain(), starttls_login(), plaintext_cram_md5(),
            no_login(),       helo_fallback(),  pipelined()};
}

class SmtpSteps : public testing::TestWithParam<Case> {};

TEST_P(SmtpSteps, CleanRunIsAcceptedAndPlaysTheWholeScript) {
    const SmtpRun run(GetParam().script, GetParam().settings, small_mail());
    EXPECT_EQ(run.outcome(), "accepted") << run.visible();
    EXPECT_TRUE(run.channel.finished());
    EXPECT_TRUE(run.channel.closed());
    EXPECT_EQ(run.channel.surprises(), std::vector<std::string>{});
    EXPECT_EQ(run.trace.disorder, 0);
    EXPECT_FALSE(run.trace.open);
    // Each stage of the script, in its order, and nothing else.
    std::vector<std::string> expected;
    for (const Step& step : GetParam().script.steps) {
        std::string name(to_string(step.stage));
        if (expected.empty() || expected.back() != name) expected.push_back(name);
    }
    EXPECT_EQ(run.trace.stages, expected);
    EXPECT_EQ(run.visible().find(kPassword), std::string::npos);
}

TEST_P(SmtpSteps, EachFaultOfEachStepIsBlamedOnItsStageAndCause) {
    const auto& [name, settings, script] = GetParam();
    int faults = 0;
    for (std::size_t i = 0; i < script.steps.size(); ++i) {
        for (const Fault& fault : faults_of(script, i)) {
            SCOPED_TRACE(to_string(fault));
            ++faults;
            const SmtpRun run(script, settings, small_mail(), fault);
            const std::string expected = expected_outcome(Side::sending, script.steps[i], fault);
            EXPECT_EQ(run.outcome(), expected.empty() ? "accepted" : expected) << run.visible();
            EXPECT_EQ(run.channel.surprises(), std::vector<std::string>{});
            EXPECT_EQ(run.trace.disorder, 0);
            EXPECT_FALSE(run.trace.open);
            EXPECT_TRUE(run.channel.closed());
            ASSERT_FALSE(run.trace.stages.empty());
            const Stage stage = script.steps[i].stage;
            if (run.failure) {
                EXPECT_EQ(run.trace.stages.back(), expected);
                EXPECT_EQ(may_have_been_taken(run.failure->pair()), stage == Stage::accept);
                EXPECT_EQ(run.failure->what()[0] == '\0', false);
                EXPECT_FALSE(run.listener.accepted_at);
            } else {
                EXPECT_TRUE(run.listener.accepted_at);
                EXPECT_EQ(run.trace.stages.back().substr(0, 5), "quit:");
            }
            // Handed exactly if the write with the dot was issued.
            EXPECT_EQ(run.listener.handed_at.has_value(),
                      stage == Stage::accept || stage == Stage::quit);
            EXPECT_EQ(run.listener.connecting_at.has_value(), stage != Stage::resolve);
            EXPECT_EQ(run.visible().find(kPassword), std::string::npos);
        }
    }
    EXPECT_GT(faults, 80);
}

INSTANTIATE_TEST_SUITE_P(Scripts, SmtpSteps, testing::ValuesIn(all_cases()),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace mailprobed::script
