// SPDX-License-Identifier: Apache-2.0
// What `status` prints for a given state of things.
#include "daemon/commands/status_table.hpp"

#include "daemon/commands/status_screen.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace mailprobed::daemon_test {
namespace {

using std::chrono::seconds;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr TextStyle kAscii{};
constexpr TextStyle kUnicode{0, true, false};
constexpr TextStyle kColour{0, false, true};

StatusProbe up(const std::string& name) {
    StatusProbe probe;
    probe.name = name;
    probe.state = ProbeState::up;
    probe.since = 1000;
    probe.success_1h = probe.success_24h = probe.success_30d = 1.0;
    probe.verdict = "delivered";
    probe.last_round_trip = 2.31;
    probe.last_uncertainty = 0.4;
    probe.slo_latency = 60;
    for (int i = 0; i < 60; ++i)
        probe.recent.push_back({"delivered", 2.0});
    return probe;
}

StatusProbe down(const std::string& name, const std::string& verdict = "lost") {
    StatusProbe probe = up(name);
    probe.state = ProbeState::down;
    probe.verdict = verdict;
    probe.bad_streak = 1;
    return probe;
}

StatusProbe fresh(const std::string& name) {
    StatusProbe probe;
    probe.name = name;
    return probe;
}

StatusAnswer answer(std::vector<StatusProbe> probes) {
    StatusAnswer result;
    result.now = 8260;
    result.version = "1.2.3";
    result.instance = "here";
    result.probes = std::move(probes);
    return result;
}

std::string sentence(std::vector<StatusProbe> probes) {
    return status_sentence(answer(std::move(probes)), kAscii);
}

TEST(StatusSentence, SaysHowManyDeliverAndWhichDoNot) {
    EXPECT_EQ(sentence({up("a"), up("b")}), "all 2 routes deliver");
    EXPECT_EQ(sentence({up("a")}), "the route delivers");
    EXPECT_EQ(sentence({up("a"), down("b")}), "1 of 2 routes does not deliver: b (lost)");
    EXPECT_EQ(sentence({down("a"), up("c"), down("b", "bounced")}),
              "2 of 3 routes do not deliver: a (lost), b (bounced)");
    EXPECT_EQ(sentence({down("a"), down("b"), down("c"), down("d"), down("e")}),
              "5 of 5 routes do not deliver: a (lost), b (lost), c (lost) and 2 more");
    EXPECT_EQ(sentence({}), "no routes are configured");
}

TEST(StatusSentence, AMailboxThatCannotBeReadIsNotCalledAFailureToDeliver) {
    EXPECT_EQ(sentence({up("a"), down("b", "unobserved")}),
              "1 of 2 routes cannot be observed: b (unobserved)");
    EXPECT_EQ(sentence({down("a", "unobserved"), down("b"), up("c")}),
              "1 of 3 routes does not deliver: b (lost); 1 cannot be observed: a (unobserved)");
    EXPECT_EQ(sentence({down("a", "unobserved")}), "the route cannot be observed: a (unobserved)");
}

TEST(StatusSentence, ARouteWithoutVerdictIsNeitherGoodNorBad) {
    EXPECT_EQ(sentence({fresh("a"), fresh("b")}), "all 2 routes have no verdict yet");
    EXPECT_EQ(sentence({up("a"), fresh("b")}), "1 of 2 routes deliver, 1 has no verdict yet");
    EXPECT_FALSE(any_down(answer({up("a"), fresh("b")})));
    EXPECT_TRUE(any_down(answer({up("a"), down("b")})));
}

TEST(StatusTable, TheWorstStandsFirst) {
    StatusProbe longest = down("longest");
    longest.bad_streak = 9;
    StatusProbe shaky = up("shaky");
    shaky.success_1h = 0.5;
    const StatusAnswer all =
        answer({up("a"), fresh("fresh"), shaky, up("b"), down("short"), longest});
    std::vector<std::string> names;
    for (const StatusProbe* probe : worst_first(all))
        names.push_back(probe->name);
    EXPECT_THAT(names, ElementsAre("longest", "short", "fresh", "shaky", "a", "b"));
}

TEST(StatusTable, ColumnsAreAlignedAndSayWhatTheyMean) {
    StatusProbe bad = down("refused-login", "send_failed");
    bad.stage = "auth";
    bad.cause = "auth_rejected";
    bad.bad_streak = 3;
    bad.pending = 12;
    bad.last_round_trip.reset();
    bad.success_1h = 0.9996;
    bad.recent = {{"delivered", 1.0}, {"send_failed", {}}, {"unobserved", {}}};
    StatusProbe good = up("a");
    good.recent = {{"delivered", 2.0}};
    EXPECT_THAT(
        status_table(answer({good, bad}), kAscii),
        ElementsAre("STATE  ROUTE            FOR    1 H  24 H  30 D  RECENT   ROUND TRIP s  "
                    "PENDING  LAST FAILURE",
                    "down   refused-login  2h01m  99.9%  100%  100%  :x?                 -       "
                    "12  auth: auth_rejected (3 in a row)",
                    "up     a              2h01m   100%  100%  100%  :       2.310 +-0.400        "
                    "0"));
}

TEST(StatusTable, NoLineIsLongerThanTheWidthAndTheNameOutlivesTheDetails) {
    StatusProbe bad = down("a-route-with-quite-a-long-name", "send_failed");
    bad.stage = "envelope";
    bad.cause = "rejected_permanent";
    bad.bad_streak = 1234;
    const StatusAnswer all = answer({up("other"), bad, fresh("third")});
    for (std::size_t width = 12; width < 200; ++width) {
        const std::vector<std::string> lines = status_lines(all, {width, true, false});
        for (const std::string& line : lines)
            EXPECT_LE(length_of(line), width) << line;
        EXPECT_THAT(lines[2], StartsWith("STATE  ROU"));
    }
    const auto narrow = status_table(all, {60, false, false});
    EXPECT_THAT(narrow[1], HasSubstr("envelope: "));
    EXPECT_THAT(status_table(all, {200, false, false})[0], HasSubstr("30 D"));
    EXPECT_THAT(narrow[0], Not(HasSubstr("30 D")));
}

TEST(StatusTable, HostileTextsStayOnTheirLineAndReachNoTerminal) {
    StatusProbe evil = down("a\x1b[2J\nb\xff", std::string(100'000, 'v') + "\x1b");
    evil.stage = "\xe2\x80\xae";
    evil.recent = {{"\x1b]0;x\a", 1.0}, {"delivered", -1e12}, {"delivered", 1e12}};
    evil.last_round_trip = 1e12;
    evil.since = -1e12;
    for (const TextStyle& style : {kAscii, kUnicode, TextStyle{80, true, false}}) {
        for (const std::string& line : status_lines(answer({evil}), style)) {
            EXPECT_EQ(line.find_first_of("\x1b\n\r\a\xff"), std::string::npos) << line;
            EXPECT_LE(length_of(line), 1000U);
        }
    }
}

TEST(StatusTable, WithoutUnicodeEverythingIsAscii) {
    StatusProbe probe = down("caf\u00e9");
    probe.recent = {{"delivered", 1.0}, {"lost", {}}};
    for (const std::string& line : status_lines(answer({probe}), {40, false, false}))
        EXPECT_TRUE(std::ranges::all_of(line, [](char c) { return c >= ' ' && c <= '~'; })) << line;
    EXPECT_THAT(status_table(answer({probe}), kUnicode)[1], HasSubstr("caf\u00e9"));
}

TEST(StatusTable, ColoursAreForStylesWithColoursAndCostNoWidth) {
    const StatusAnswer all = answer({up("a"), down("b")});
    EXPECT_THAT(status_lines(all, kAscii), Each(Not(HasSubstr("\x1b"))));
    std::vector<std::string> lines = status_lines(all, kColour);
    EXPECT_THAT(lines[0], StartsWith("\x1b[31m"));
    EXPECT_THAT(lines[3], StartsWith("\x1b[31mdown\x1b[0m"));
    const std::vector<std::string> plain = status_lines(all, kAscii);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        for (std::size_t at = 0; (at = lines[i].find('\x1b')) != std::string::npos;)
            lines[i].erase(at, lines[i].find('m', at) + 1 - at);
        EXPECT_EQ(lines[i], plain[i]);
    }
}

TEST(Sparkline, TheMedianHasHalfTheHeightAndFailuresAreMarked) {
    const std::vector<StatusMail> mails{{"delivered", 2.0}, {"delivered", 2.0}, {"delivered", 4.0},
                                        {"delivered", 0.1}, {"lost", {}},       {"unobserved", {}}};
    EXPECT_EQ(sparkline(mails, 30, kUnicode), "▄▄█▁×?");
    EXPECT_EQ(sparkline(mails, 30, kAscii), "::#_x?");
    EXPECT_EQ(sparkline(mails, 2, kAscii), "x?");
    EXPECT_EQ(sparkline({}, 30, kAscii), "");
    EXPECT_EQ(sparkline({{"delivered", 0.0}, {"delivered", {}}}, 30, kAscii), "::");
}

TEST(Percentage, SaysAllAndNothingOnlyWhereThatIsExact) {
    EXPECT_EQ(percentage(1.0), "100%");
    EXPECT_EQ(percentage(43199.0 / 43200), "99.9%");
    EXPECT_EQ(percentage(0.5), "50.0%");
    EXPECT_EQ(percentage(0.0001), "0.1%");
    EXPECT_EQ(percentage(0.0), "0%");
    EXPECT_EQ(percentage({}), "-");
}

TEST(ShortAge, HasTwoUnitsAtMost) {
    EXPECT_EQ(short_age(0), "0s");
    EXPECT_EQ(short_age(-5), "0s");
    EXPECT_EQ(short_age(59.9), "59s");
    EXPECT_EQ(short_age(61), "1m");
    EXPECT_EQ(short_age(7500), "2h05m");
    EXPECT_EQ(short_age(86400.0 * 3 + 3600 * 4), "3d04h");
    EXPECT_EQ(short_age(86400.0 * 400), "400d");
}

TEST(WatchedStatus, SaysSinceWhenThereIsNoAnswerAndKeepsTheLastOne) {
    WatchedStatus watched;
    const Instant start{seconds{100}};
    EXPECT_THAT(watched.lines("http://x", kAscii, 0, start),
                ElementsAre("mailprobed at http://x", "asking"));
    watched.take({std::nullopt, "Connection refused"}, start);
    EXPECT_THAT(watched.lines("http://x", kAscii, 0, start),
                ElementsAre("mailprobed at http://x", "no answer: Connection refused"));
    watched.take({answer({up("a")}), {}}, start + seconds{2});
    EXPECT_THAT(watched.lines("http://x", kAscii, 0, start + seconds{2})[0],
                "mailprobed 1.2.3 \"here\" at http://x");
    watched.take({std::nullopt, "reset"}, start + seconds{4});
    watched.take({std::nullopt, "refused"}, start + seconds{70});
    const auto lines = watched.lines("http://x", kAscii, 0, start + seconds{70});
    EXPECT_EQ(lines[1], "no answer for 1m: refused");
    EXPECT_EQ(lines[2], "what it said 1m ago:");
    EXPECT_EQ(lines[3], "the route delivers");
}

TEST(WatchedStatus, IsCutToTheHeightOfTheTerminalAndSaysSo) {
    std::vector<StatusProbe> probes;
    probes.reserve(51);
    for (int i = 0; i < 50; ++i)
        probes.push_back(up("p" + std::to_string(i)));
    probes.push_back(down("worst"));
    WatchedStatus watched;
    watched.take({answer(probes), {}}, Instant{});
    const auto lines = watched.lines("http://x", kAscii, 10, Instant{});
    EXPECT_EQ(lines.size(), 10U);
    EXPECT_THAT(lines[4], HasSubstr("worst"));
    EXPECT_EQ(lines[9], "and 46 more");
}

TEST(StatusLines, AnUnwritableLedgerIsTold) {
    StatusAnswer all = answer({up("a")});
    all.journal_healthy = false;
    EXPECT_THAT(status_lines(all, kAscii)[1], StartsWith("the daemon cannot write its ledger"));
}

}  // namespace
}  // namespace mailprobed::daemon_test
