// SPDX-License-Identifier: Apache-2.0
// Fuzz target: the digest by which a body is compared after its journey.
#include "probes/domain/identity/message.hpp"
#include "tests/fuzz/support/fuzz.hpp"

#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mailprobed;
    using fuzz::require;
    const fuzz::PlainLines plain = fuzz::plain_lines(fuzz::as_text(data, size));
    std::string with_lf;
    std::string with_crlf;
    std::string padded;
    std::string wide;
    for (const std::string_view line : plain.lines) {
        with_lf.append(line).append("\n");
        with_crlf.append(line).append("\r\n");
        padded.append(line).append(" \t \r\n");
        for (const char c : line) {
            wide += c == ' ' ? "\t " : std::string(1, c);
        }
        wide += "\r\n";
    }
    const std::uint64_t digest = body_digest(with_crlf);
    require(body_digest(with_lf) == digest, "CRLF and LF are the same");
    require(body_digest(padded) == digest, "blanks at the ends of lines do not count");
    require(body_digest(wide) == digest, "runs of blanks count as one");
    require(body_digest(with_crlf + "\r\n \r\n\t\r\n") == digest,
            "empty lines at the end do not count");
    require(body_digest(with_crlf + "x\r\n") != digest, "another line does");
    require(body_digest("x\r\n" + with_crlf) != digest, "wherever it stands");
    return 0;
}
