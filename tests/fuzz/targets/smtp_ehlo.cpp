// SPDX-License-Identifier: Apache-2.0
// Fuzz target: the keywords of an EHLO reply.
#include "probes/base/ascii.hpp"
#include "probes/wire/smtp/capabilities.hpp"
#include "tests/fuzz/support/fuzz.hpp"

#include <string>
#include <utility>

namespace mailprobed::fuzz {
namespace {

bool same(const SmtpCapabilities& a, const SmtpCapabilities& b) {
    return a.starttls == b.starttls && a.pipelining == b.pipelining &&
           a.eight_bit_mime == b.eight_bit_mime && a.enhanced_codes == b.enhanced_codes &&
           a.smtp_utf8 == b.smtp_utf8 && a.dsn == b.dsn && a.size == b.size &&
           a.max_size == b.max_size && a.auth == b.auth && a.auth_plain == b.auth_plain &&
           a.auth_login == b.auth_login && a.auth_cram_md5 == b.auth_cram_md5 &&
           ascii_iequals(a.auth_words, b.auth_words);
}

// Whether `word` is one of the blank-separated `words`.
bool lists(std::string_view words, std::string_view word) {
    while (!words.empty()) {
        if (ascii_iequals(take_word(words), word)) return true;
    }
    return false;
}

void check(const std::string& text) {
    const SmtpCapabilities offered = smtp_capabilities(text);
    require(!offered.max_size || (offered.size && *offered.max_size > 0),
            "a limit comes from SIZE and is not 0");
    require(offered.auth || (!offered.auth_plain && !offered.auth_login && !offered.auth_cram_md5),
            "mechanisms come from AUTH");
    require(offered.auth_words.size() <= 256, "the mechanisms' words are bounded");
    for (const char* near_miss : {"PLAIN2", "XPLAIN", "PLAIN-X"}) {
        if (lists(offered.auth_words, near_miss) && !lists(offered.auth_words, "PLAIN")) {
            // Words beyond the bound may hold PLAIN itself.
            require(!offered.auth_plain || offered.auth_words.size() > 200,
                    "a mechanism that only looks like PLAIN is none");
        }
    }

    std::string louder = text;
    std::string quieter = text;
    std::ranges::transform(louder, louder.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? char(c - 32) : c; });
    std::ranges::transform(quieter, quieter.begin(), ascii_lower);
    require(same(smtp_capabilities(louder), offered) && same(smtp_capabilities(quieter), offered),
            "case makes no difference");
    for (const auto& [claimed, word] : {std::pair{offered.starttls, "STARTTLS"},
                                        {offered.pipelining, "PIPELINING"},
                                        {offered.auth, "AUTH"},
                                        {offered.auth_plain, "PLAIN"},
                                        {offered.auth_login, "LOGIN"},
                                        {offered.auth_cram_md5, "CRAM-MD5"},
                                        {offered.dsn, "DSN"},
                                        {offered.size, "SIZE"}}) {
        require(!claimed || louder.find(word) != std::string::npos,
                "only what the server says is offered");
    }
    require(same(smtp_capabilities(text + "\nMAILCOMPRESS\nX-EXPS GSSAPI NTLM\n"), offered),
            "unknown keywords make no difference");
    const std::string greeting = text.substr(0, text.find('\n'));
    require(same(smtp_capabilities(greeting), {}), "the first line is the server's greeting");
    require(same(smtp_capabilities("STARTTLS AUTH PLAIN" + text.substr(greeting.size())), offered),
            "whatever it says");

    // What was read parses back; mechanisms as one line.
    std::string printed = "me";
    if (offered.starttls) printed += "\nSTARTTLS";
    if (offered.pipelining) printed += "\nPIPELINING";
    if (offered.eight_bit_mime) printed += "\n8BITMIME";
    if (offered.enhanced_codes) printed += "\nENHANCEDSTATUSCODES";
    if (offered.smtp_utf8) printed += "\nSMTPUTF8";
    if (offered.dsn) printed += "\nDSN";
    if (offered.size) printed += "\nSIZE";
    if (offered.max_size) printed += " " + std::to_string(*offered.max_size);
    if (offered.auth) printed += "\nAUTH " + offered.auth_words;
    SmtpCapabilities again = smtp_capabilities(printed);
    // The bound on the words may have cut a mechanism off.
    again.auth_plain |= offered.auth_plain;
    again.auth_login |= offered.auth_login;
    again.auth_cram_md5 |= offered.auth_cram_md5;
    require(same(again, offered), "what was read parses back");
}

}  // namespace
}  // namespace mailprobed::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    mailprobed::fuzz::check(std::string(mailprobed::fuzz::as_text(data, size)));
    return 0;
}
