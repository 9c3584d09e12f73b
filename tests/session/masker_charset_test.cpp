// SPDX-License-Identifier: Apache-2.0
// Secrets beyond ASCII, as servers echo them that take them for another charset or for none.
#include "probes/base/base64.hpp"
#include "probes/session/redact/masker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mailprobed {
namespace {

std::string masked(std::string_view secret, const std::string& text) {
    Masker masker;
    masker.add(secret);
    return masker.masked(text);
}

bool in_ascii(char c) {
    return static_cast<unsigned char>(c) < 0x80;
}

/// `text` with `instead` for each octet, or for each character, that is not in ASCII.
std::string replaced(std::string_view text, std::string_view instead, bool each_octet) {
    std::string result;
    for (const char c : text) {
        const bool continues = (static_cast<unsigned char>(c) & 0xc0U) == 0x80U;
        if (in_ascii(c)) {
            result += c;
        } else if (each_octet || !continues) {
            result += instead;
        }
    }
    return result;
}

/// With each octet beyond ASCII as `format` says.
std::string escaped(std::string_view text, const char* format) {
    std::string result;
    for (const char c : text) {
        char code[24];
        std::snprintf(code, sizeof code, format,
                      static_cast<unsigned>(static_cast<unsigned char>(c)));
        result += in_ascii(c) ? std::string(1, c) : std::string(code);
    }
    return result;
}

/// `octets`, taken for ISO 8859-1, in UTF-8.
std::string in_utf8(std::string_view octets) {
    std::string result;
    for (const char c : octets) {
        const auto octet = static_cast<unsigned char>(c);
        if (octet < 0x80) {
            result += c;
        } else {
            result += {static_cast<char>(0xc0U | octet >> 6U),
                       static_cast<char>(0x80U | (octet & 0x3fU))};
        }
    }
    return result;
}

/// Secrets and the same in ISO 8859-1; that is empty where a character is not in it.
const std::vector<std::pair<std::string, std::string>>& secrets() {
    static const std::vector<std::pair<std::string, std::string>> kSecrets{
        {"Gr\xc3\xb6\xc3\x9f"
         "enwahn-\xc3\x9f"
         "77",
         "Gr\xf6\xdf"
         "enwahn-\xdf"
         "77"},
        {"\xc3\x84pfel_und?Birnen 7\xc3\xbc", "\xc4pfel_und?Birnen 7\xfc"},
        {"\xc5\xbb\xc3\xb3\xc5\x82w#12345-abcDEF", ""},
        {"Pa\xe2\x82\xac\xf0\x9f\x94\x91ssage-9-x", ""},
    };
    return kSecrets;
}

TEST(MaskerCharset, WhatIsReplacedByOtherCharactersIsFound) {
    for (const auto& [secret, latin] : secrets()) {
        for (const char* instead :
             {"?", "*", "_", "#", "~", "??", "\xef\xbf\xbd", "\xc2\xbf", ""}) {
            for (const bool each_octet : {true, false}) {
                const std::string form = replaced(secret, instead, each_octet);
                for (const auto& [before, after] :
                     {std::pair<const char*, const char*>{"-ERR no {", "} here"},
                      {"535 5.7.8 for \"", "\""},
                      {"+OK x ", " is known"}}) {
                    EXPECT_THAT(masked(secret, before + form + after),
                                testing::AnyOf(before + std::string("<secret>") + after,
                                               // What ends in a character that is not there.
                                               before + std::string("<secret>") + instead + after))
                        << form;
                }
            }
        }
    }
}

TEST(MaskerCharset, AnEchoInLatin1IsFoundInEveryEscape) {
    for (const auto& [secret, latin] : secrets()) {
        if (latin.empty()) continue;
        for (const std::string& form :
             {latin, escaped(latin, "%%%02X"), escaped(latin, "%%%02x"), escaped(latin, "=%02X"),
              escaped(latin, "\\x%02x"), escaped(latin, "\\%03o"), escaped(latin, "\\u%04x"),
              escaped(latin, "&#%u;"), base64(latin), escaped(escaped(latin, "%%%02X"), "%%%02X"),
              in_utf8(secret), escaped(in_utf8(secret), "%%%02X"), escaped(secret, "\\u%04x"),
              escaped(in_utf8(secret), "=%02X")}) {
            // Padding of base64 may stay.
            EXPECT_THAT(masked(secret, "-ERR no {{" + form + "}} here"),
                        testing::AnyOf("-ERR no {{<secret>}} here", "-ERR no {{<secret>=}} here",
                                       "-ERR no {{<secret>==}} here"))
                << form;
        }
    }
}

TEST(MaskerCharset, ASecretWithoutAsciiIsFoundInLatin1AndEncodedTwice) {
    const std::string secret = "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f\xc3\x84\xc3\x96";
    for (const std::string& form :
         {std::string("\xe4\xf6\xfc\xdf\xc4\xd6"), in_utf8(secret),
          std::string("%E4%F6%FC%DF%C4%D6"), std::string("=E4=F6=FC=DF=C4=D6")}) {
        EXPECT_EQ(masked(secret, "-ERR {" + form + "}"), "-ERR {<secret>}") << form;
    }
    // A secret that is no UTF-8, echoed as UTF-8.
    EXPECT_EQ(masked("k\xf6nig\xdf", "-ERR {k\xc3\xb6nig\xc3\x9f}"), "-ERR {<secret>}");
}

TEST(MaskerCharset, ReplacedCopiesAreFoundOverLinesAndWhereTheyWereCut) {
    const std::string& secret = secrets().front().first;
    EXPECT_EQ(masked(secret, "535-no Gr????enw\n535 ahn-??77 x"),
              "535-no <secret>\n535 <secret> x");
    EXPECT_EQ(masked(secret, "535-no Gr??\n535 ??enwahn-??77 x"),
              "535-no <secret>\n535 <secret> x");
    EXPECT_EQ(masked(secret, "-ERR no Gr????enwahn..."), "-ERR no <secret>...");
}

TEST(MaskerCharset, OrdinaryWordsOfServersStay) {
    for (const char* secret :
         {"\xc3\xbc"
          "ber-das-password-hinaus",
          "Pa\xc3\x9fwort", "m\xc3\xa4ildrop-lock-\xc3\xa9", "\xc3\xa9", "\xc3\xa9\xc3\xa8",
          "\xd0\xbf\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c-77", "\xe5\xaf\x86\xe7\xa0\x81 error",
          "auth\xc3\xa9ntication-test-0123456789"}) {
        for (const std::string text :
             {"-ERR [IN-USE] cannot lock your maildrop, try again later? *** ??? 77",
              "535 5.7.8 Error: authentication failed: the number password is wrong",
              "-ERR the password or the user name is wrong, see https://x.test/?a=%20b&amp;c#77",
              "+OK 12 messages (3456 octets) 20:25:30 01:02:03 2026-01-02 \xe9\x80\x9a\xe8\xbf\x87",
              "250-SIZE 52428800\n250-8BITMIME\n250 AUTH=LOGIN PLAIN"}) {
            EXPECT_EQ(masked(secret, text), text) << secret;
        }
    }
}

TEST(MaskerCharset, ALongTextFullOfGapsTakesABoundedTime) {
    Masker masker;
    for (int i = 0; i < 8; ++i)
        masker.add(secrets()[static_cast<std::size_t>(i) % 4].first + std::to_string(i));
    std::string text;
    while (text.size() < 32'000)
        text += "Gr????enwahn-?%2525&amp;\\\\x5c=F6=3D''41 42 \xf6\xdf QWJjRGVmR2hp";
    const auto start = std::chrono::steady_clock::now();
    EXPECT_FALSE(masker.masked(text).empty());
    EXPECT_FALSE(masker.masked(std::string(200'000, '?')).empty());
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{20});
}

}  // namespace
}  // namespace mailprobed
