// SPDX-License-Identifier: Apache-2.0
// Fuzz target: POP3 status lines and the lines of LIST and UIDL.
#include "probes/base/ascii.hpp"
#include "probes/wire/pop3/response.hpp"
#include "tests/fuzz/support/fuzz.hpp"

#include <string>

namespace mailprobed::fuzz {
namespace {

bool within(std::string_view part, std::string_view whole) {
    return part.empty() || (part.data() >= whole.data() &&
                            part.data() + part.size() <= whole.data() + whole.size());
}

bool graphic(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

void status_line(std::string_view line) {
    const Pop3Response response = pop3_response(line);
    require(within(response.text, line), "the text is a part of the line");
    require(response.code == Pop3Code::none || response.status == Pop3Status::err,
            "only refusals have codes");
    if (response.status == Pop3Status::malformed) {
        require(response.text.empty() && !line.starts_with("+OK ") && !line.starts_with("-ERR "),
                "a proper status line is understood");
        return;
    }
    const char* word = response.status == Pop3Status::ok    ? "+OK"
                       : response.status == Pop3Status::err ? "-ERR"
                                                            : "+";
    const std::string printed = word + std::string(" ") + std::string(response.text);
    const Pop3Response again = pop3_response(printed);
    require(again.status == response.status && again.code == response.code &&
                again.text == response.text,
            "a printed response parses back");
    std::string quieter(line);
    std::ranges::transform(quieter, quieter.begin(), ascii_lower);
    const Pop3Response low = pop3_response(quieter);
    require(low.status == response.status && low.code == response.code, "case is tolerated");
    const auto count = pop3_stat(response.text);
    if (count) {
        require(pop3_stat(std::to_string(*count) + " 17") == count, "a count parses back");
    }
}

void listing_line(std::string_view line) {
    const auto unique = pop3_uidl_line(line);
    const auto listed = pop3_list_line(line);
    require(!unique || listed, "a line of UIDL has a number as one of LIST");
    if (listed) {
        require(listed->number > 0 && listed->uidl.empty(), "numbers count from 1");
        const auto again = pop3_list_line(std::to_string(listed->number) + " 1");
        require(again && again->number == listed->number, "a number parses back");
    }
    if (!unique) return;
    require(unique->number == listed->number, "both see the same number");
    require(within(unique->uidl, line), "the id is a part of the line");
    require(unique->uidl.size() <= 70 && graphic(unique->uidl),
            "an id has 1 to 70 printable octets, or is none");
    const std::string printed = std::to_string(unique->number) + " " + std::string(unique->uidl);
    const auto again = pop3_uidl_line(printed);
    require(again && again->number == unique->number && again->uidl == unique->uidl,
            "a listed id parses back");
}

void greeting(std::string_view line) {
    const auto stamp = apop_timestamp(line);
    if (!stamp) return;
    require(within(*stamp, line) && stamp->size() <= 255 && graphic(*stamp),
            "a timestamp is a bounded, printable part of the greeting");
    require(stamp->starts_with('<') && stamp->ends_with('>') &&
                std::ranges::count(*stamp, '@') == 1 && std::ranges::count(*stamp, '<') == 1 &&
                std::ranges::count(*stamp, '>') == 1,
            "a timestamp has the shape of a msg-id");
    require(apop_timestamp(*stamp) == stamp, "a timestamp parses back");
}

}  // namespace
}  // namespace mailprobed::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mailprobed::fuzz;
    PlainLines input = plain_lines(as_text(data, size));
    input.lines.push_back(input.rest);
    for (const std::string_view line : input.lines) {
        status_line(line);
        listing_line(line);
        greeting(line);
    }
    return 0;
}
