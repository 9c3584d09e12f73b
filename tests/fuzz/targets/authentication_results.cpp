// SPDX-License-Identifier: Apache-2.0
// Fuzz target: Authentication-Results, most of which are the sender's own invention.
#include "probes/wire/message/authentication_results.hpp"

#include "probes/base/ascii.hpp"
#include "tests/fuzz/support/fuzz.hpp"
#include "tests/fuzz/support/mail.hpp"

#include <string>

namespace mailprobed::fuzz {
namespace {

constexpr std::string_view kServer = "mx.example.org";

bool same(const std::optional<AuthenticationResults>& a,
          const std::optional<AuthenticationResults>& b) {
    if (a.has_value() != b.has_value()) return false;
    return !a || (a->spf == b->spf && a->dkim == b->dkim && a->dmarc == b->dmarc);
}

std::string printed(const AuthenticationResults& results) {
    std::string text = "Authentication-Results: MX.Example.org 1 (our own)";
    const auto add = [&](const char* method, AuthResult result) {
        if (result == AuthResult::absent) return;
        text.append("; ").append(method).append(" = ");
        text.append(result == AuthResult::other ? "neutral" : to_string(result));
        text += " reason=\"a; dkim=fail\" (comment; spf=fail) header.d=example.org";
    };
    add("spf", results.spf);
    add("DKIM", results.dkim);
    add("dmarc/1", results.dmarc);
    return text;
}

void check(const MailHeaders& headers) {
    const auto results = authentication_results(headers, kServer);
    require(same(authentication_results(headers, "MX.EXAMPLE.ORG"), results),
            "a server's name has no case");
    require(!authentication_results(headers, ""), "no name, no trust");
    MailHeaders below_others;
    below_others.add_line("Authentication-Results: mx.example.org.evil.example; spf=pass");
    below_others.add_line("Authentication-Results: other.example; dkim=pass; x=mx.example.org");
    below_others.add_line("X-Authentication-Results: mx.example.org; dmarc=pass");
    MailHeaders below_ours;
    if (results) below_ours.add_line(printed(*results));
    for (const HeaderField& field : headers.fields()) {
        below_others.add_line(field.name + ": " + field.value);
        below_ours.add_line(field.name + ": " + field.value);
    }
    // A full header section has no room for more.
    if (headers.fields().size() + 3 > MailHeaders::kMaxFields) return;
    require(same(authentication_results(below_others, kServer), results),
            "what others say makes no difference");
    require(same(authentication_results(below_ours, kServer), results),
            "printed results parse back, and the topmost counts");
}

}  // namespace
}  // namespace mailprobed::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mailprobed::fuzz;
    check(read_mail(as_text(data, size)).headers);
    return 0;
}
