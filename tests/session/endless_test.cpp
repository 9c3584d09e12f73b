// SPDX-License-Identifier: Apache-2.0
// B4.1, B4.2: whatever a server says without end is bounded in octets, lines, rounds, time and
// memory, at every step of both protocols.
#include "tests/session/endless_channel.hpp"
#include "tests/session/heap_peak.hpp"
#include "tests/session/pop3_fixture.hpp"
#include "tests/session/smtp_fixture.hpp"

#include <gtest/gtest.h>

namespace mailprobed::script {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMebibyte = 1024UL * 1024UL;

class Deaf final : public SendListener {
    void connecting(Instant /*at*/) override {}
    void handed(Instant /*at*/) override {}
    void accepted(Instant /*at*/, std::string_view /*reply*/) override {}
};

/// A submission to an endless server, traced as a person would see it.
std::string submit(EndlessChannel& channel, const SmtpSettings& settings) {
    RecordingTrace trace;
    Deaf listener;
    try {
        run(send_mail(channel, settings, small_mail(), Instant::max(), listener, trace));
        return "accepted";
    } catch (const Failure& failure) {
        EXPECT_LT(std::string_view(failure.what()).size(), 1000U);
        return to_string(failure);
    }
}

// Keeps nothing of what it reads, so that only the session's own memory is measured.
Awaitable<void> look_once(Pop3Session& session) {
    co_await session.open();
    co_await session.count();
    std::function<void(const ListedEntry&)> each_entry = [](const ListedEntry&) {};
    co_await session.list(std::move(each_entry));
    const std::vector<std::uint32_t> numbers{1};
    std::function<void(FetchedMessage&&)> each_mail = [](FetchedMessage&&) {};
    co_await session.headers(numbers, Pace::batches, std::move(each_mail));
    co_await session.retrieve(1);
    const Removal removal = co_await session.remove(numbers, Instant::max());
    if (removal.refused) throw *removal.refused;
    co_await session.close();
}

std::string look(EndlessChannel& channel, const MailboxSettings& settings) {
    RecordingTrace trace;
    Pop3Session session(channel, settings, Instant::max(), trace);
    try {
        run(look_once(session));
        return "done";
    } catch (const Failure& failure) {
        EXPECT_LT(std::string_view(failure.what()).size(), 1000U);
        return to_string(failure);
    }
}

struct Case {
    const char* at;
    Words words;
    const char* outcome;
    std::size_t octets = 100'000;
};

TEST(EndlessSmtp, B4_1_EveryReplyIsBoundedInOctetsLinesTimeAndMemory) {
    const Words lines{"", "220-x\r\n"};
    const Words line{"220 ", "x"};
    const std::vector<Case> cases{
        {"", lines, "greeting:protocol_error"},
        {"", line, "greeting:protocol_error"},
        {"", {"", "\r\n"}, "greeting:protocol_error"},
        {"", {"", std::string(1, '\0')}, "greeting:protocol_error"},
        {"", {"", "220-" + std::string(4000, 'x') + "\r\n"}, "greeting:protocol_error"},
        {"EHLO", {"", "250-AUTH PLAIN\r\n"}, "hello:protocol_error"},
        {"EHLO", {"250-AUTH ", "PLAIN "}, "hello:protocol_error"},
        {"STARTTLS", lines, "starttls:tls_unavailable"},
        {"STARTTLS", line, "starttls:tls_unavailable"},
        {"AUTH", {"", "334-x\r\n"}, "auth:protocol_error"},
        {"AUTH", {"", "535-" + std::string(4000, 'x') + "\r\n"}, "auth:protocol_error"},
        {"MAIL", {"", "250-x\r\n"}, "envelope:protocol_error"},
        {"RCPT", line, "envelope:protocol_error"},
        {"DATA", {"", "354-x\r\n"}, "data:rejected_permanent"},
        {"DOT", {"", "250-x\r\n"}, "accept:eof"},
        {"DOT", line, "accept:eof"},
        {"QUIT", {"", "221-x\r\n"}, "accepted"},
        {"QUIT", line, "accepted"},
    };
    for (const Case& c : cases) {
        const std::string where = std::string(c.at) + " " + c.words.forever.substr(0, 9);
        EndlessChannel channel(smtp_server(c.at, c.words));
        const HeapPeak heap;
        EXPECT_EQ(submit(channel, smtp_settings(TlsMode::starttls)), c.outcome) << where;
        EXPECT_LE(heap.growth(), kMebibyte) << where;
        EXPECT_LE(channel.octets(), c.octets) << where;
        EXPECT_LT(channel.elapsed(), 10s) << where;
    }
}

TEST(EndlessPop3, B4_1_EveryResponseIsBoundedInOctetsLinesTimeAndMemory) {
    const Words line{"+OK ", "x"};
    const std::string field(990, 'f');
    const std::vector<Case> cases{
        {"", line, "greeting:protocol_error"},
        {"", {"", std::string(1, '\0')}, "greeting:protocol_error"},
        {"CAPA", line, "hello:limit_exceeded"},
        {"CAPA", {"+OK\r\n", "SASL PLAIN\r\n"}, "hello:limit_exceeded"},
        {"CAPA", {"+OK\r\nSASL ", "PLAIN "}, "hello:limit_exceeded"},
        {"STLS", line, "starttls:tls_unavailable"},
        {"USER", line, "auth:protocol_error"},
        {"PASS", {"-ERR ", "x"}, "auth:protocol_error"},
        {"STAT", line, "list:limit_exceeded"},
        {"UIDL", line, "list:limit_exceeded"},
        {"UIDL", {"+OK\r\n", "7 u\r\n"}, "list:limit_exceeded", 6 * kMebibyte},
        {"UIDL", {"+OK\r\n7 ", "u"}, "list:limit_exceeded"},
        {"UIDL", {"+OK\r\n", "\r\n"}, "list:protocol_error"},
        {"TOP", line, "headers:protocol_error"},
        {"TOP",
         {"+OK\r\n", "Received: " + field + "\r\n"},
         "headers:protocol_error",
         17 * kMebibyte},
        {"TOP",
         {"+OK\r\nA: b\r\n", " " + field + "\r\n"},
         "headers:protocol_error",
         17 * kMebibyte},
        {"TOP", {"+OK\r\nA: ", "b"}, "headers:protocol_error", 17 * kMebibyte},
        {"TOP", {"+OK\r\nA: b\r\n\r\n", "body\r\n"}, "headers:protocol_error", 17 * kMebibyte},
        {"RETR", line, "body:too_big"},
        {"RETR", {"+OK\r\n", "A: b\r\n"}, "body:too_big", 17 * kMebibyte},
        {"RETR", {"+OK\r\nA: b\r\n\r\n", field + "\r\n"}, "body:too_big", 2 * kMebibyte},
        {"RETR", {"+OK\r\nA: b\r\n\r\n", "x"}, "body:too_big", 2 * kMebibyte},
        {"DELE", line, "remove:protocol_error"},
        {"QUIT", line, "done"},
    };
    for (const Case& c : cases) {
        const std::string where = std::string(c.at) + " " + c.words.forever.substr(0, 9);
        EndlessChannel channel(pop3_server(c.at, c.words));
        const HeapPeak heap;
        EXPECT_EQ(look(channel, pop3_settings(TlsMode::starttls)), c.outcome) << where;
        EXPECT_LE(heap.growth(), kMebibyte) << where;
        EXPECT_LE(channel.octets(), c.octets) << where;
        EXPECT_LT(channel.elapsed(), 30s) << where;
    }
}

// Where TOP is not known the whole mail is read, and all of it may be hostile at once.
TEST(EndlessPop3, B4_1_ABigHeaderBeforeAnEndlessBodyStaysWithinTheMemoryToo) {
    std::string mail = "+OK\r\nA: b\r\n";
    for (int i = 0; i < 300; ++i)
        mail += " " + std::string(990, 'f') + "\r\n";
    EndlessChannel channel(pop3_server("RETR", {mail + "\r\n", std::string(990, 'x') + "\r\n"}));
    const HeapPeak heap;
    EXPECT_EQ(look(channel, pop3_settings(TlsMode::starttls)), "body:too_big");
    EXPECT_LE(heap.growth(), kMebibyte);
}

std::size_t lines_with_login(const std::string& written) {
    std::size_t lines = 0;
    for (std::size_t at = 0; at < written.size(); at = written.find('\n', at) + 1) {
        const std::string_view line = std::string_view(written).substr(at);
        const bool other = line.starts_with("EHLO") || line.starts_with("STARTTLS") ||
                           line.starts_with("CAPA") || line.starts_with("STLS") ||
                           line.starts_with("QUIT");
        if (!other) ++lines;
    }
    return lines;
}

TEST(EndlessSmtp, B4_1_ALoopOfChallengesEndsAfterEightRoundsAtMost) {
    for (const SmtpAuth auth :
         {SmtpAuth::automatic, SmtpAuth::plain, SmtpAuth::login, SmtpAuth::cram_md5}) {
        // A server that never ends a login, and one that lets each mechanism be given up.
        for (const bool gives_in : {false, true}) {
            LineServer polite = smtp_server("-", {});
            LineServer loop = [&polite, gives_in](std::string_view line) -> Words {
                if (gives_in && line == "*") return {"501 given up\r\n", {}};
                const Words words = polite(line);
                const bool login = words.once.starts_with("235") || words.once.starts_with("334");
                return login ? Words{"334 bW9yZQ==\r\n", {}} : words;
            };
            EndlessChannel channel(loop);
            EXPECT_EQ(submit(channel, smtp_settings(TlsMode::starttls, auth)),
                      "auth:protocol_error");
            EXPECT_LE(lines_with_login(channel.written()), 8U) << channel.written();
            EXPECT_GE(lines_with_login(channel.written()), 2U);
        }
    }
}

TEST(EndlessPop3, B4_1_ALoopOfChallengesEndsAfterEightRoundsAtMost) {
    for (const Pop3Auth auth : {Pop3Auth::automatic, Pop3Auth::plain, Pop3Auth::user_pass}) {
        LineServer polite = pop3_server("CAPA", {"+OK\r\nSTLS\r\nSASL PLAIN\r\n.\r\n", {}});
        LineServer loop = [&polite](std::string_view line) -> Words {
            const bool before = line.empty() || line == "CAPA" || line == "STLS";
            return before ? polite(line) : Words{"+ bW9yZQ==\r\n", {}};
        };
        EndlessChannel channel(loop);
        EXPECT_EQ(look(channel, pop3_settings(TlsMode::starttls, auth)), "auth:protocol_error");
        EXPECT_LE(lines_with_login(channel.written()), 8U) << channel.written();
    }
}

Timeouts generous() {
    Timeouts timeouts;
    for (Duration* stage : {&timeouts.resolve, &timeouts.connect, &timeouts.tls, &timeouts.greeting,
                            &timeouts.command, &timeouts.auth, &timeouts.accept, &timeouts.quit}) {
        *stage = 24h;
    }
    timeouts.total = 180s;
    return timeouts;
}

// An octet each ten seconds, for ever: each is in time, even each stage would be.
TEST(EndlessSmtp, B4_2_ADripCannotOutliveTheTotalWhereverItBegins) {
    SmtpSettings settings = smtp_settings(TlsMode::starttls);
    settings.timeouts = generous();
    for (const char* at : {"", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "DOT", "QUIT"}) {
        EndlessChannel channel(smtp_server(at, {"", "250-drip"}), 10s, 1);
        const bool last = std::string_view(at) == "QUIT";
        const std::string outcome = submit(channel, settings);
        EXPECT_TRUE(outcome.ends_with(":timeout") || (last && outcome == "accepted")) << outcome;
        EXPECT_EQ(channel.elapsed(), 180s) << at;
    }
}

TEST(EndlessPop3, B4_2_ADripCannotOutliveTheTotalWhereverItBegins) {
    MailboxSettings settings = pop3_settings(TlsMode::starttls);
    settings.timeouts = generous();
    for (const char* at :
         {"", "CAPA", "STLS", "USER", "PASS", "STAT", "UIDL", "TOP", "RETR", "DELE", "QUIT"}) {
        EndlessChannel channel(pop3_server(at, {"", "+OK drip"}), 10s, 1);
        const bool last = std::string_view(at) == "QUIT";
        const std::string outcome = look(channel, settings);
        EXPECT_TRUE(outcome.ends_with(":timeout") || (last && outcome == "done")) << outcome;
        EXPECT_EQ(channel.elapsed(), 180s) << at;
    }
}

// Stages of many commands get their time anew for each batch; the total they do not get.
TEST(EndlessPop3, B4_2_MailsThatComeOneByOneInTimeEndWithTheTotalToo) {
    MailboxSettings settings = pop3_settings(TlsMode::starttls);
    settings.timeouts.total = 180s;
    EndlessChannel channel(pop3_server("-", {}), 2s, 5);
    RecordingTrace trace;
    Pop3Session session(channel, settings, Instant::max(), trace);
    run(session.open());
    const std::vector<std::uint32_t> numbers(10'000, 1);
    std::size_t read = 0;
    std::string outcome = "done";
    try {
        run(session.headers(numbers, Pace::batches, [&read](FetchedMessage&&) { ++read; }));
    } catch (const Failure& failure) {
        outcome = to_string(failure);
    }
    EXPECT_EQ(outcome, "headers:timeout");
    EXPECT_GT(read, 3U);
    EXPECT_EQ(channel.elapsed(), 180s);
}

}  // namespace
}  // namespace mailprobed::script
