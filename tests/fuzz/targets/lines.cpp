// SPDX-License-Identifier: Apache-2.0
// Fuzz target: the line buffer, against the simplest splitting there is.
#include "probes/wire/lines/line_buffer.hpp"
#include "tests/fuzz/support/fuzz.hpp"

#include <string>

namespace mailprobed::fuzz {
namespace {

using Found = LineBuffer::Found;

void whole_lines(std::string_view octets, Cut how) {
    PlainLines expected = plain_lines(octets);
    LineBuffer buffer;
    std::size_t taken = 0;
    Found last = Found::nothing;
    for (const std::string_view read : cut(octets, how)) {
        feed(buffer, read);
        for (;;) {
            const LineBuffer::Line line = buffer.next();
            last = line.found;
            if (line.found != Found::line) break;
            require(taken < expected.lines.size(), "no line is invented");
            require(line.text == expected.lines[taken], "a line is what was sent");
            require(line.text.size() <= LineBuffer::kMaxLine, "no line exceeds the limit");
            ++taken;
        }
        if (last == Found::too_long) break;
    }
    if (last == Found::too_long) {
        const std::size_t size =
            taken < expected.lines.size() ? expected.lines[taken].size() : expected.rest.size();
        require(size > LineBuffer::kMaxLine, "only lines above the limit are too long");
        require(buffer.next().found == Found::too_long, "too long is final");
        return;
    }
    require(taken == expected.lines.size(), "every line is given out");
    require(buffer.waiting() == expected.rest, "what is no line yet waits");
    require(buffer.saw_bare_lf() == expected.bare_lf, "a bare LF is noticed");
}

void pieces(std::string_view octets, Cut how) {
    const PlainLines expected = plain_lines(octets);
    LineBuffer buffer;
    std::size_t taken = 0;
    std::string line;
    bool inside = false;
    for (const std::string_view read : cut(octets, how)) {
        feed(buffer, read);
        for (;;) {
            const LineBuffer::Piece piece = buffer.next_piece();
            if (!piece.found) break;
            require(piece.begins == !inside, "a piece knows whether it begins a line");
            require(piece.ends || piece.text.size() >= LineBuffer::kMaxLine,
                    "only long lines come in pieces");
            line += piece.text;
            inside = !piece.ends;
            if (inside) continue;
            require(taken < expected.lines.size() && line == expected.lines[taken],
                    "the pieces of a line are the line");
            ++taken;
            line.clear();
        }
    }
    require(taken == expected.lines.size(), "every line is given out");
    require(line.append(buffer.waiting()) == expected.rest, "what is no line yet is not lost");
}

}  // namespace
}  // namespace mailprobed::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mailprobed::fuzz;
    for (const Cut how : kCuts) {
        whole_lines(as_text(data, size), how);
        pieces(as_text(data, size), how);
    }
    return 0;
}
