// SPDX-License-Identifier: Apache-2.0
// Fuzz target: the list that CAPA brings.
#include "probes/base/ascii.hpp"
#include "probes/wire/pop3/capabilities.hpp"
#include "tests/fuzz/support/fuzz.hpp"

#include <string>
#include <utility>

namespace mailprobed::fuzz {
namespace {

bool same(const Pop3Capabilities& a, const Pop3Capabilities& b) {
    return a.stls == b.stls && a.top == b.top && a.uidl == b.uidl && a.user == b.user &&
           a.pipelining == b.pipelining && a.sasl == b.sasl && a.sasl_plain == b.sasl_plain &&
           a.login_delay == b.login_delay && a.login_delay_per_user == b.login_delay_per_user;
}

template <class Lines>
Pop3Capabilities read(const Lines& lines) {
    Pop3Capabilities result;
    for (const auto& line : lines)
        result.add(line);
    return result;
}

std::vector<std::string> printed(const Pop3Capabilities& offered, bool delay) {
    std::vector<std::string> lines;
    if (offered.stls) lines.emplace_back("STLS");
    if (offered.top) lines.emplace_back("TOP");
    if (offered.uidl) lines.emplace_back("UIDL");
    if (offered.user) lines.emplace_back("USER");
    if (offered.pipelining) lines.emplace_back("PIPELINING");
    if (offered.sasl) lines.emplace_back(offered.sasl_plain ? "SASL PLAIN" : "SASL");
    if (delay) {
        const std::string seconds =
            offered.login_delay ? std::to_string(*offered.login_delay) : "none";
        lines.push_back("LOGIN-DELAY " + seconds + (offered.login_delay_per_user ? " USER" : ""));
    }
    return lines;
}

void check(const std::vector<std::string_view>& lines) {
    const Pop3Capabilities offered = read(lines);
    require(offered.sasl || !offered.sasl_plain, "mechanisms come from SASL");

    std::vector<std::string> louder;
    std::vector<std::string> quieter;
    std::string all;
    for (const std::string_view line : lines) {
        std::string& copy = louder.emplace_back(line);
        std::ranges::transform(copy, copy.begin(),
                               [](char c) { return c >= 'a' && c <= 'z' ? char(c - 32) : c; });
        all += copy + '\n';
        std::string& other = quieter.emplace_back(line);
        std::ranges::transform(other, other.begin(), ascii_lower);
    }
    require(same(read(louder), offered) && same(read(quieter), offered),
            "case makes no difference");
    for (const auto& [claimed, word] : {std::pair{offered.stls, "STLS"},
                                        {offered.top, "TOP"},
                                        {offered.uidl, "UIDL"},
                                        {offered.user, "USER"},
                                        {offered.pipelining, "PIPELINING"},
                                        {offered.sasl_plain, "PLAIN"},
                                        {offered.login_delay.has_value(), "LOGIN-DELAY"},
                                        {offered.login_delay_per_user, "USER"}}) {
        require(!claimed || all.find(word) != std::string::npos,
                "only what the server says is offered");
    }

    std::vector<std::string_view> twice(lines);
    twice.insert(twice.end(), lines.begin(), lines.end());
    require(same(read(twice), offered), "what is said twice counts once");

    std::vector<std::string_view> more(lines);
    more.insert(more.end(), {"EXPIRE 31 USER", "IMPLEMENTATION X", "RESP-CODES", "TOPLESS", ""});
    require(same(read(more), offered), "unknown capabilities make no difference");

    require(same(read(printed(offered, true)), offered) ||
                (!offered.login_delay && same(read(printed(offered, false)), offered)),
            "what was read parses back");
}

}  // namespace
}  // namespace mailprobed::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mailprobed::fuzz;
    PlainLines input = plain_lines(as_text(data, size));
    input.lines.push_back(input.rest);
    check(input.lines);
    return 0;
}
