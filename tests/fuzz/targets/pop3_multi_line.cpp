// SPDX-License-Identifier: Apache-2.0
// Fuzz target: multi-line responses, which carry whole mails from anybody.
#include "probes/wire/pop3/multi_line.hpp"
#include "tests/fuzz/support/fuzz.hpp"

#include <string>

namespace mailprobed::fuzz {
namespace {

using Found = MultiLineReader::Found;

struct Content {
    // Each line with CRLF behind it.
    std::string text;
    bool ended = false;
    // What follows the end.
    std::string rest;
};

Content read(std::string_view octets, LineEnds ends, Cut how) {
    Content result;
    LineBuffer buffer;
    MultiLineReader reader(ends);
    for (const std::string_view piece : cut(octets, how)) {
        if (result.ended) {
            result.rest += piece;
            continue;
        }
        feed(buffer, piece);
        for (;;) {
            const MultiLineReader::Piece next = reader.next(buffer);
            if (next.found == Found::nothing) break;
            if (next.found == Found::end) {
                result.ended = true;
                result.rest = buffer.waiting();
                break;
            }
            result.text += next.text;
            if (next.ends_line) result.text += "\r\n";
            require(next.ends_line || next.text.size() + 1 >= LineBuffer::kMaxLine,
                    "only long lines come in pieces");
        }
    }
    require(reader.octets() == result.text.size(), "octets are counted");
    return result;
}

Content expected(std::string_view octets, LineEnds ends) {
    Content result;
    bool after_bare_lf = false;
    for (std::size_t lf = octets.find('\n'); lf != std::string_view::npos; lf = octets.find('\n')) {
        std::string_view line = octets.substr(0, lf);
        octets.remove_prefix(lf + 1);
        const bool bare_lf = !line.ends_with('\r');
        if (!bare_lf) line.remove_suffix(1);
        const bool any = ends == LineEnds::lf_only;
        if (line == "." && (any || (!bare_lf && !after_bare_lf))) {
            result.ended = true;
            result.rest = octets;
            return result;
        }
        if (line.starts_with('.') && (any || !after_bare_lf)) line.remove_prefix(1);
        result.text.append(line).append("\r\n");
        after_bare_lf = bare_lf;
    }
    return result;
}

void check(std::string_view octets, LineEnds ends) {
    const Content plain = expected(octets, ends);
    for (const Cut how : kCuts) {
        const Content content = read(octets, ends, how);
        require(content.ended == plain.ended && content.rest == plain.rest,
                "the response ends at the lone dot and takes nothing behind it");
        // A long line at the end may have been given out before its end is known.
        require(plain.ended ? content.text == plain.text : content.text.starts_with(plain.text),
                "the content is what was sent, however reads are cut");
    }
    std::string stuffed;
    for (const std::string_view line : plain_lines(plain.text).lines) {
        if (line.starts_with('.')) stuffed += '.';
        stuffed.append(line).append("\r\n");
    }
    const Content again = read(stuffed + ".\r\n+OK", ends, Cut::mixed);
    require(again.ended && again.text == plain.text && again.rest == "+OK",
            "content that is stuffed again reads the same");
}

}  // namespace
}  // namespace mailprobed::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mailprobed;
    const std::string_view input = fuzz::as_text(data, size);
    fuzz::check(input, LineEnds::crlf);
    fuzz::check(input, LineEnds::lf_only);
    return 0;
}
