// SPDX-License-Identifier: Apache-2.0
// One event is one line, whatever its values hold.
#include "daemon/log/log_format.hpp"

#include "daemon/log/log.hpp"
#include "probes/base/text.hpp"
#include "tests/support/log_lines.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <fcntl.h>
#include <limits>
#include <regex>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace mailprobed::daemon_test {
namespace {

using namespace std::chrono_literals;

std::string logfmt(std::string_view value) {
    KeptLog kept(LogLevel::info);
    kept.log.write(LogLevel::info, "e", {{"v", value}});
    const std::string line = kept.one();
    const std::string before = "<6>level=info event=e v=";
    EXPECT_TRUE(line.starts_with(before)) << line;
    return line.substr(before.size());
}

std::string json(std::string_view value) {
    KeptLog kept(LogLevel::info, LogFormat::json);
    kept.log.write(LogLevel::info, "e", {{"v", value}});
    const std::string line = kept.one();
    const std::string before = R"(<6>{"level":"info","event":"e","v":)";
    EXPECT_TRUE(line.starts_with(before)) << line;
    return line.substr(before.size(), line.size() - before.size() - 1);
}

TEST(LogFormat, PlainValuesStayBareInLogfmt) {
    EXPECT_EQ(logfmt("tls_expired"), "tls_expired");
    EXPECT_EQ(logfmt("[::1]:995"), "[::1]:995");
}

TEST(LogFormat, ValuesAreQuotedWhereAReaderWouldMisreadThem) {
    EXPECT_EQ(logfmt(""), R"("")");
    EXPECT_EQ(logfmt("a b"), R"("a b")");
    EXPECT_EQ(logfmt("a=b"), R"("a=b")");
    EXPECT_EQ(logfmt("a\"b"), R"("a\"b")");
    EXPECT_EQ(logfmt("a\\b"), R"("a\\b")");
    EXPECT_EQ(logfmt("gr\u00fc\u00df"), "\"gr\u00fc\u00df\"");
}

TEST(LogFormat, NoValueCanStartANewLineMoveTheCursorOrReorderText) {
    const std::string_view text = "a\r\nlevel=error\t\x1b[2J\x7f\u0085\u2028\u202e\ufeff";
    const std::string escaped = R"("a\r\nlevel=error\t\u001b[2J\u007f\u0085\u2028\u202e\ufeff")";
    EXPECT_EQ(logfmt(text), escaped);
    EXPECT_EQ(json(text), escaped);
    EXPECT_EQ(json(std::string_view("\0", 1)), R"("\u0000")");
}

TEST(LogFormat, InvalidUtf8BecomesTheReplacementCharacter) {
    EXPECT_EQ(json("\xc4\xe3"), "\"\uFFFD\uFFFD\"");
    EXPECT_EQ(json("ab\xc3"), "\"ab\uFFFD\"");
    EXPECT_EQ(json("\xc0\xaf"), "\"\uFFFD\uFFFD\"");
    EXPECT_EQ(json("\xed\xa0\x80"), "\"\uFFFD\"");
    EXPECT_EQ(json("\xf4\x90\x80\x80"), "\"\uFFFD\"");
    EXPECT_EQ(json("\xf0\x9f\x93\xa7"), "\"\xf0\x9f\x93\xa7\"");
}

TEST(LogFormat, LongValuesAreCutBetweenCharactersAndSaySo) {
    const std::string text = std::string(kLogValueLimit - 1, 'x') + "\u00e4y";
    const std::string cut = json(text);
    EXPECT_EQ(cut, "\"" + std::string(kLogValueLimit - 1, 'x') + "\u2026\"");
    EXPECT_EQ(json(std::string(kLogValueLimit, 'x')).size(), kLogValueLimit + 2);
    EXPECT_EQ(capped(std::string(10, '\x80'), 8).size(), 5U);
}

TEST(LogFormat, NumbersAndTruthValuesAreNotQuoted) {
    KeptLog kept(LogLevel::info, LogFormat::json);
    kept.log.write(LogLevel::info, "e",
                   {{"i", -3},
                    {"u", std::uint64_t{18446744073709551615U}},
                    {"b", true},
                    {"d", 0.25},
                    {"took", Duration{1'234'567'890ns}},
                    {"none", std::numeric_limits<double>::quiet_NaN()},
                    {"c", "text"}});
    EXPECT_EQ(kept.one(),
              R"(<6>{"level":"info","event":"e","i":-3,"u":18446744073709551615,"b":true,)"
              R"("d":0.25,"took":1.234568,"none":null,"c":"text"})");
}

TEST(LogFormat, WithoutJournalALineBeginsWithItsTimeInUtc) {
    KeptLog kept(LogLevel::info, LogFormat::logfmt, false);
    kept.log.write(LogLevel::warning, "e");
    const std::regex form(R"(ts=20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d\d\dZ level=warning event=e)");
    const std::string line = kept.one();
    EXPECT_TRUE(std::regex_match(line, form)) << line;
}

TEST(LogFormat, ForTheJournalALineBeginsWithItsPriority) {
    KeptLog kept(LogLevel::trace);
    const std::pair<LogLevel, std::string> cases[] = {{LogLevel::trace, "<7>level=trace"},
                                                      {LogLevel::debug, "<7>level=debug"},
                                                      {LogLevel::info, "<6>level=info"},
                                                      {LogLevel::warning, "<4>level=warning"},
                                                      {LogLevel::error, "<3>level=error"}};
    for (const auto& [level, start] : cases) {
        kept.log.write(level, "e");
        EXPECT_EQ(kept.one(), start + " event=e");
    }
}

TEST(LogFormat, EventsBelowTheLevelAreNotWritten) {
    KeptLog kept(LogLevel::warning);
    kept.log.write(LogLevel::info, "e");
    EXPECT_FALSE(kept.log.enabled(LogLevel::info));
    EXPECT_TRUE(kept.log.enabled(LogLevel::warning));
    EXPECT_TRUE(kept.take().empty());
}

TEST(LogJournal, OnlyTheDeviceAndInodeOfTheDescriptorMeanTheJournal) {
    int ends[2];
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    struct stat facts{};
    ASSERT_EQ(fstat(ends[1], &facts), 0);
    const std::string device = std::to_string(facts.st_dev);
    const std::string inode = std::to_string(facts.st_ino);
    EXPECT_TRUE(writes_to_journal((device + ":" + inode).c_str(), ends[1]));
    EXPECT_FALSE(writes_to_journal((device + ":" + inode + "0").c_str(), ends[1]));
    EXPECT_FALSE(writes_to_journal((device + "1:" + inode).c_str(), ends[1]));
    EXPECT_FALSE(writes_to_journal((device + ":" + inode + "x").c_str(), ends[1]));
    EXPECT_FALSE(writes_to_journal(device.c_str(), ends[1]));
    EXPECT_FALSE(writes_to_journal((device + ":").c_str(), ends[1]));
    EXPECT_FALSE(writes_to_journal("", ends[1]));
    EXPECT_FALSE(writes_to_journal(nullptr, ends[1]));
    close(ends[0]);
    close(ends[1]);
    EXPECT_FALSE(writes_to_journal((device + ":" + inode).c_str(), -1));
}

TEST(LogStderr, EventsGoToStandardError) {
    testing::internal::CaptureStderr();
    Log log(LogSettings{});
    log.write(LogLevel::info, "hello", {{"a", 1}});
    EXPECT_TRUE(testing::internal::GetCapturedStderr().ends_with("level=info event=hello a=1\n"));
}

}  // namespace
}  // namespace mailprobed::daemon_test
