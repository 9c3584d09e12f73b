// SPDX-License-Identifier: Apache-2.0
// A login in the place of something else, as people paste URLs and what a server showed them: no
// message and no masked view repeats it, whatever key it stands at.
#include "tests/support/config_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mailprobed::test {
namespace {

using ::testing::HasSubstr;

/// What may be pasted in place of anything else.
const std::vector<std::string>& logins() {
    static const std::string plain(kSecret);
    static const std::vector<std::string> kLogins{
        "smtp://u:" + plain + "@mail.x.test",
        "pop3s://me%40x.test:" + plain + "@mail.x.test:995/",
        "HTTP://admin:" + plain + "@127.0.0.1:80",
        "smtp://" + plain + "@mail.x.test",
        "u:" + plain + "@h.test",
        "me@x.test:" + plain + "@h.test:25",
        "u:" + plain + "%40h.test",
        "u:" + plain,
        "mailto:u:" + plain + "@h.test",
        "http://a.very.long.name.of.a.user.that.reaches.beyond.what.a.message.shows:" + plain +
            "@127.0.0.1:80",
        "PLAIN " + std::string(kSaslPlain),
        "plain=" + std::string(kSaslPlain),
        "LOGIN dQ== " + std::string(kSaslLogin),
        std::string(kSaslPlain),
        "Basic " + std::string(kBasic),
    };
    return kLogins;
}

/// A configuration with every kind of text in it, as the masked view writes it.
std::string every_key(const std::string& ca) {
    std::string text = replaced(with_password("{env: PW}"), "      tls:",
                                "      username: u\n      auth: plain\n      ehlo_name: me.test\n"
                                "      source_address: 127.0.0.1\n      ca_file: " +
                                    ca + "\n      tls:");
    text =
        replaced(text, "probes:",
                 "    pop3: {host: p.test, password: {env: PW}, authserv_id: p.test, window: {age: "
                 "30d}}\nprobes:");
    text = replaced(text, "to: a}",
                    "to: a, to_address: b@x.test, headers: {X-A: b}, labels: {team: c}}");
    const LoadedConfig loaded = load_config_text(
        "web: {listen: [127.0.0.1:1, 127.0.0.1:2], allowed_hosts: [a.test, b.test]}\n" + text,
        "f.yaml", made_up_context({{"PW", "of-the-environment"}}));
    EXPECT_EQ(messages(loaded.problems), "");
    return loaded.masked;
}

TEST(ConfigLogins, ALoginAtWhateverKeyIsToldWithItsPlaceAndNeverRepeated) {
    PrivateFolder folder;
    const std::string ca = folder.write("ca.pem", "-----BEGIN CERTIFICATE-----\n");
    const std::string good = every_key(ca);
    EXPECT_THAT(told(good), HasSubstr("ehlo_name: me.test"));
    std::size_t drawn = 0;
    std::size_t refused = 0;
    for (std::size_t line = 0; line < good.size(); line = good.find('\n', line) + 1) {
        const std::size_t end = good.find('\n', line);
        const std::string whole = good.substr(line, end - line);
        const std::size_t colon = whole.find(": ");
        const std::size_t dash = whole.find("- ");
        const bool pair = colon != std::string::npos;
        if (!pair && dash == std::string::npos) continue;
        // A key of a password holds one rightly.
        if (whole.find("<secret>") != std::string::npos) continue;
        const std::string kept = whole.substr(0, pair ? colon + 2 : dash + 2);
        const std::string indent(whole.find_first_not_of(" -"), ' ');
        for (const std::string& login : logins()) {
            const std::vector<std::string> forms{kept + login, kept + "'" + login + "'",
                                                 kept + '"' + login + '"',
                                                 whole + '\n' + indent + login + ": x",
                                                 whole + '\n' + indent + "'" + login + "': x"};
            // All of them at every key take too long.
            const std::string& changed = forms[(drawn + drawn / logins().size()) % forms.size()];
            const std::string text = good.substr(0, line) + changed + good.substr(end);
            const std::string said = told(text);
            EXPECT_EQ(leaked(said), "") << changed;
            EXPECT_FALSE(said.empty());
            ++drawn;
            refused += said.find(", expected ") != std::string::npos ? 1 : 0;
        }
    }
    EXPECT_GE(drawn, 900U);
    EXPECT_GE(refused, drawn / 2);
    EXPECT_THAT(told(replaced(with_password("{env: PW}"), "h.test", logins().front())),
                HasSubstr("f.yaml:6:13: `smtp.host` of account 'a': (not shown, it may hold a "
                          "secret) is a URL, expected a host name or IP address"));
}

TEST(ConfigLogins, APasswordInThePlaceOfAnotherValueIsNotRepeated) {
    const std::string plain(kSecret);
    for (const std::string& text :
         {with_password("{file: " + plain + "}"), with_password("{file: /etc/" + plain + "}"),
          with_password("{credential: " + plain + "}"),
          replaced(with_password("{env: PW}"), "25", plain),
          replaced(with_password("{env: PW}"), "none", plain),
          replaced(with_password("{env: PW}"), "port: 25", "timeouts: {total: " + plain + "}"),
          plain + ": x\n" + with_password("{env: PW}"),
          "log: {level: " + plain + "}\n" + with_password("{env: PW}"),
          replaced(with_password("{env: PW}"), "to: a",
                   "to: a, headers: {'X " + plain + "': x}")}) {
        EXPECT_EQ(leaked(told(text)), "") << text;
    }
    LoadContext context = made_up_context();
    context.credentials_directory = "/nowhere";
    const LoadedConfig loaded =
        load_config_text(with_password("{credential: " + plain + "}"), "f.yaml", context);
    EXPECT_EQ(leaked(messages(loaded.problems)), "");
}

TEST(ConfigLogins, WrongHostsAddressesTimesAndPathsAreStillQuoted) {
    const std::string good = with_password("{env: PW}");
    for (const char* host :
         {"smtp://mail.example.org", "https://mail.example.org:8443/x25", "mail:25",
          "mail.example.org:smtp", "[2001:db8::25]", "2001:db8::25g", "a@mail.x"}) {
        EXPECT_THAT(told(replaced(good, "h.test", "'" + std::string(host) + "'")),
                    HasSubstr("'" + std::string(host) + "'"));
    }
    for (const char* address : {"probe.example.org", "mailto:probe@example.org", "a@b@c.test"}) {
        EXPECT_THAT(told(replaced(good, "a@x.test", address)),
                    HasSubstr("'" + std::string(address) + "'"));
    }
    for (const char* time : {"12:30:00s", "10 minutes", "1h30"}) {
        EXPECT_THAT(
            told(replaced(good, "port: 25", "timeouts: {total: '" + std::string(time) + "'}")),
            HasSubstr("'" + std::string(time) + "'"));
    }
    EXPECT_THAT(told("web: {listen: '127.0.0.1:http'}\n" + good), HasSubstr("'127.0.0.1:http'"));
    EXPECT_THAT(told(with_password("{file: /etc/mailprobed/qq.password}")),
                HasSubstr("'/etc/mailprobed/qq.password' cannot be read"));
    PrivateFolder folder;
    const std::string ca = folder.write("ca.pem", "-----BEGIN CERTIFICATE-----\n");
    EXPECT_THAT(told(replaced(every_key(ca), "username: u", "username: b@x.test")),
                HasSubstr("username: b@x.test"));
}

}  // namespace
}  // namespace mailprobed::test
