// SPDX-License-Identifier: Apache-2.0
// Reading of EHLO replies.
#include "probes/wire/smtp/capabilities.hpp"

#include "probes/base/ascii.hpp"

namespace mailprobed {

namespace {

constexpr std::size_t kMaxAuthWords = 256;

void add_mechanisms(SmtpCapabilities& offered, std::string_view words) {
    offered.auth = true;
    while (!words.empty()) {
        const std::string_view word = take_word(words);
        offered.auth_plain |= ascii_iequals(word, "PLAIN");
        offered.auth_login |= ascii_iequals(word, "LOGIN");
        offered.auth_cram_md5 |= ascii_iequals(word, "CRAM-MD5");
        if (offered.auth_words.size() + word.size() + 1 > kMaxAuthWords) continue;
        if (!offered.auth_words.empty()) offered.auth_words += ' ';
        offered.auth_words += word;
    }
}

void add_keyword(SmtpCapabilities& offered, std::string_view line) {
    std::string_view rest = line;
    const std::string_view word = take_word(rest);
    if (ascii_iequals(word, "AUTH")) {
        add_mechanisms(offered, rest);
    } else if (word.size() >= 5 && ascii_iequals(word.substr(0, 5), "AUTH=")) {
        // The form of an early draft, which QQ and others print beside the right one.
        add_mechanisms(offered, trimmed(line).substr(5));
    } else if (ascii_iequals(word, "STARTTLS")) {
        offered.starttls = true;
    } else if (ascii_iequals(word, "PIPELINING")) {
        offered.pipelining = true;
    } else if (ascii_iequals(word, "8BITMIME")) {
        offered.eight_bit_mime = true;
    } else if (ascii_iequals(word, "ENHANCEDSTATUSCODES")) {
        offered.enhanced_codes = true;
    } else if (ascii_iequals(word, "SMTPUTF8")) {
        offered.smtp_utf8 = true;
    } else if (ascii_iequals(word, "DSN")) {
        offered.dsn = true;
    } else if (ascii_iequals(word, "SIZE")) {
        offered.size = true;
        offered.max_size = to_number<std::uint64_t>(rest);
        if (offered.max_size == 0U) offered.max_size.reset();
    }
}

}  // namespace

SmtpCapabilities smtp_capabilities(std::string_view ehlo_text) {
    SmtpCapabilities offered;
    std::size_t at = ehlo_text.find('\n');
    while (at != std::string_view::npos) {
        const std::size_t next = ehlo_text.find('\n', at + 1);
        add_keyword(offered,
                    ehlo_text.substr(at + 1, next == std::string_view::npos ? std::string_view::npos
                                                                            : next - at - 1));
        at = next;
    }
    return offered;
}

}  // namespace mailprobed
