// SPDX-License-Identifier: Apache-2.0
// Every form of a secret is found, wherever it is broken; other text stays.
#include "probes/session/redact/masker.hpp"

#include "probes/base/base64.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace mailprobed {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kSecret = "Xq7Kp2&/+vT9 zR4m";

Masker masker_of(std::string_view secret) {
    Masker masker;
    masker.add(secret);
    return masker;
}

TEST(Masker, TextWithoutSecretsIsUnchanged) {
    Masker masker = masker_of(kSecret);
    const std::string text = "250-smtp.qq.com\n250 AUTH LOGIN PLAIN\x80%41+\n\n";
    EXPECT_EQ(masker.masked(text), text);
    EXPECT_EQ(Masker().masked(text), text);
    EXPECT_EQ(masker_of("").masked(text), text);
}

TEST(Masker, PlainInAnyCaseAndSpacing) {
    Masker masker = masker_of(kSecret);
    EXPECT_EQ(masker.masked("a Xq7Kp2&/+vT9 zR4m b"), "a <secret> b");
    EXPECT_EQ(masker.masked("a XQ7KP2&/+VT9 ZR4M b"), "a <secret> b");
    EXPECT_EQ(masker.masked("Xq7Kp2&/+vT9zR4m"), "<secret>");
    EXPECT_EQ(masker.masked("X q7Kp2&/+\tvT9  zR4m."), "<secret>.");
}

TEST(Masker, UrlEncodedFullyOrInPart) {
    Masker masker = masker_of(kSecret);
    EXPECT_EQ(masker.masked("q=Xq7Kp2%26%2F%2BvT9+zR4m&r"), "q=<secret>&r");
    EXPECT_EQ(masker.masked("q=Xq7Kp2%26%2f%2bvT9%20zR4m&r"), "q=<secret>&r");
    EXPECT_EQ(masker.masked("%58%71%37%4b%70%32%26%2f%2b%76%54%39%20%7a%52%34%6d"), "<secret>");
    // A server that leaves the plus alone and escapes the rest.
    EXPECT_EQ(masker.masked("Xq7Kp2%26/+vT9 zR4m"), "<secret>");
}

TEST(Masker, FormEncodedWithNothingButItsBlanksEscaped) {
    Masker masker = masker_of("correct horse battery");
    EXPECT_EQ(masker.masked("535 see https://x/?p=correct+horse+battery&q"),
              "535 see https://x/?p=<secret>&q");
}

TEST(Masker, HexadecimalInAnyCase) {
    Masker masker = masker_of("k3y");
    EXPECT_EQ(masker.masked("is 6b3379."), "is <secret>.");
    EXPECT_EQ(masker_of("0a1b2c3d").masked("APOP joe 0A1B2C3D!"), "APOP joe <secret>!");
}

TEST(Masker, Base64AtAllThreeOffsetsWithItsWholeWord) {
    for (const char* before : {"", "u", "us", "use"}) {
        for (const char* after : {"", "x", "xy", "xyz"}) {
            std::string text = base64(before + std::string(kSecret) + after);
            Masker masker = masker_of(kSecret);
            EXPECT_EQ(masker.masked("got: " + text + " from you"), "got: <secret> from you");
            for (char& c : text) {
                if (c == '+') c = '-';
                if (c == '/') c = '_';
            }
            EXPECT_EQ(masker.masked("got: " + text), "got: <secret>");
        }
    }
}

// The codes that begin a line are no part of an echo that goes on there.
TEST(Masker, BrokenOverTheLinesOfAReplyAtAnyPlace) {
    for (const std::string& form :
         {std::string(kSecret), base64(kSecret), base64("ab" + std::string(kSecret)),
          std::string("Xq7Kp2%26%2F%2BvT9+zR4m")}) {
        for (const char* prefix : {"535 ", "535-5.7.8 ", "5.7.8 ", ""}) {
            for (std::size_t i = 1; i < form.size(); ++i) {
                // A blank beside the break may stay, and so may a plus that means one.
                const bool url = form.find('%') != std::string::npos;
                const std::string_view blanks = url ? "+" : " ";
                if (blanks.find(form[i]) < 1 || blanks.find(form[i - 1]) < 1) continue;
                // A code inside %XX is taken for a part of it.
                if (url && (form[i - 1] == '%' || (i > 1 && form[i - 2] == '%'))) continue;
                Masker masker = masker_of(kSecret);
                const std::string text =
                    "535-5.7.8 you said " + form.substr(0, i) + '\n' + prefix + form.substr(i);
                const std::string masked = masker.masked(text);
                EXPECT_EQ(masked,
                          std::string("535-5.7.8 you said <secret>\n") + prefix + "<secret>")
                    << text;
            }
        }
    }
}

TEST(Masker, OverThreeLinesAndWithAnEmptyOneBetween) {
    Masker masker = masker_of("abcdefghij");
    EXPECT_EQ(masker.masked("250-abc\n250-defg\n250 hij"),
              "250-<secret>\n250-<secret>\n250 <secret>");
    EXPECT_EQ(masker.masked("abcde\n\nfghij k"), "<secret>\n\n<secret> k");
}

TEST(Masker, TheStartOfASecretAtAnOpenEndIsMaskedToo) {
    Masker masker = masker_of(kSecret);
    EXPECT_EQ(masker.masked("535-no Xq7Kp2", true), "535-no <secret>");
    EXPECT_EQ(masker.masked("535-no Xq7Kp", true), "535-no Xq7Kp");
    EXPECT_EQ(masker.masked("535-no " + base64(kSecret).substr(0, 9) + "\n", true),
              "535-no <secret>\n");
    // Of a short secret half is much.
    EXPECT_EQ(masker_of("k3y9").masked("535-no k3y", true), "535-no <secret>");
    EXPECT_EQ(masker_of("k3y9").masked("535-no k3y", false), "535-no k3y");
}

// Servers cut what they quote; a word that is in the middle of a secret is still a word.
TEST(Masker, ACutCopyIsMaskedAtAnEndBesideDotsOrWhereItIsHalfOfTheSecret) {
    constexpr std::string_view kLong = "Geheim-77-dxei-Wolte-lang";
    Masker masker = masker_of(kLong);
    for (std::size_t size = 1; size < kLong.size(); ++size) {
        const std::string begins(kLong.substr(0, size));
        const std::string ends(kLong.substr(kLong.size() - size));
        const bool cut = size >= 6;
        const bool half = cut && size * 2 >= kLong.size();
        const auto expect = [&](const std::string& before, const std::string& copy,
                                const std::string& after, bool hidden) {
            EXPECT_EQ(masker.masked(before + copy + after),
                      before + (hidden ? "<secret>" : copy) + after)
                << size;
        };
        for (const char* after :
             {"", ".", "\"", "...", " ...", "\xe2\x80\xa6", "'..", "\nzzz", "...' no"}) {
            expect("-ERR no ", begins, after, cut);
        }
        for (const char* before :
             {"", "-ERR ", "-ERR [AUTH] ", "535 5.7.8 \"", "x ...", "x \xe2\x80\xa6", "a\n"}) {
            expect(before, ends, " is wrong", cut);
        }
        expect("-ERR no ", begins, " (known)", half);
        expect("-ERR {no} ", ends, " (known)", half);
        if (size + 2 < kLong.size()) {
            expect("-ERR {no} ", std::string(kLong.substr(1, size)), " (known)", half);
            expect("-ERR {no} ", std::string(kLong.substr(1, size)), "", half);
        }
    }
}

std::string each(std::string_view text, const char* format) {
    std::string result;
    for (const char c : text) {
        char code[24];
        std::snprintf(code, sizeof code, format,
                      static_cast<unsigned>(static_cast<unsigned char>(c)));
        result += code;
    }
    return result;
}

std::string with(std::string_view text, std::initializer_list<std::pair<char, const char*>> codes) {
    std::string result;
    for (const char c : text) {
        std::string one(1, c);
        for (const auto& [from, to] : codes) {
            if (c == from) one = to;
        }
        result += one;
    }
    return result;
}

/// `text` in the forms of real servers and of the libraries that they are made of.
std::vector<std::pair<const char*, std::string>> escaped_forms(std::string_view text) {
    return {
        {"URL", with(text, {{'&', "%26"},
                            {'<', "%3C"},
                            {'"', "%22"},
                            {'\'', "%27"},
                            {'\\', "%5C"},
                            {'!', "%21"},
                            {'%', "%25"}})},
        {"URL, all", each(text, "%%%02x")},
        {"HTML", with(text, {{'&', "&amp;"}, {'<', "&lt;"}, {'"', "&quot;"}, {'\'', "&#39;"}})},
        {"HTML, names", with(text, {{'&', "&amp;"},
                                    {'<', "&lt;"},
                                    {'"', "&quot;"},
                                    {'\'', "&apos;"},
                                    {'!', "&excl;"},
                                    {'\\', "&bsol;"}})},
        {"HTML, decimal", each(text, "&#%u;")},
        {"HTML, hexadecimal", each(text, "&#x%x;")},
        {"JSON", with(text, {{'"', "\\\""}, {'\\', "\\\\"}})},
        {"JSON, as HTML wants it", with(text, {{'&', "\\u0026"},
                                               {'<', "\\u003c"},
                                               {'"', "\\u0022"},
                                               {'\'', "\\u0027"},
                                               {'\\', "\\\\"}})},
        {"JSON, all", each(text, "\\u%04x")},
        {"C, hexadecimal", each(text, "\\x%02x")},
        {"C, octal", each(text, "\\%03o")},
        {"SQL", with(text, {{'\'', "''"}})},
        {"SQL of MySQL", with(text, {{'\'', "\\'"}, {'"', "\\\""}, {'\\', "\\\\"}})},
        {"CSV", with(text, {{'"', "\"\""}})},
        {"shell, backslashes", with(text, {{'&', "\\&"},
                                           {'<', "\\<"},
                                           {'"', "\\\""},
                                           {'\'', "\\'"},
                                           {'\\', "\\\\"},
                                           {'!', "\\!"}})},
        {"shell, quotes", with(text, {{'\'', "'\\''"}})},
        {"shell, quotes in quotes", with(text, {{'\'', "'\"'\"'"}})},
        {"quoted-printable", each(text, "=%02X")},
        {"quoted-printable, mail", with(text, {{'=', "=3D"}, {'!', "=21"}})},
        {"hexadecimal", each(text, "%02x")},
        {"hexadecimal, blanks", each(text, "%02X ")},
        {"hexadecimal, colons", each(text, "%02x:")},
        {"hexadecimal, C", each(text, "0x%02X,")},
        {"decimal", each(text, "%u,")},
        {"decimal, blanks", each(text, "%u ")},
        {"octal list", each(text, "%03o ")},
        {"base64", base64(text)},
    };
}

constexpr std::string_view kSpecial = R"(Zo&rro<"7'q\Xy9!)";

TEST(Masker, EveryEscapeOfRealServersIsReadBack) {
    for (const auto& [name, form] : escaped_forms(kSpecial)) {
        Masker masker = masker_of(kSpecial);
        const std::string masked = masker.masked("-ERR cannot log in with {{" + form + "}} here");
        EXPECT_THAT(masked, testing::StartsWith("-ERR cannot log in with {{<secret>")) << name;
        EXPECT_THAT(masked, testing::EndsWith("}} here")) << name;
        EXPECT_LE(masked.size(), 24U + 2 + 8 + 2 + 2 + 5) << name << ": " << masked;
    }
}

TEST(Masker, EscapesWithinEscapesAreReadBackToo) {
    std::size_t compositions = 0;
    for (const auto& [first, once] : escaped_forms(kSpecial)) {
        for (const auto& [second, twice] : escaped_forms(once)) {
            for (const auto& [third, form] : escaped_forms(twice)) {
                // A long one for each pair is enough; all of them take a minute.
                if ((compositions++ % 29) != 0) continue;
                Masker masker = masker_of(kSpecial);
                EXPECT_THAT(masker.masked("-ERR is {{" + form + "}}"), HasSubstr("<secret>"))
                    << first << ", " << second << ", " << third << "\n"
                    << form;
            }
            Masker masker = masker_of(kSpecial);
            EXPECT_THAT(masker.masked("-ERR is {{" + twice + "}}"), HasSubstr("<secret>"))
                << first << ", " << second << "\n"
                << twice;
        }
    }
}

TEST(Masker, CharactersBeyondAsciiAreReadBack) {
    constexpr std::string_view kBeyond = "p\xc3\xa4ss-\xc3\x84-\xe5\xaf\x86-\xf0\x9f\x94\x91-x";
    for (const char* form :
         {"p&#228;ss-&#xc4;-&#23494;-&#x1F511;-x", "p&auml;ss-&Auml;-&#23494;-&#128273;-x",
          R"(p\u00e4ss-\u00C4-\u5bc6-\ud83d\udd11-x)", R"(p\u{e4}ss-\u{c4}-\u{5bc6}-\u{1f511}-x)",
          R"(p\xc3\xa4ss-\xC3\x84-\xe5\xaf\x86-\xf0\x9f\x94\x91-x)",
          R"(p\303\244ss-\303\204-\345\257\206-\360\237\224\221-x)",
          "p%C3%A4ss-%C3%84-%E5%AF%86-%F0%9F%94%91-x", "p=C3=A4ss-=C3=84-=E5=AF=86-=F0=9F=94=91-x",
          "p%u00e4ss-%u00c4-%u5bc6-\xf0\x9f\x94\x91-x"}) {
        EXPECT_EQ(masker_of(kBeyond).masked("-ERR {" + std::string(form) + "}"), "-ERR {<secret>}");
    }
}

TEST(Masker, BlanksMayBeWrittenInAnyForm) {
    for (const char* form : {"correct%20horse%20battery", "correct+horse+battery",
                             "correct&nbsp;horse&#32;battery", R"(correct\ horse\x20battery)",
                             "correct=20horse=\r\n battery", R"(correct\u0020horse\040battery)"}) {
        const std::string masked =
            masker_of("correct horse battery").masked("535 is " + std::string(form));
        EXPECT_THAT(masked, Not(HasSubstr("horse"))) << form << ": " << masked;
        EXPECT_THAT(masked, Not(HasSubstr("correct"))) << form << ": " << masked;
    }
}

TEST(Masker, OrdinaryWordsOfServersStay) {
    for (const char* secret : {"Maildrop-Lock-2026!", "password-2026-of-ours",
                               "authentication-Test-0123456789", "0123456789abcdef"}) {
        for (const std::string text :
             {"-ERR [IN-USE] cannot lock your maildrop, try again later",
              "535 5.7.8 Error: authentication failed: another authentication step is needed",
              "-ERR the password or the user name is wrong, see https://x.test/?a=%20b&amp;c",
              "+OK 12 messages (3456 octets) 20:25:30 01:02:03 2026-01-02",
              "250-SIZE 52428800\n250-8BITMIME\n250 AUTH=LOGIN PLAIN"}) {
            EXPECT_EQ(masker_of(secret).masked(text), text) << secret;
        }
    }
}

// A server that knows the password may try to make its masking slow.
TEST(Masker, NestedEscapesWithoutEndTakeABoundedTime) {
    Masker masker = masker_of(kSpecial);
    std::string text;
    while (text.size() < 32'000)
        text += "%2525&amp;amp;\\\\x5c=3D''41 42 0x43,101,102,QWJjRGVmR2hp";
    const auto start = std::chrono::steady_clock::now();
    EXPECT_FALSE(masker.masked(text).empty());
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{20});
}

TEST(Masker, SecretsAddedLaterCount) {
    Masker masker = masker_of("first");
    EXPECT_EQ(masker.masked("first second"), "<secret> second");
    masker.add("second");
    EXPECT_EQ(masker.masked("first second"), "<secret> <secret>");
}

TEST(Masker, OverlappingAndAdjacentSecretsLeaveNothingBetween) {
    Masker masker = masker_of("aXa");
    EXPECT_EQ(masker.masked("aXaXa"), "<secret>");
    EXPECT_EQ(masker.masked("aXaaXab"), "<secret>b");
}

// A hostile server knows the password; the square of this length would take minutes.
TEST(Masker, ALongWordFullOfSecretsIsMaskedInLinearTime) {
    Masker masker = masker_of(std::string(12, 'A'));
    const std::string word = base64(std::string(150'000, 'A'));
    EXPECT_EQ(masker.masked("x " + word + " y"), "x <secret> y");
    EXPECT_EQ(masker.masked(std::string(200'000, 'a')), "<secret>");
}

TEST(Masker, ShortSecretsDoNotHideOrdinaryBase64) {
    Masker masker = masker_of("k3");
    EXPECT_THAT(masker.masked("334 VXNlcm5hbWU6"), Not(HasSubstr("secret")));
    EXPECT_EQ(masker.masked("no k3 here"), "no <secret> here");
}

}  // namespace
}  // namespace mailprobed
