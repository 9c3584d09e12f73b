// SPDX-License-Identifier: Apache-2.0
// Every form of a secret is found, wherever it is broken; other text stays.
#include "probes/session/masker.hpp"

#include "probes/wire/base64.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
    EXPECT_EQ(masker.masked("535-no Xq7Kp", true), "535-no <secret>");
    EXPECT_EQ(masker.masked("535-no Xq7Kp", false), "535-no Xq7Kp");
    EXPECT_EQ(masker.masked("535-no Xq", true), "535-no Xq");
    EXPECT_EQ(masker.masked("535-no " + base64(kSecret).substr(0, 9) + "\n", true),
              "535-no <secret>\n");
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
