// SPDX-License-Identifier: Apache-2.0
// Lines and multi-line responses: bounded, lenient about CR, the same however reads are cut.
#include "probes/wire/lines/line_buffer.hpp"
#include "probes/wire/pop3/multi_line.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace mailprobed {
namespace {

void feed(LineBuffer& buffer, std::string_view octets) {
    while (!octets.empty()) {
        const auto room = buffer.prepare();
        ASSERT_FALSE(room.empty());
        const std::size_t size = std::min(room.size(), octets.size());
        std::memcpy(room.data(), octets.data(), size);
        buffer.commit(size);
        octets.remove_prefix(size);
    }
}

std::vector<std::string> lines_of(std::string_view octets, std::size_t chunk) {
    LineBuffer buffer;
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < octets.size(); at += chunk) {
        feed(buffer, octets.substr(at, chunk));
        for (;;) {
            const LineBuffer::Line line = buffer.next();
            if (line.found != LineBuffer::Found::line) break;
            lines.emplace_back(line.text);
        }
    }
    return lines;
}

TEST(LineBuffer, LinesAreTheSameHoweverTheReadsAreCut) {
    const std::string octets = "220 a\r\nb\n\r\n\nc\rd\r\r\n" + std::string(4096, 'x') + "\r\nend";
    const std::vector<std::string> expected{"220 a", "b", "", "", "c\rd\r", std::string(4096, 'x')};
    for (const std::size_t chunk : {1UL, 2UL, 3UL, 7UL, 1000UL, 4097UL, 100'000UL}) {
        EXPECT_EQ(lines_of(octets, chunk), expected) << chunk;
    }
}

TEST(LineBuffer, ALineAboveTheLimitIsNeverGivenOut) {
    for (const char* ending : {"\r\n", "\n", ""}) {
        LineBuffer buffer;
        feed(buffer, std::string(LineBuffer::kMaxLine + 1, 'x') + "y" + ending);
        EXPECT_EQ(buffer.next().found, LineBuffer::Found::too_long);
        EXPECT_EQ(buffer.next().found, LineBuffer::Found::too_long);
    }
    LineBuffer waiting;
    feed(waiting, std::string(LineBuffer::kMaxLine, 'x') + "\r");
    EXPECT_EQ(waiting.next().found, LineBuffer::Found::nothing);
    feed(waiting, "\n");
    EXPECT_EQ(waiting.next().text.size(), LineBuffer::kMaxLine);
}

TEST(LineBuffer, KnowsWhetherOctetsWaitAndForgetsThem) {
    LineBuffer buffer;
    EXPECT_TRUE(buffer.empty());
    feed(buffer, "220 go\r\n250 injected");
    EXPECT_EQ(buffer.next().text, "220 go");
    EXPECT_FALSE(buffer.empty());
    EXPECT_EQ(buffer.waiting(), "250 injected");
    buffer.clear();
    EXPECT_TRUE(buffer.empty());
    EXPECT_EQ(buffer.next().found, LineBuffer::Found::nothing);
    EXPECT_FALSE(buffer.saw_bare_lf());
    feed(buffer, "x\n");
    EXPECT_EQ(buffer.next().text, "x");
    EXPECT_TRUE(buffer.saw_bare_lf());
}

TEST(LineBuffer, RoomStaysBoundedWhileLinesAreTaken) {
    LineBuffer buffer;
    std::size_t most = 0;
    for (int i = 0; i < 50; ++i) {
        const auto room = buffer.prepare();
        most = std::max(most, room.size());
        std::memset(room.data(), '\n', room.size());
        buffer.commit(room.size());
        while (buffer.next().found == LineBuffer::Found::line) {
        }
    }
    EXPECT_EQ(most, 16U * 1024U);
}

struct Content {
    std::vector<std::string> lines;
    bool ended = false;
    std::uint64_t octets = 0;
    bool doubtful = false;
    std::string rest;
};

Content content_of(std::string_view octets, std::size_t chunk, LineEnds ends = LineEnds::crlf) {
    LineBuffer buffer;
    MultiLineReader reader(ends);
    Content content;
    std::string line;
    for (std::size_t at = 0; at < octets.size(); at += chunk) {
        feed(buffer, octets.substr(at, chunk));
        while (!content.ended) {
            const auto piece = reader.next(buffer);
            if (piece.found == MultiLineReader::Found::nothing) break;
            content.ended = piece.found == MultiLineReader::Found::end;
            if (content.ended) break;
            EXPECT_LE(piece.text.size(), 16U * 1024U);
            line += piece.text;
            if (!piece.ends_line) continue;
            content.lines.push_back(line);
            line.clear();
        }
    }
    content.octets = reader.octets();
    content.doubtful = reader.doubtful_end();
    content.rest = buffer.waiting();
    return content;
}

TEST(MultiLine, A2_04_DotsAreUnstuffedAndTheLoneDotEndsHoweverReadsAreCut) {
    const std::string octets = "a\r\n..\r\n...b\r\n.c\r\n\r\n .\r\n.\r\n+OK next\r\n";
    for (const std::size_t chunk : {1UL, 2UL, 3UL, 5UL, 100UL}) {
        const Content content = content_of(octets, chunk);
        EXPECT_TRUE(content.ended);
        EXPECT_EQ(content.lines, (std::vector<std::string>{"a", ".", "..b", "c", "", " ."}));
        EXPECT_EQ(content.rest, "+OK next\r\n");
        EXPECT_EQ(content.octets, 3U + 3U + 5U + 3U + 2U + 4U);
    }
}

TEST(MultiLine, A2_04_ABareLfIsEnoughWhereTheServerKnowsNoOther) {
    const Content content = content_of("a\n..b\n.\n", 4, LineEnds::lf_only);
    EXPECT_TRUE(content.ended);
    EXPECT_EQ(content.lines, (std::vector<std::string>{"a", ".b"}));
}

// A mail may hold them, and a server that stuffs after CRLF alone sends them as they are.
TEST(MultiLine, WhereLinesEndInCrlfNoOtherEndOfADotEndsAnything) {
    for (const std::string_view end : {"\n.\n", "\r\n.\n", "\n.\r\n"}) {
        for (const std::size_t chunk : {1UL, 2UL, 100UL}) {
            const std::string octets = "a" + std::string(end);
            const Content open = content_of(octets, chunk);
            EXPECT_FALSE(open.ended) << octets;
            EXPECT_TRUE(open.doubtful) << octets;
            const Content content = content_of(octets + "+OK\r\n.\r\nrest", chunk);
            EXPECT_TRUE(content.ended) << octets;
            EXPECT_EQ(content.lines.size(), 3U) << octets;
            EXPECT_EQ(content.rest, "rest") << octets;
        }
    }
}

TEST(MultiLine, ADotBehindABareLfIsUnstuffedOnlyWhereTheServerStuffsThere) {
    EXPECT_EQ(content_of("a\n..b\r\n..c\r\n.\r\n", 100).lines,
              (std::vector<std::string>{"a", "..b", ".c"}));
}

// Old Exchange: the dot comes right after the last octet. It must not end anything by accident.
TEST(MultiLine, ADotAtTheEndOfALineIsContent) {
    const Content content = content_of("last line.\r\n", 100);
    EXPECT_FALSE(content.ended);
    EXPECT_EQ(content.lines, std::vector<std::string>{"last line."});
}

TEST(MultiLine, OverlongLinesComeInPiecesWithoutLossAndTheirDotsAreContent) {
    std::string wide(10'000, 'x');
    for (std::size_t i = 0; i < wide.size(); i += 97) {
        wide[i] = '.';
    }
    const std::string cr = std::string(4095, 'y') + "\r" + std::string(5000, 'z');
    // Its CR is the 4,096th octet, its LF comes later.
    const std::string edge(4095, 'y');
    const std::string octets = "." + wide + "\r\n" + cr + "\r\n" + edge + "\r\nshort\r\n.\r\n";
    for (const std::size_t chunk : {1UL, 100UL, 4096UL, 100'000UL}) {
        const Content content = content_of(octets, chunk);
        EXPECT_TRUE(content.ended) << chunk;
        EXPECT_EQ(content.lines, (std::vector<std::string>{wide, cr, edge, "short"})) << chunk;
    }
}

}  // namespace
}  // namespace mailprobed
