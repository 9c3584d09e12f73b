// SPDX-License-Identifier: Apache-2.0
// One slip of the finger in a configuration that holds a secret: whatever the parser makes of it,
// no message repeats the secret.
#include "config/web/web_config.hpp"
#include "tests/support/config_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace mailprobed::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string told_of_web(const std::string& text) {
    const LoadedWebConfig loaded = load_web_config_text(text, "web.yaml");
    return messages(loaded.problems) + messages(loaded.warnings);
}

/// All documents that differ from `text` by one slip near `near` or, more thinly, elsewhere.
template <class Each>
void for_each_slip(const std::string& text, std::string_view near, Each each) {
    static const std::vector<std::string> kTyped{
        "'",    "\"",       ":",           ": ", " ",     "\n",    "\n  ", "\t",
        "#",    " #",       "{",           "}",  "[",     "]",     ",",    ", ",
        "&a ",  "*a ",      "!t ",         "%",  "@",     "|",     ">",    "- ",
        "-",    "? ",       "x",           "\\", "---\n", "...\n", "<<: ", std::string(1, '\0'),
        "\xff", "\xc2\xa0", "\xe2\x80\x9c"};
    std::vector<bool> close(text.size() + 1, false);
    for (std::size_t at = text.find(near); at != std::string::npos; at = text.find(near, at + 1)) {
        const std::size_t begin = at < 12 ? 0 : at - 12;
        const std::size_t end = std::min(at + near.size() + 4, text.size());
        for (std::size_t i = begin; i <= end; ++i)
            close[i] = true;
    }
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (!close[at] && at % 11 != 0) continue;
        const std::string before = text.substr(0, at);
        const std::string after = text.substr(at + 1);
        each(before + after);
        each(before + text[at] + text.substr(at));
        if (!after.empty()) each(before + after[0] + text[at] + after.substr(1));
        for (std::size_t i = 0; i < kTyped.size(); ++i) {
            // A half of them in front of this character and a sixth over it, others at the next
            // place.
            if ((i + at) % 2 == 0) each(before + kTyped[i] + text.substr(at));
            if ((i + at) % 6 == 1) each(before + kTyped[i] + after);
        }
    }
}

struct Document {
    const char* name;
    std::string text;
    bool web = false;
};

std::string flow(const std::string& password) {
    return "accounts:\n  - {name: a, address: a@x.test, smtp: {host: h.test, tls: none, username: "
           "u, "
           "password: " +
           password + ", allow_plaintext_auth: true}}\nprobes:\n  - {name: p, from: a, to: a}\n";
}

std::vector<Document> documents() {
    const std::string plain(kSecret);
    const std::string list = "[/nowhere/print, " + plain + ", " + plain + "]";
    return {
        {"block", with_password(plain)},
        {"block, double quotes", with_password('"' + plain + '"')},
        {"block, single quotes", with_password("'" + plain + "'")},
        {"block, on a line of its own", with_password("\n        " + plain)},
        {"block, folded", with_password(">\n        " + plain + "\n")},
        {"flow", flow(plain)},
        {"flow, double quotes", flow('"' + plain + '"')},
        {"flow, single quotes", flow("'" + plain + "'")},
        {"command in a block", with_password("{command: " + list + "}")},
        {"command in a block list",
         with_password("\n        command:\n        - /nowhere/print\n        - " + plain)},
        {"command in flow", flow("{command: " + list + "}")},
        {"password as its own source", with_password("{" + plain + ": x}")},
        {"password as a list", with_password("[" + plain + "]")},
        {"URL as host",
         replaced(with_password("{env: PW}"), "h.test", "smtp://u:" + plain + "@h.test")},
        {"URL as host in flow", replaced(flow("{env: PW}"), "h.test", "u:" + plain + "@h.test")},
        {"URL as host in quotes",
         replaced(flow("{env: PW}"), "h.test", "'u:" + plain + "@h.test:25'")},
        {"URL to listen on",
         "web: {listen: 'http://a:" + plain + "@127.0.0.1:80'}\n" + flow("{env: PW}")},
        {"SASL as mechanism", replaced(with_password("{env: PW}"), "port: 25",
                                       "auth: PLAIN " + std::string(kSaslPlain))},
        {"SASL as TLS", replaced(flow("{env: PW}"), "tls: none",
                                 "tls: 'AUTH PLAIN " + std::string(kSaslPlain) + "'")},
        {"misspelt key", replaced(with_password(plain), "password:", "passwrod:")},
        {"short key", replaced(with_password(plain), "password:", "pass:")},
        {"German key", replaced(with_password(plain), "password:", "Passwort:")},
        {"key in the wrong map", "password: " + plain + "\n" + flow("{env: PW}")},
        {"key of a token", "token: " + plain + "\n" + flow("{env: PW}")},
        {"key of the tags", "tag_key: " + plain + plain + plain + "\n" + flow("{env: PW}")},
        {"defaults", "defaults: {interval: 1m, password: " + plain + "}\n" + flow("{env: PW}")},
        {"web user", "basic_auth_users:\n  alice: " + plain + "\n", true},
        {"web key",
         "tls_server_config:\n  cert_file: c.pem\n  key: |\n    " + plain + "\n    " + plain + "\n",
         true},
        {"web key in quotes",
         "tls_server_config: {cert_file: c.pem, key: \"" + plain + "\", min_version: TLS12}\n",
         true},
    };
}

/// Every eighth slip of every document, beginning with the one of the parameter.
class ConfigSlipsPart : public testing::TestWithParam<std::size_t> {};

TEST_P(ConfigSlipsPart, NoMessageRepeatsASecretWhateverOneSlipMakesOfIt) {
    std::size_t slips = 0;
    std::size_t told_of = 0;
    for (const Document& document : documents()) {
        SCOPED_TRACE(document.name);
        std::size_t leaks = 0;
        for_each_slip(document.text, kSecret, [&](const std::string& text) {
            if (slips++ % 8 != GetParam()) return;
            ++told_of;
            const std::string leak = leaked(document.web ? told_of_web(text) : told(text));
            if (leak.empty() || ++leaks > 3) return;
            ADD_FAILURE() << text << "\nis told as\n" << leak;
        });
        EXPECT_EQ(leaks, 0U);
    }
    EXPECT_GE(slips, 15'000U);
    EXPECT_GE(told_of, slips / 8);
}

INSTANTIATE_TEST_SUITE_P(Eighth, ConfigSlipsPart, testing::Range<std::size_t>(0, 8));

TEST(ConfigSlips, AKeyThatBeginsLikeASecretsKeyIsNeverQuoted) {
    for (const char* key : {"password:secret", "password", "Password1", "passwordsecret"}) {
        const std::string text =
            told(replaced(flow("{env: PW}"), "username: u,", std::string(key) + ","));
        EXPECT_THAT(text, Not(HasSubstr("'" + std::string(key)))) << text;
        // Nor is it looked at whether a message may repeat it.
        EXPECT_THAT(text, Not(HasSubstr("unknown key ("))) << text;
    }
    const std::string text = told(replaced(flow(std::string(kSecret)), "password: ", "password:"));
    EXPECT_THAT(text, HasSubstr("f.yaml:2:79: an unknown key in `smtp` of account 'a'"));
    EXPECT_THAT(text, HasSubstr("expected `password`"));
}

TEST(ConfigSlips, WhatIsFarFromSecretsIsStillQuoted) {
    EXPECT_THAT(told("colour: red\n" + with_password(std::string(kSecret))),
                HasSubstr("unknown key 'colour'"));
    EXPECT_THAT(told(replaced(with_password(std::string(kSecret)), "tls: none", "tls: nonne")),
                HasSubstr("'nonne'"));
    EXPECT_THAT(told(replaced(flow(std::string(kSecret)), "allow_plaintext_auth: true",
                              "allow_plaintext_auth: maybe")),
                HasSubstr("'maybe'"));
    EXPECT_THAT(
        told(replaced(with_password("{file: /etc/probe.password}"), "port: 25", "port: probe")),
        HasSubstr("'probe'"));
}

TEST(ConfigSlips, WordProcessorsAndWebPagesLeaveTracesThatAreNamedWithTheirPlace) {
    const auto expect = [](const std::string& text, const char* message) {
        EXPECT_THAT(told(text), HasSubstr(message));
    };
    const std::string good = with_password("{env: PW}");
    expect(replaced(good, "    address", "\xc2\xa0   address"),
           "f.yaml:4:1: a no-break space (U+00A0) in the indentation");
    expect(replaced(good, "    address: a",
                    "    address:\xc2\xa0"
                    "a"),
           "f.yaml:4:13: a no-break space (U+00A0) beside a key");
    expect(replaced(good, "    address",
                    "   \xe3\x80\x80"
                    "address"),
           "f.yaml:4:4: a wide space (U+3000) in the indentation");
    expect(replaced(good, "    address", "\t  address"), "f.yaml:4:1: a tab in the indentation");
    expect(replaced(good, "name: a",
                    "name: \xe2\x80\x9c"
                    "a\xe2\x80\x9d"),
           "f.yaml:3:11: the value of 'name' begins with a typographic quote (U+201C)");
    std::string wide = "\xff\xfe";
    for (const char c : good)
        wide += {c, '\0'};
    expect(wide, "f.yaml:1:1: UTF-16 text, expected the file saved as UTF-8");
    expect(wide.substr(2), "f.yaml:1:1: UTF-16 text, expected the file saved as UTF-8");
    EXPECT_EQ(messages(load_text("\xef\xbb\xbf" + minimal_config()).problems), "");
}

TEST(ConfigSlips, AByteOrderMarkBeforeAPasswordIsNamedWithItsFile) {
    PrivateFolder folder;
    for (const auto& [content, kind] :
         {std::pair<std::string, const char*>("\xef\xbb\xbfsecret\r\n", "UTF-8"),
          {std::string("\xff\xfes\0e\0c\0", 8), "UTF-16"},
          {std::string("\xfe\xff\0s\0e\0c", 8), "UTF-16"}}) {
        const std::string file = folder.write("pw", content);
        const std::string text = told(with_password("{file: " + file + "}"));
        EXPECT_THAT(text, HasSubstr("begins with a byte order mark (" + std::string(kind) +
                                    "), in file " + file));
    }
}

}  // namespace
}  // namespace mailprobed::test
