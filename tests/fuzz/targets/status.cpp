// SPDX-License-Identifier: Apache-2.0
// Fuzz target: what `mailprobed status` is answered. Whatever it is, the terminal is not steered.
#include "daemon/commands/status_screen.hpp"
#include "probes/base/text.hpp"
#include "tests/fuzz/support/fuzz.hpp"

#include <string>

namespace mailprobed::fuzz {
namespace {

void check_line(const std::string& line, const TextStyle& style) {
    require(to_valid_utf8(line) == line, "a line is UTF-8");
    require(printable(line) == line, "a line holds no controls");
    require(style.width == 0 || length_of(line) <= style.width, "a line fits the terminal");
    if (style.unicode) return;
    for (const char c : line)
        require(c >= ' ' && c <= '~', "a line is ASCII where nothing else can be shown");
}

}  // namespace
}  // namespace mailprobed::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mailprobed;
    using namespace mailprobed::fuzz;
    const std::string_view text = as_text(data, size);
    const std::uint64_t dice = hash_of(text);
    TextStyle style;
    style.width = dice % 3 == 0 ? 0 : dice / 3 % 150 + 12;
    style.unicode = dice / 1024 % 2 == 0;
    check_line(fitted(api_error(text), 80, style), {80, style.unicode, false});
    ParsedStatus parsed = parse_status(text);
    require(parsed.answer.has_value() == parsed.problem.empty(), "an answer or a problem");
    const std::size_t probes = parsed.answer ? parsed.answer->probes.size() : 0;
    WatchedStatus watched;
    watched.take({std::move(parsed.answer), std::move(parsed.problem)}, Instant{});
    const std::size_t height = dice / 4096 % 30 + 2;
    for (const std::string& line : watched.lines("http://localhost", style, 0, Instant{}))
        check_line(line, style);
    const std::size_t lines = watched.lines("http://localhost", style, height, Instant{}).size();
    require(lines <= height, "a frame fits the terminal");
    require(lines == height || probes == 0 || lines >= probes + 3, "every probe has a line");
    return 0;
}
