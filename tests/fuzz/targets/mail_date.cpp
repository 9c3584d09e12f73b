// SPDX-License-Identifier: Apache-2.0
// Fuzz target: dates of mail headers.
#include "probes/wire/message/mail_date.hpp"

#include "probes/base/ascii.hpp"
#include "probes/domain/identity/message.hpp"
#include "tests/fuzz/support/fuzz.hpp"

#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mailprobed;
    using fuzz::require;
    using namespace std::chrono;
    const std::string text(fuzz::as_text(data, size));
    const auto at = parse_mail_date(text);
    std::string quieter = text;
    std::ranges::transform(quieter, quieter.begin(), ascii_lower);
    require(parse_mail_date(quieter) == at, "case makes no difference");
    require(parse_mail_date("\r\n\t (a (b) \\) c) " + text) == at,
            "comments and folds in front make no difference");
    if (!at) return 0;
    require(parse_mail_date(text + " (CST (or so))\r\n ") == at, "nor do those at the end");
    // A zone is less than five days ahead or behind.
    constexpr sys_days kFirst{year{1900} / January / 1};
    constexpr sys_days kLast{year{2261} / December / 31};
    require(*at > kFirst - days{5} && *at < kLast + days{6}, "a date is within its years");
    require(*at == floor<seconds>(*at), "a date has whole seconds");
    if (*at < kFirst || *at >= kLast + days{1}) return 0;
    std::string printed = date_header(*at);
    require(parse_mail_date(printed) == at, "a printed date parses back");
    printed.replace(printed.size() - 5, 5, "-0130");
    require(parse_mail_date(printed) == *at + minutes{90}, "a zone in the west is behind");
    return 0;
}
