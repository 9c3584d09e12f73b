// SPDX-License-Identifier: Apache-2.0
// Fuzz target: the Received fields of a mail.
#include "probes/wire/message/received.hpp"

#include "probes/base/ascii.hpp"
#include "probes/domain/identity/message.hpp"
#include "probes/wire/message/mail_date.hpp"
#include "tests/fuzz/support/fuzz.hpp"
#include "tests/fuzz/support/mail.hpp"

#include <string>

namespace mailprobed::fuzz {
namespace {

bool same(const Hop& a, const Hop& b) {
    return a.by == b.by && a.from == b.from && a.at == b.at;
}

// What escaping did not change can be written as it stands.
bool plain(std::string_view name) {
    return name.find('\\') == std::string_view::npos && !name.ends_with("...");
}

void check_hop(const Hop& hop) {
    for (const std::string& name : {hop.by, hop.from}) {
        require(name.size() <= 255 && safe_to_show(name), "names are bounded and safe to show");
        require(name.find_first_of(" \t(;") == std::string::npos, "a name is one word");
    }
    if (!plain(hop.by) || !plain(hop.from)) return;
    std::string text = "Received:";
    if (!hop.from.empty()) text += " from " + hop.from + " (x [192.0.2.1] by y)";
    if (!hop.by.empty()) text += " by " + hop.by;
    text += " with ESMTP id z";
    if (hop.at) text += " ; " + date_header(*hop.at);
    MailHeaders headers;
    headers.add_line(text);
    const auto again = received_hops(headers);
    require(again.size() == 1 && again[0].by == hop.by && again[0].from == hop.from,
            "a printed hop parses back");
    require(!again[0].at || again[0].at == hop.at, "so does its date");
}

void check(const MailHeaders& headers) {
    const auto hops = received_hops(headers);
    MailHeaders among_others;
    std::size_t fields = 0;
    for (const HeaderField& field : headers.fields()) {
        if (!ascii_iequals(field.name, "Received")) continue;
        ++fields;
        among_others.add_line("X-Received: by z; Mon, 22 Apr 2013 16:22:01 +0800");
        among_others.add_line("RECEIVED: " + field.value);
        if (fields > kMaxHops) break;
    }
    require(hops.size() == std::min(fields, kMaxHops), "a field is a hop, up to the bound");
    require(std::ranges::equal(received_hops(among_others), hops, same),
            "other fields make no difference");
    for (const Hop& hop : hops)
        check_hop(hop);
}

}  // namespace
}  // namespace mailprobed::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mailprobed::fuzz;
    check(read_mail(as_text(data, size)).headers);
    return 0;
}
