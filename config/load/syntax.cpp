// SPDX-License-Identifier: Apache-2.0
// Checks of names, hosts and addresses; those of headers and labels are in syntax_headers.cpp.
#include "config/load/syntax.hpp"

#include <algorithm>
#include <arpa/inet.h>  // inet_pton only: it parses, nothing is opened
#include <array>
#include <charconv>

namespace mailprobed {

namespace {

constexpr std::size_t kMostText = 1'024;
constexpr std::size_t kMostInstance = 128;
constexpr std::size_t kMostHost = 253;
/// RFC 5321 4.5.3.1.
constexpr std::size_t kMostLocalPart = 64;
constexpr std::size_t kMostAddress = 254;

constexpr const char* kAddressForm = "an address such as probe@example.org";
constexpr const char* kHostForm = "a host name or IP address such as mail.example.org";
constexpr const char* kListenForm = "an address and port such as 127.0.0.1:10995 or [::1]:10995";

bool is_alphanumeric(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool consists_of(std::string_view text, std::string_view others) noexcept {
    return std::ranges::all_of(text, [others](char c) {
        return is_alphanumeric(c) || others.find(c) != std::string_view::npos;
    });
}

bool is_printable_ascii(std::string_view text) noexcept {
    return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

/// The end of a quoted string that starts `text`, or npos.
std::size_t end_of_quoted(std::string_view text) noexcept {
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '\\') {
            ++i;
        } else if (text[i] == '"') {
            return i + 1;
        }
    }
    return std::string_view::npos;
}

}  // namespace

bool has_controls(std::string_view text) noexcept {
    return std::ranges::any_of(text, [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; });
}

std::string lower_case(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return result;
}

int ip_version(std::string_view text) noexcept {
    std::array<unsigned char, 16> bytes{};
    std::array<char, 64> copy{};
    // inet_pton stops at NUL, so a text may not hide anything behind one.
    if (text.size() >= copy.size() || has_controls(text)) return 0;
    std::ranges::copy(text, copy.begin());
    if (::inet_pton(AF_INET, copy.data(), bytes.data()) == 1) return 4;
    if (::inet_pton(AF_INET6, copy.data(), bytes.data()) == 1) return 6;
    return 0;
}

std::optional<Complaint> check_text(std::string_view text) {
    if (text.empty()) return Complaint{"is empty", "a text"};
    if (has_controls(text)) {
        return Complaint{"holds a control character (CR, LF, NUL, tab, ...)", "one line of text"};
    }
    if (text.size() > kMostText) return Complaint{"is too long", "at most 1024 bytes"};
    return std::nullopt;
}

std::optional<Complaint> check_instance(std::string_view text) {
    if (auto complaint = check_text(text)) return complaint;
    const bool printable = std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
    if (printable && text.size() <= kMostInstance) return std::nullopt;
    return Complaint{printable ? "is too long" : "is not ASCII",
                     "1 to 128 printable characters of ASCII, such as monitor-1"};
}

std::optional<Complaint> check_name(std::string_view text) {
    if (!text.empty() && text.size() <= 64 && consists_of(text, "._-")) return std::nullopt;
    return Complaint{"is not a name", "1 to 64 of the characters A-Z a-z 0-9 . _ -"};
}

std::optional<Complaint> check_address(std::string_view text) {
    if (auto complaint = check_text(text)) return complaint;
    if (text.find_first_of("<>") != std::string_view::npos) {
        return Complaint{"holds < or >", "the address alone, such as probe@example.org"};
    }
    if (text.find(' ') != std::string_view::npos) return Complaint{"holds a space", kAddressForm};
    if (!is_printable_ascii(text)) {
        return Complaint{"is not ASCII", "an ASCII address (a domain in its xn-- form)"};
    }
    const bool is_quoted = text.front() == '"';
    const std::size_t at = is_quoted ? end_of_quoted(text) : text.find('@');
    if (at == std::string_view::npos || at >= text.size() || text[at] != '@') {
        return Complaint{"has no @ outside of quotes", kAddressForm};
    }
    const std::string_view local = text.substr(0, at);
    const std::string_view domain = text.substr(at + 1);
    if (domain.find('@') != std::string_view::npos) {
        return Complaint{"has more than one @", kAddressForm};
    }
    // Dots in odd places are let through: some providers have such addresses.
    const bool local_ok = is_quoted || consists_of(local, ".!#$%&'*+-/=?^_`{|}~");
    const bool literal = domain.starts_with('[') && domain.ends_with(']');
    const bool domain_ok = literal ? consists_of(domain.substr(1, domain.size() - 2), ".:-")
                                   : consists_of(domain, ".-");
    if (local.empty() || domain.empty() || !local_ok || !domain_ok) {
        return Complaint{"is not an address", kAddressForm};
    }
    if (local.size() > kMostLocalPart || text.size() > kMostAddress) {
        return Complaint{"is too long", "at most 64 bytes before the @ and 254 in all"};
    }
    return std::nullopt;
}

std::optional<Complaint> check_host(std::string_view text) {
    if (auto complaint = check_text(text)) return complaint;
    if (ip_version(text) != 0) return std::nullopt;
    if (text.find("//") != std::string_view::npos) {
        return Complaint{"is a URL", std::string(kHostForm) + ", without smtp:// or pop3://"};
    }
    if (text.starts_with('[')) {
        return Complaint{"has brackets", "the IPv6 address alone, such as 2001:db8::25"};
    }
    if (text.find(':') != std::string_view::npos) {
        return Complaint{"holds a port", "the host alone, and the number under `port:`"};
    }
    if (text.size() > kMostHost || !consists_of(text, ".-_") || text.front() == '.' ||
        text.find("..") != std::string_view::npos) {
        return Complaint{"is not a host", kHostForm};
    }
    return std::nullopt;
}

std::optional<Complaint> check_ip_address(std::string_view text) {
    if (ip_version(text) != 0) return std::nullopt;
    return Complaint{"is not an IP address", "an address of this machine such as 192.0.2.25"};
}

std::optional<Complaint> check_ehlo_name(std::string_view text) {
    if (auto complaint = check_text(text)) return complaint;
    const bool literal = text.starts_with('[') && text.ends_with(']');
    const std::string_view inner = literal ? text.substr(1, text.size() - 2) : text;
    if (text.size() <= kMostHost && !inner.empty() && consists_of(inner, literal ? ".:-" : ".-_")) {
        return std::nullopt;
    }
    return Complaint{"is not a name for EHLO", "a host name or an address in brackets"};
}

std::optional<Complaint> check_authserv_id(std::string_view text) {
    if (auto complaint = check_text(text)) return complaint;
    // The token of RFC 2045 5.1; what is quoted in the header compares equal without quotes.
    if (text.size() <= kMostHost && consists_of(text, "!#$%&'*+-.^_`{|}~")) return std::nullopt;
    return Complaint{"is not an authserv-id",
                     "the first word of the Authentication-Results that your server adds, such as "
                     "mx.example.org"};
}

std::optional<Complaint> check_listen(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return Complaint{"has no port", kListenForm};
    std::string_view host = text.substr(0, colon);
    const std::string_view port = text.substr(colon + 1);
    const bool bracketed = host.starts_with('[') && host.ends_with(']');
    if (bracketed) host = host.substr(1, host.size() - 2);
    const int version = ip_version(host);
    const bool host_ok =
        bracketed ? version == 6 : version == 4 || (version == 0 && !check_host(host));
    if (!host_ok) {
        return Complaint{"is not an address to listen on",
                         std::string(kListenForm) + "; 0.0.0.0 means all IPv4 addresses"};
    }
    unsigned number = 0;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (error != std::errc{} || end != port.data() + port.size() || number > 65'535) {
        return Complaint{"has no valid port", kListenForm};
    }
    return std::nullopt;
}

}  // namespace mailprobed
