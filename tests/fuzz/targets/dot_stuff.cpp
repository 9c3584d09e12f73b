// SPDX-License-Identifier: Apache-2.0
// Fuzz target: a message on its way to DATA; no server may see an end where there is none.
#include "probes/wire/lines/dot_stuff.hpp"

#include "probes/wire/pop3/multi_line.hpp"
#include "tests/fuzz/support/fuzz.hpp"

#include <string>

namespace mailprobed::fuzz {
namespace {

bool sendable(std::string_view message) {
    if (!message.ends_with("\r\n") || message.find('\0') != std::string_view::npos) return false;
    for (std::size_t i = 0; i < message.size(); ++i) {
        if (message[i] == '\n' && (i == 0 || message[i - 1] != '\r')) return false;
        if (message[i] == '\r' && message[i + 1] != '\n') return false;
    }
    return true;
}

// What any server that is lenient about line ends may take for the end of the mail.
std::size_t first_end(std::string_view octets) {
    const auto line_end = [&](std::size_t at) {
        return at < octets.size() && (octets[at] == '\r' || octets[at] == '\n');
    };
    for (std::size_t i = 0; i < octets.size(); ++i) {
        if (octets[i] == '.' && (i == 0 || line_end(i - 1)) && line_end(i + 1)) return i;
    }
    return std::string_view::npos;
}

void check(std::string_view message) {
    const auto stuffed = dot_stuffed(message);
    require(stuffed.has_value() == sendable(message),
            "refused is what servers disagree about, and nothing else");
    if (!stuffed) return;
    require(stuffed->ends_with("\r\n.\r\n"), "the end is CRLF.CRLF");
    require(first_end(*stuffed) == stuffed->size() - 3, "there is one end, for every server");
    LineBuffer buffer;
    feed(buffer, *stuffed);
    MultiLineReader reader(LineEnds::crlf);
    std::string received;
    for (;;) {
        const MultiLineReader::Piece piece = reader.next(buffer);
        if (piece.found != MultiLineReader::Found::text) break;
        received += piece.text;
        if (piece.ends_line) received += "\r\n";
    }
    require(received == message && buffer.empty(), "what arrives is what was sent");
}

}  // namespace
}  // namespace mailprobed::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mailprobed::fuzz;
    const std::string_view input = as_text(data, size);
    check(input);
    // The same made sendable, so that most inputs come this far.
    std::string clean;
    for (const char c : input) {
        if (c == '\n') clean += '\r';
        if (c != '\r' && c != '\0') clean += c;
    }
    clean += "\r\n";
    require(mailprobed::dot_stuffed(clean).has_value(), "proper lines are sendable");
    check(clean);
    return 0;
}
