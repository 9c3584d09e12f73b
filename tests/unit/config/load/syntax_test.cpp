// SPDX-License-Identifier: Apache-2.0
// Which texts pass as names, addresses, hosts, headers and labels.
#include "config/load/syntax.hpp"

#include <gtest/gtest.h>

#include <initializer_list>

namespace mailprobed {
namespace {

void expect(TextCheck check, std::initializer_list<std::string_view> good,
            std::initializer_list<std::string_view> bad) {
    for (const std::string_view text : good)
        EXPECT_FALSE(check(text)) << text;
    for (const std::string_view text : bad) {
        const auto complaint = check(text);
        ASSERT_TRUE(complaint) << text;
        EXPECT_FALSE(complaint->what.empty()) << text;
        EXPECT_FALSE(complaint->expected.empty()) << text;
    }
}

const std::string kLong(2'000, 'a');
constexpr std::string_view kNul("a\0b", 3);

TEST(ConfigSyntax, NamesMayBecomeLabels) {
    expect(check_name, {"a", "qq-to-office", "A.b_9", std::string_view(kLong).substr(0, 64)},
           {"", "a b", "ä", "a/b", "a\n", kNul, std::string_view(kLong).substr(0, 65)});
}

TEST(ConfigSyntax, AddressesAreBareAscii) {
    expect(
        check_address,
        {"a@b", "first.last+tag@example.org", "a..b.@docomo.example", "\"a@b\"@example.org",
         "\"a\\\"b\"@example.org", "a@[192.0.2.1]", "a@[IPv6:2001:db8::1]", "o'hara@example.org"},
        {"",        "@b",       "a@",        "a",
         "a@b@c",   "a b@c",    "\"a b\"@c", "<a@b>",
         "A <a@b>", "a@b>",     "a@b,c@d",   "a@b c",
         "a\r\n@b", "a@b\n",    "ä@b",       "a@bücher.example",
         "\"a@b",   "\"a\"b@c", "a;b@c",     "a(b)@c",
         "a@b\\c",  "a@[b",     kNul});
    EXPECT_FALSE(check_address(std::string(64, 'a') + "@example.org"));
    EXPECT_TRUE(check_address(std::string(65, 'a') + "@example.org"));
    EXPECT_TRUE(check_address("a@" + std::string(253, 'b')));
}

TEST(ConfigSyntax, HostsHaveNoPortSchemeOrBrackets) {
    expect(check_host, {"localhost", "mail.example.org", "192.0.2.1", "2001:db8::1", "_x.example"},
           {"", "a b", "mail.example.org:25", "smtp://mail.example.org", "[::1]", "ä", "-/-", ".a",
            "a..b", "a\r\n", "192.0.2.1\n", kNul, kLong});
}

TEST(ConfigSyntax, IpAddressesEndWhereTheyEnd) {
    expect(check_ip_address, {"127.0.0.1", "::1", "2001:db8::25"},
           {"", "localhost", "127.0.0", "127.0.0.1 ", "::1%lo",
            std::string_view("127.0.0.1\0x", 11), "127.0.0.1\n", kLong});
    EXPECT_EQ(ip_version("192.0.2.1"), 4);
    EXPECT_EQ(ip_version("2001:db8::1"), 6);
    EXPECT_EQ(ip_version("mail"), 0);
}

TEST(ConfigSyntax, EhloNamesAreOneWord) {
    expect(check_ehlo_name, {"monitor.example.org", "[192.0.2.1]", "[IPv6:2001:db8::1]"},
           {"", "a b", "a\r\nMAIL", "[]", "[192.0.2.1", "<a>", "ä", kNul, kLong});
}

TEST(ConfigSyntax, ListenAddressesHaveHostAndPort) {
    expect(check_listen,
           {"127.0.0.1:10995", "[::1]:10995", "0.0.0.0:80", "localhost:1", "127.0.0.1:0",
            "monitor.example.org:80"},
           {"", "10995", ":10995", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:x",
            "::1:80", "[127.0.0.1]:80", "[::1]", "a b:80", "http://a:80", "127.0.0.1:+80",
            "127.0.0.1:80 "});
}

TEST(ConfigSyntax, HeadersOfTheProgramAreRefused) {
    expect(check_header_name, {"X-Team", "List-Id", "Organization", "Keywords", "Precedence"},
           {"", "From", "SUBJECT", "Bcc", "Message-ID", "mime-version", "Content-Disposition",
            "X-Mailprobed-Anything", "Auto-Submitted", "Received", "Resent-To", "Return-Path",
            "Disposition-Notification-To", "A B", "A:", "A\r\nB", "Ä", kNul, kLong});
}

TEST(ConfigSyntax, HeaderValuesStayOnTheirLine) {
    expect(check_header_value, {"", "mail operations", "=?utf-8?q?gr=C3=BC=C3=9Fe?="},
           {"a\r\nBcc: x", "a\rb", "a\tb", "grüße", kNul, kLong});
    EXPECT_FALSE(check_header_value(std::string(900, 'a')));
    EXPECT_TRUE(check_header_value(std::string(901, 'a')));
}

TEST(ConfigSyntax, LabelsAreThoseOfPrometheus) {
    expect(check_label_name, {"team", "_x", "T2", "instance"},
           {"", "2x", "a-b", "__a", "probe", "from", "to", "ä", "a\n", kNul, kLong});
    expect(check_label_value, {"", "grüße", "a \"b\" \\"}, {"a\nb", kNul, kLong});
    EXPECT_FALSE(check_label_value(std::string(128, 'a')));
    EXPECT_TRUE(check_label_value(std::string(129, 'a')));
}

TEST(ConfigSyntax, OtherTextsAreOneLine) {
    expect(check_text, {"a", "ä b", "/path/to a/file"}, {"", "a\nb", "a\tb", "\x7f", kNul, kLong});
}

}  // namespace
}  // namespace mailprobed
