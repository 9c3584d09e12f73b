// SPDX-License-Identifier: Apache-2.0
// The rules of a look: STLS, listings, headers, whole mails, deletions, QUIT.
#include "tests/session/pop3_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mailprobed::script {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

void expect_played(const Pop3Run& run, const std::string& outcome) {
    EXPECT_EQ(run.outcome(), outcome) << run.visible();
    EXPECT_THAT(run.channel.surprises(), IsEmpty());
    EXPECT_TRUE(run.channel.finished());
}

// Logged in over TLS, with the capabilities `offers`; nothing is asked again after login.
Script logged_in(std::vector<std::string> offers) {
    Script script = until_login(TlsMode::implicit, offers);
    add_user_pass(script);
    return script;
}

MailboxSettings one_by_one() {
    MailboxSettings settings = pop3_settings(TlsMode::implicit);
    settings.pipelining = false;
    return settings;
}

TEST(Pop3StartTls, B1_1_NotOfferedRefusedOrOddlyAnsweredEndsWithoutLogin) {
    Script hidden;
    hidden.resolve().connect().server(Stage::greeting, "+OK\n");
    add_capa(hidden, {"USER", "SASL PLAIN", "STLSX"});
    hidden.client(Stage::starttls, "QUIT\n");
    expect_played(Pop3Run(hidden, pop3_settings(TlsMode::starttls), {}),
                  "starttls:tls_unavailable");

    // No CAPA must not mean no TLS (curl test 985).
    for (const bool capa : {true, false}) {
        for (const char* answer : {"-ERR no\n", "-ERR [SYS/TEMP] no\n", "+ continue\n"}) {
            Script script;
            script.resolve().connect().server(Stage::greeting, "+OK\n");
            add_capa(script, capa ? std::vector<std::string>{"STLS"} : std::vector<std::string>{});
            script.client(Stage::starttls, "STLS\n")
                .server(Stage::starttls, answer)
                .client(Stage::starttls, "QUIT\n");
            const Pop3Run run(script, pop3_settings(TlsMode::starttls), {});
            expect_played(run, "starttls:tls_unavailable");
        }
    }
}

TEST(Pop3StartTls, B1_5_OctetsBehindTheResponseAreAnInjection) {
    for (const char* injected : {"+OK go\n+OK injected\n", "+OK go\nx"}) {
        Script script;
        script.resolve().connect().server(Stage::greeting, "+OK\n");
        add_capa(script, {"STLS"});
        script.client(Stage::starttls, "STLS\n").server(Stage::starttls, injected);
        expect_played(Pop3Run(script, pop3_settings(TlsMode::starttls), {}),
                      "starttls:tls_injection");
    }
    Script early;
    early.resolve().connect().server(Stage::greeting, "+OK\n");
    early.client(Stage::hello, "CAPA\n").server(Stage::hello, "+OK\nSTLS\n.\n+OK go\n");
    expect_played(Pop3Run(early, pop3_settings(TlsMode::starttls), {}), "starttls:tls_injection");
}

TEST(Pop3StartTls, A2_05_CapabilitiesBeforeTlsAreForgotten) {
    // until_login() offers SASL PLAIN, TOP and PIPELINING before TLS, and here nothing after it.
    Script script = until_login(TlsMode::starttls, {});
    add_user_pass(script);
    script.client(Stage::headers, "TOP 1 1\n").server(Stage::headers, "+OK\n\n.\n");
    script.client(Stage::headers, "TOP 2 1\n").server(Stage::headers, "+OK\n\n.\n");
    Seen seen;
    expect_played(Pop3Run(script, pop3_settings(TlsMode::starttls), read_headers(seen, {1, 2})),
                  "done");
}

TEST(Pop3Session, A2_01_AnErrorForAGreetingIsTheServersState) {
    const struct {
        const char* greeting;
        const char* outcome;
    } cases[] = {{"-ERR closed\n", "greeting:rejected_permanent"},
                 {"-ERR [SYS/TEMP] busy\n", "greeting:rejected_transient"},
                 {"-ERR [IN-USE] busy\n", "greeting:rejected_transient"},
                 {"+OKAY\n", "greeting:protocol_error"},
                 {"220 smtp\n", "greeting:protocol_error"},
                 {"\n", "greeting:protocol_error"}};
    for (const auto& [greeting, outcome] : cases) {
        Script script;
        script.resolve().connect().server(Stage::greeting, greeting);
        if (greeting[0] == '-') script.client(Stage::greeting, "QUIT\n");
        expect_played(Pop3Run(script, pop3_settings(TlsMode::none), {}), outcome);
    }
}

TEST(Pop3Session, EachListedLineCarriesTheInstantItWasRead) {
    Script script = logged_in({"USER"});
    script.client(Stage::list, "UIDL\n");
    script.server(Stage::list, "+OK\n1 a\n2 b\n.\n").dripping(5, 1s);
    Seen seen;
    const Pop3Run run(script, one_by_one(), read_list(seen));
    expect_played(run, "done");
    // "+OK\r\n", "1 a\r\n", "2 b\r\n", ".\r\n": a second for each.
    ASSERT_EQ(seen.read_at.size(), 2U);
    EXPECT_EQ(seen.read_at[1] - seen.read_at[0], 1s);
    EXPECT_EQ(run.channel.now() - seen.read_at[1], 1s);
}

TEST(Pop3Session, A2_11_OddListingsAreReadOrRefusedWhole) {
    const struct {
        std::string lines;
        const char* outcome;
    } cases[] = {
        {"", "done"},
        {"1 a\n1 a\n2 a\n", "done"},
        {"1   a  \n", "done"},
        {"4294967295 " + std::string(70, 'x') + "\n", "done"},
        {"1 " + std::string(71, 'x') + "\n", "done"},
        {"1\n", "done"},
        {"0 a\n", "list:protocol_error"},
        {"-1 a\n", "list:protocol_error"},
        {"4294967296 a\n", "list:protocol_error"},
        {"1 a b\n", "done"},
        {"1 \x80\n", "done"},
        {"1 " + std::string(5000, 'x') + "\n", "list:limit_exceeded"},
    };
    for (const auto& [lines, outcome] : cases) {
        Script script = logged_in({"USER"});
        script.client(Stage::list, "UIDL\n").server(Stage::list, "+OK\n" + lines + ".\n");
        Seen seen;
        const Pop3Run run(script, one_by_one(), read_list(seen));
        EXPECT_EQ(run.outcome(), outcome) << run.visible();
        EXPECT_THAT(run.channel.surprises(), IsEmpty());
    }
}

TEST(Pop3Session, A2_04_ABareLfEndsLinesAndListingsOfAServerThatKnowsNoCrlf) {
    Script script = logged_in({"USER"});
    script.client(Stage::list, "UIDL\n").server(Stage::list, "+OK\n1 a\n2 b\n.\n");
    for (Step& step : script.steps) {
        if (step.kind == Kind::server) std::erase(step.bytes, '\r');
    }
    Seen seen;
    expect_played(Pop3Run(script, one_by_one(), read_list(seen)), "done");
    EXPECT_EQ(seen.listed.size(), 2U);
}

TEST(Pop3Session, AListingThatEndsInLfOfAServerThatKnowsCrlfIsToldAsSuch) {
    Script script = logged_in({"USER"});
    script.client(Stage::list, "UIDL\n").raw(Stage::list, "+OK\n1 a\n2 b\n.\n");
    Seen seen;
    const Pop3Run run(script, one_by_one(), read_list(seen));
    EXPECT_EQ(run.outcome(), "list:protocol_error");
    EXPECT_NE(run.visible().find("ends lines with CRLF"), std::string::npos) << run.visible();
}

TEST(Pop3Session, UidlRefusedForAReasonIsNotMissing) {
    Script script = logged_in({"USER"});
    script.client(Stage::list, "UIDL\n").server(Stage::list, "-ERR [SYS/TEMP] later\n");
    Seen seen;
    expect_played(Pop3Run(script, one_by_one(), read_list(seen)), "list:rejected_transient");
    EXPECT_TRUE(seen.has_uidl);
}

TEST(Pop3Session, A2_18_AMillionEntriesAreStreamedAndOneMoreIsTooMany) {
    for (const std::uint32_t entries : {1'000'000U, 1'000'001U}) {
        std::string lines = "+OK\r\n";
        lines.reserve(10'000'000);
        for (std::uint32_t i = 1; i <= entries; ++i) {
            lines += std::to_string(i) + " u\r\n";
        }
        Script script = logged_in({"USER"});
        script.client(Stage::list, "UIDL\n").raw(Stage::list, lines + ".\r\n");
        script.steps.back().takes = 1us;
        std::uint32_t seen = 0;
        const auto visit = [](Pop3Session& session, std::uint32_t& count) -> Awaitable<void> {
            std::function<void(const ListedEntry&)> each = [&count](const ListedEntry&) {
                ++count;
            };
            co_await session.list(std::move(each));
        };
        const Pop3Run run(script, one_by_one(),
                          [&](Pop3Session& session) { return visit(session, seen); });
        EXPECT_EQ(run.outcome(), entries == 1'000'000 ? "done" : "list:limit_exceeded");
        EXPECT_EQ(seen, 1'000'000U);
        EXPECT_LT(run.trace.lines.size(), 250U);
    }
}

TEST(Pop3Session, A2_13_MailsWithoutTopAreReadWithRetrAndTheirSizeIsBounded) {
    Script script = logged_in({"USER"});
    const std::string line(98, 'x');
    std::string big;
    for (int i = 0; i < 11'000; ++i) {
        big += line + '\n';
    }
    script.client(Stage::body, "RETR 3\n").server(Stage::body, "+OK\nA: b\n\nx\n.\n");
    script.client(Stage::body, "RETR 2\n").server(Stage::body, "+OK\nA: c\n\n" + big + ".\n");
    script.client(Stage::body, "RETR 1\n").server(Stage::body, "-ERR no such message\n");
    Seen seen;
    expect_played(Pop3Run(script, one_by_one(), read_headers(seen, {3, 2, 1})), "done");
    ASSERT_EQ(seen.messages.size(), 3U);
    EXPECT_EQ(seen.messages[0].body, "x\r\n");
    EXPECT_EQ(seen.messages[1].headers.get("a"), "c");
    EXPECT_EQ(seen.messages[1].body->size(), 256U * 1024U / 100U * 100U);
    EXPECT_TRUE(seen.messages[1].body_cut);
    EXPECT_TRUE(seen.messages[1].present);
    EXPECT_FALSE(seen.messages[2].present);
    EXPECT_EQ(seen.messages[2].refusal, "RETR refused: -ERR no such message");

    Script retrieve = logged_in({"USER"});
    retrieve.client(Stage::body, "RETR 2\n").server(Stage::body, "+OK\nA: c\n\n" + big + ".\n");
    const auto visit = [](Pop3Session& session) -> Awaitable<void> {
        co_await session.retrieve(2);
    };
    EXPECT_EQ(Pop3Run(retrieve, one_by_one(), visit).outcome(), "body:too_big");
}

TEST(Pop3Session, AGoneFirstEntryDoesNotMeanThatTopIsUnknown) {
    Script script = until_login(TlsMode::implicit, {});
    add_user_pass(script);
    script.client(Stage::headers, "TOP 9 1\n").server(Stage::headers, "-ERR no such message\n");
    script.client(Stage::body, "RETR 9\n").server(Stage::body, "-ERR no such message\n");
    script.client(Stage::headers, "TOP 8 1\n").server(Stage::headers, "+OK\nA: b\n\n.\n");
    script.client(Stage::headers, "TOP 7 1\n").server(Stage::headers, "-ERR no such message\n");
    script.client(Stage::headers, "TOP 6 1\n").server(Stage::headers, "+OK\nA: c\n.\n");
    Seen seen;
    expect_played(Pop3Run(script, one_by_one(), read_headers(seen, {9, 8, 7, 6})), "done");
    ASSERT_EQ(seen.messages.size(), 4U);
    EXPECT_EQ(seen.messages[3].headers.get("A"), "c");
}

// A damaged mail must not end every look (RFC 3206 2: the trouble may be of the one command).
TEST(Pop3Session, AMailThatTheServerCannotReadIsLeftOutAndTheOthersAreRead) {
    for (const char* refusal : {"-ERR [SYS/TEMP] disk\n", "-ERR [SYS/PERM] corrupt\n"}) {
        Script script = logged_in({"USER", "TOP"});
        script.client(Stage::headers, "TOP 2 1\n").server(Stage::headers, refusal);
        script.client(Stage::headers, "TOP 1 1\n").server(Stage::headers, "+OK\nA: b\n\n.\n");
        Seen seen;
        expect_played(Pop3Run(script, one_by_one(), read_headers(seen, {2, 1})), "done");
        ASSERT_EQ(seen.messages.size(), 2U);
        EXPECT_FALSE(seen.messages[0].present);
        EXPECT_TRUE(seen.messages[1].present);
    }
}

TEST(Pop3Session, ATopRefusedBecauseTheMailboxIsInUseEndsTheLook) {
    Script script = logged_in({"USER", "TOP"});
    script.client(Stage::headers, "TOP 1 1\n").server(Stage::headers, "-ERR [IN-USE] stolen\n");
    Seen seen;
    expect_played(Pop3Run(script, one_by_one(), read_headers(seen, {1})), "headers:protocol_error");
    EXPECT_THAT(seen.messages, IsEmpty());
}

TEST(Pop3Session, TheFirstLineOfTheBodyIsReadAndTheEndOfTheHeaderTold) {
    Script script = logged_in({"USER", "TOP"});
    const std::string body = "..first\nsecond\n";
    script.client(Stage::headers, "TOP 3 1\n")
        .server(Stage::headers, "+OK\nA: b\n\n" + body + ".\n");
    script.client(Stage::headers, "TOP 2 1\n").server(Stage::headers, "+OK\nA: b\n.\n");
    script.client(Stage::headers, "TOP 1 1\n")
        .server(Stage::headers, "+OK\nA: b\n\n" + std::string(100'000, 'x') + "\n.\n");
    Seen seen;
    expect_played(Pop3Run(script, one_by_one(), read_headers(seen, {3, 2, 1})), "done");
    ASSERT_EQ(seen.messages.size(), 3U);
    EXPECT_EQ(seen.messages[0].first_line, ".first");
    EXPECT_FALSE(seen.messages[0].body) << "one line is no body";
    EXPECT_TRUE(seen.messages[0].header_ended);
    EXPECT_FALSE(seen.messages[1].header_ended) << "a server that lost its storage says so much";
    EXPECT_EQ(seen.messages[2].first_line.size(), kMaxFirstLine);
}

// B4.3: one field of 100 KiB, lines of 1 MiB.
TEST(Pop3Session, OverlongHeaderLinesAreCutAndDoNotEndTheLook) {
    Script script = logged_in({"USER", "TOP"});
    script.client(Stage::headers, "TOP 1 1\n")
        .server(Stage::headers, "+OK\nX: " + std::string(1'000'000, 'x') + "\nSubject: s\n " +
                                    std::string(10'000, 'y') + "\nTo: t\n\n.\n");
    Seen seen;
    expect_played(Pop3Run(script, one_by_one(), read_headers(seen, {1})), "done");
    ASSERT_EQ(seen.messages.size(), 1U);
    EXPECT_EQ(seen.messages[0].headers.fields().size(), 3U);
    EXPECT_EQ(seen.messages[0].headers.get("to"), "t");
    EXPECT_LT(seen.messages[0].headers.get("x")->size(), 5000U);
}

TEST(Pop3Session, TopsAreSentSixteenAtATimeAndEachBatchHasItsOwnTime) {
    Script script = until_login(TlsMode::implicit, {"USER", "TOP", "PIPELINING"});
    add_user_pass(script);
    std::vector<std::uint32_t> numbers;
    for (int batch = 0; batch < 3; ++batch) {
        std::string commands;
        std::string answers;
        for (int i = 0; i < (batch == 2 ? 1 : 16); ++i) {
            numbers.push_back(static_cast<std::uint32_t>(100 - batch * 16 - i));
            commands += "TOP " + std::to_string(numbers.back()) + " 1\n";
            answers += "+OK\nN: " + std::to_string(numbers.back()) + "\n\n.\n";
        }
        script.client(Stage::headers, commands).server(Stage::headers, answers);
        script.steps.back().takes = 29s;
    }
    Seen seen;
    expect_played(Pop3Run(script, pop3_settings(TlsMode::implicit), read_headers(seen, numbers)),
                  "done");
    ASSERT_EQ(seen.messages.size(), numbers.size());
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        EXPECT_EQ(seen.messages[i].headers.get("n"), std::to_string(numbers[i]));
    }
}

// Else headers would be taken for another entry's, and the wrong mail would be deleted.
TEST(Pop3Session, AResponseTooManyEndsTheSession) {
    Script script = logged_in({"USER", "TOP"});
    script.client(Stage::headers, "TOP 1 1\n")
        .server(Stage::headers, "+OK\n+OK\n\n.\n+OK\nA: b\n\n.\n");
    Seen seen;
    expect_played(Pop3Run(script, one_by_one(), read_headers(seen, {1, 2})),
                  "headers:protocol_error");
}

Awaitable<void> remove_and_quit(Pop3Session& session, Removal& removal) {
    const std::vector<std::uint32_t> own{1, 2, 3};
    removal = co_await session.remove(own, Instant::max());
    co_await session.close();
}

TEST(Pop3Session, ARefusedDeletionIsToldAndTheOthersAreMade) {
    Script script = logged_in({"USER"});
    for (const auto& [number, answer] :
         {std::pair{"1", "+OK\n"}, {"2", "-ERR no\n"}, {"3", "+OK\n"}}) {
        script.client(Stage::remove, "DELE " + std::string(number) + "\n")
            .server(Stage::remove, answer);
    }
    add_quit(script);
    Removal removal;
    const auto visit = [&removal](Pop3Session& session) {
        return remove_and_quit(session, removal);
    };
    expect_played(Pop3Run(script, one_by_one(), visit), "done");
    EXPECT_EQ(removal.marked, (std::vector<std::uint32_t>{1, 3}));
    ASSERT_TRUE(removal.refused);
    EXPECT_EQ(removal.refused->stage(), Stage::remove);
    EXPECT_EQ(removal.refused->cause(), Cause::protocol_error);
}

TEST(Pop3Session, A2_14_DeletionsHoldOnlyAfterQuitSaysOk) {
    for (const char* answer : {"+OK\n", "-ERR some not removed\n", "+ what\n"}) {
        Script script = logged_in({"USER"});
        script.client(Stage::quit, "QUIT\n").server(Stage::quit, answer);
        std::optional<bool> held;
        const auto visit = [](Pop3Session& session,
                              std::optional<bool>& result) -> Awaitable<void> {
            const Farewell farewell = co_await session.close();
            result = farewell.confirmed;
        };
        const Pop3Run run(script, one_by_one(),
                          [&](Pop3Session& session) { return visit(session, held); });
        expect_played(run, "done");
        EXPECT_EQ(held, answer == std::string_view("+OK\n"));
        EXPECT_TRUE(run.channel.closed());
        EXPECT_EQ(run.trace.stages.back(), *held ? "quit" : "quit:protocol_error");
    }
}

TEST(Pop3Session, B4_1_AnEndlessCapabilityListIsCutOff) {
    Script script;
    script.resolve().connect().server(Stage::greeting, "+OK\n").client(Stage::hello, "CAPA\n");
    std::string list = "+OK\n";
    for (int i = 0; i < 1000; ++i) {
        list += "X" + std::to_string(i) + "\n";
    }
    script.server(Stage::hello, list + ".\n");
    EXPECT_EQ(Pop3Run(script, pop3_settings(TlsMode::none), {}).outcome(), "hello:limit_exceeded");
}

}  // namespace
}  // namespace mailprobed::script
