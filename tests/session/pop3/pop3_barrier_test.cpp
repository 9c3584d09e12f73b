// SPDX-License-Identifier: Apache-2.0
// A dialogue is in step as long as every answer belongs to what was asked.
#include "tests/session/pop3_fixture.hpp"

#include <gtest/gtest.h>

namespace mailprobed::script {
namespace {

Script listed(const std::string& listing = "+OK\n1 first\n2 second\n.\n") {
    Script script = until_login(TlsMode::implicit, {"USER", "TOP"});
    add_user_pass(script);
    script.client(Stage::list, "UIDL\n").server(Stage::list, listing);
    script.client(Stage::headers, "TOP 1 1\n").server(Stage::headers, "+OK\nA: b\n\n.\n");
    return script;
}

struct End {
    std::optional<bool> proven;
    bool out_of_step = false;
    Farewell farewell;
};

Awaitable<void> visit(Pop3Session& session, End& end) {
    std::function<void(const ListedEntry&)> each_line = [](const ListedEntry&) {};
    co_await session.list(std::move(each_line));
    const std::vector<std::uint32_t> numbers{1};
    std::function<void(FetchedMessage&&)> each = [](FetchedMessage&&) {};
    co_await session.headers(numbers, Pace::single, std::move(each));
    try {
        end.proven = co_await session.verify_step();
        end.farewell = co_await session.close();
    } catch (const Failure&) {
        end.out_of_step = session.out_of_step();
        throw;
    }
}

End run_visit(const Script& script, const std::string& outcome = "done", Fault fault = {}) {
    End end;
    MailboxSettings settings = pop3_settings(TlsMode::implicit);
    settings.pipelining = false;
    const Pop3Run run(script, settings, [&end](Pop3Session& s) { return visit(s, end); }, fault);
    EXPECT_EQ(run.outcome(), outcome) << run.visible();
    return end;
}

TEST(Pop3Step, TheLineOfTheListingProvesIt) {
    Script script = listed();
    script.client(Stage::list, "UIDL 2\n").server(Stage::list, "+OK 2 second\n");
    script.client(Stage::quit, "QUIT\n").server(Stage::quit, "+OK\nand more\n");
    const End end = run_visit(script);
    EXPECT_EQ(end.proven, true);
    EXPECT_TRUE(end.farewell.confirmed);
    EXPECT_TRUE(end.farewell.in_step) << "what follows QUIT says nothing then";
}

TEST(Pop3Step, TheWholeListingAgainProvesItToo) {
    Script script = listed();
    script.client(Stage::list, "UIDL 2\n").server(Stage::list, "+OK\n1 first\n2 second\n.\n");
    add_quit(script);
    EXPECT_TRUE(run_visit(script).farewell.in_step);
}

TEST(Pop3Step, AnyOtherAnswerIsOutOfStep) {
    for (const char* answer :
         {"+OK 1 second\n", "+OK 2 first\n", "+OK 2\n", "+OK\nA: b\n\n.\n", "+OK\n1 first\n.\n",
          "+OK\n2 second\n1 first\n.\n", "+OK\n1 first\n2 second\n3 third\n.\n", "A: b\n", "\n",
          "+OK 2 second third\n"}) {
        Script script = listed();
        script.client(Stage::list, "UIDL 2\n").server(Stage::list, answer);
        const End end = run_visit(script, "list:protocol_error");
        EXPECT_FALSE(end.proven) << answer;
        EXPECT_TRUE(end.out_of_step) << answer;
    }
}

TEST(Pop3Step, OctetsNobodyAskedForAreOutOfStep) {
    Script script = listed();
    script.steps.back().bytes += "+OK\r\n";
    EXPECT_TRUE(run_visit(script, "list:protocol_error").out_of_step);
}

TEST(Pop3Step, WhereTheServerRefusesToRepeatQuitMustHaveOneLineAndNoMore) {
    for (const auto& [answer, in_step] :
         {std::pair{"+OK bye\n", true}, {"+OK\n\n", false}, {"+OK\n+OK 2 second\n", false}}) {
        Script script = listed();
        script.client(Stage::list, "UIDL 2\n").server(Stage::list, "-ERR no arguments\n");
        script.client(Stage::list, "LIST 2\n").server(Stage::list, "-ERR no arguments\n");
        script.client(Stage::quit, "QUIT\n").server(Stage::quit, answer);
        const End end = run_visit(script);
        EXPECT_EQ(end.proven, false);
        EXPECT_TRUE(end.farewell.confirmed);
        EXPECT_EQ(end.farewell.in_step, in_step) << answer;
    }
}

TEST(Pop3Step, WhereOnlyListTakesANumberItProvesIt) {
    Script script = listed();
    script.client(Stage::list, "UIDL 2\n").server(Stage::list, "-ERR no arguments\n");
    script.client(Stage::list, "LIST 2\n").server(Stage::list, "+OK 2 320\n");
    add_quit(script);
    EXPECT_EQ(run_visit(script).proven, true);
}

TEST(Pop3Step, AfterTheProofAMissingAnswerToQuitSaysNothingOfAbsence) {
    Script script = listed();
    script.client(Stage::list, "UIDL 2\n").server(Stage::list, "+OK 2 second\n");
    add_quit(script);
    for (const Fault& fault : faults_of(script, script.steps.size() - 1)) {
        const End end = run_visit(script, "done", fault);
        EXPECT_FALSE(end.farewell.confirmed);
        EXPECT_TRUE(end.farewell.in_step) << to_string(fault);
    }
}

// A stranger's mail with LF.LF in it, from a server that stuffs only after CRLF: without the rule
// of line ends the text behind the dot would be the answer to the next command.
TEST(Pop3Step, AMailCannotAnswerInTheServersNameByBareLineFeeds) {
    Script script = until_login(TlsMode::implicit, {"USER", "TOP"});
    add_user_pass(script);
    script.client(Stage::list, "UIDL\n").server(Stage::list, "+OK\n1 first\n2 second\n.\n");
    script.client(Stage::headers, "TOP 1 1\n");
    script.server(Stage::headers, "+OK\n\n.\n");
    script.steps.back().bytes = "+OK\r\nA: b\n.\n+OK\nX: y\r\n\r\n.\r\n";
    script.client(Stage::list, "UIDL 2\n").server(Stage::list, "+OK 2 second\n");
    add_quit(script);
    EXPECT_TRUE(run_visit(script).farewell.in_step);
}

TEST(Pop3Step, AServerThatMixesLineEndsIsToldSoAndNotWaitedFor) {
    Script script = listed();
    script.steps.back().bytes = "+OK\r\nA: b\r\n\r\n.\n";
    script.server(Stage::headers, "never\n");
    script.steps.back().takes = std::chrono::seconds{29};
    End end;
    MailboxSettings settings = pop3_settings(TlsMode::implicit);
    settings.pipelining = false;
    const Pop3Run run(script, settings, [&end](Pop3Session& s) { return visit(s, end); });
    EXPECT_EQ(run.outcome(), "headers:protocol_error");
    EXPECT_NE(run.visible().find("line"), std::string::npos);
    EXPECT_LT(run.channel.now() - ScriptedChannel::kStart, std::chrono::seconds{3});
}

}  // namespace
}  // namespace mailprobed::script
