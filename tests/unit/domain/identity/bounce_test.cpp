// SPDX-License-Identifier: Apache-2.0
// What counts as a bounce of one of our mails, and what only looks like one.
#include "probes/domain/identity/bounce.hpp"

#include "probes/domain/identity/arrival.hpp"
#include "probes/domain/identity/message.hpp"
#include "probes/domain/identity/tag_search.hpp"
#include "probes/net/crypto.hpp"
#include "tests/support/bounce_samples.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace mailprobed {
namespace {

std::string with_crlf(const std::string& text) {
    std::string result;
    for (const char c : text) {
        if (c == '\n') result += '\r';
        result += c;
    }
    return result;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
    return text;
}

class BounceTest : public testing::Test {
  protected:
    BounceReading read(const std::string& text) const {
        const SplitMail mail = split_mail(text);
        return read_bounce(mail.headers, mail.body, codec, route_of);
    }
    bool worth_reading(const std::string& text) const {
        const SplitMail mail = split_mail(text);
        return read_header(mail.headers, "", codec, route_of).says == HeaderSays::maybe_report;
    }
    BounceSample sample(std::string_view name) const {
        const auto all = bounce_samples(text_);
        const auto found = std::ranges::find(all, name, &BounceSample::name);
        EXPECT_NE(found, all.end()) << name;
        return found == all.end() ? BounceSample{} : *found;
    }
    std::string altered_tag(std::size_t at) const {
        std::string result = text_;
        result.at(at) = result.at(at) == 'c' ? 'd' : 'c';
        return result;
    }

    const TagCodec codec{Secret(std::string(32, 'k')), hmac_sha256};
    const Tag tag{1, 2, 3, 1, 4};
    const std::string text_ = codec.write(tag);
    const std::string other_ = codec.write({1, 2, 99, 1, 4});
    const RouteOf route_of = [](const Tag&) {
        return RouteFacts{"probe@example.org", "target@example.net", true, false};
    };
};

TEST_F(BounceTest, A5_01_A5_03_EverySampleIsReadForWhatItIs) {
    for (const BounceSample& sample : bounce_samples(text_)) {
        for (const std::string& text : {sample.text, with_crlf(sample.text)}) {
            const BounceReading reading = read(text);
            EXPECT_EQ(reading.reject, sample.reject) << sample.name;
            ASSERT_EQ(reading.bounce.has_value(), sample.action.has_value()) << sample.name;
            if (!reading.bounce) continue;
            EXPECT_EQ(reading.bounce->tag, tag) << sample.name;
            EXPECT_EQ(reading.bounce->action, *sample.action) << sample.name;
            EXPECT_EQ(reading.bounce->status, sample.status) << sample.name;
            EXPECT_EQ(reading.bounce->status_class, status_class_of(sample.status)) << sample.name;
            EXPECT_EQ(reading.bounce->weak, sample.weak) << sample.name;
            EXPECT_EQ(reading.bounce->about_us_alone, sample.alone) << sample.name;
            EXPECT_TRUE(worth_reading(text)) << sample.name;
        }
    }
}

TEST_F(BounceTest, A5_05_ATagThatDoesNotVerifyIsNamedAndNeverABounce) {
    const TagCodec stranger{Secret(std::string(32, 'x')), hmac_sha256};
    const std::string foreign = stranger.write(tag);
    for (const BounceSample& sample : bounce_samples(text_)) {
        if (sample.name == "coded letter" || sample.name.starts_with("the original")) continue;
        const auto forged = read(replaced(sample.text, text_, altered_tag(45)));
        EXPECT_FALSE(forged.bounce) << sample.name;
        EXPECT_EQ(forged.reject, TagReject::forged) << sample.name;
        const auto unknown = read(replaced(sample.text, text_, foreign));
        EXPECT_FALSE(unknown.bounce) << sample.name;
        EXPECT_EQ(unknown.reject, TagReject::unknown_key) << sample.name;
    }
    const auto mangled = read(replaced(sample("qmail").text, text_, "mangled"));
    EXPECT_FALSE(mangled.bounce);
    EXPECT_EQ(mangled.reject, TagReject::malformed);
}

TEST_F(BounceTest, ADifferenceInAnyCharacterOfTheTagUndoesTheBounce) {
    const std::string text = sample("postfix failed").text;
    for (std::size_t at = 0; at < kTagLength; ++at)
        EXPECT_FALSE(read(replaced(text, text_, altered_tag(at))).bounce) << at;
}

TEST_F(BounceTest, TagsInCapitalsAreTheSameTags) {
    std::string capitals = text_;
    for (char& c : capitals)
        c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    for (const char* name : {"postfix failed", "qmail"})
        EXPECT_EQ(read(replaced(sample(name).text, text_, capitals)).bounce->tag, tag) << name;
}

TEST_F(BounceTest, AnEnvelopeIdOfSomebodyElseDoesNotHideTheReturnedTag) {
    const std::string text = sample("postfix failed").text;
    const std::string field = "Original-Envelope-Id: ";
    EXPECT_TRUE(read(replaced(text, field + text_, field + "QQ1234")).bounce);
    EXPECT_TRUE(read(replaced(text, field + text_, field + altered_tag(50))).bounce);
}

TEST_F(BounceTest, TwoTagsThatDisagreeCountForNothing) {
    const std::string field = "Original-Envelope-Id: ";
    for (const std::string& text :
         {replaced(sample("postfix failed").text, field + text_, field + other_),
          sample("qmail").text + "\n" + other_ + "\n"}) {
        const auto reading = read(text);
        EXPECT_FALSE(reading.bounce);
        EXPECT_EQ(reading.reject, TagReject::conflicting);
    }
}

TEST_F(BounceTest, ReportsAndLettersAboutOtherMailsSayNothing) {
    for (const BounceSample& sample : bounce_samples("abc")) {
        if (sample.name == "coded letter") continue;
        const auto reading =
            read(replaced(sample.text, "X-Mailprobed-Tag: abc", "X-Mailer: other"));
        EXPECT_FALSE(reading.bounce) << sample.name;
        EXPECT_FALSE(reading.reject) << sample.name;
    }
}

TEST_F(BounceTest, AReportThatSaysNothingOfItsRecipientClaimsNothing) {
    std::string text = sample("postfix failed").text;
    text = replaced(text, "Action: failed\n", "");
    ASSERT_TRUE(read(text).bounce);
    EXPECT_EQ(read(text).bounce->action, BounceAction::failed) << "the status says it";
    text = replaced(text, "Status: 5.1.1\n", "");
    EXPECT_EQ(read(text).bounce->status_class, StatusClass::permanent) << "so does the reply";
    text = replaced(text, "550 5.1.1 <target@example.net>: nobody here", "x");
    EXPECT_TRUE(read(text).bounce->weak) << "only the subject says it";
    EXPECT_EQ(read(text).bounce->status_class, StatusClass::unknown);
    text = replaced(text, "Subject: Undelivered Mail", "Subject: News");
    EXPECT_FALSE(read(text).bounce);
    EXPECT_EQ(read(text).reject, TagReject::quoted);
}

TEST_F(BounceTest, TheLetterOfAReportSpeaksOnlyForAMailSystem) {
    std::string text = sample("postfix failed, nothing returned").text;
    text = replaced(text, "Original-Envelope-Id: " + text_ + "\n", "");
    EXPECT_FALSE(read(text).bounce);
    text = replaced(text, "has news.", "did not deliver <" + text_ + "@example.org>.");
    ASSERT_TRUE(read(text).bounce);
    EXPECT_EQ(read(text).bounce->status, "5.1.1");
    text = replaced(text, "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example (Mail Delivery System)",
                    "From: someone@example");
    EXPECT_FALSE(read(text).bounce);
}

TEST_F(BounceTest, DiagnosticsAreSafeToShowAndShort) {
    std::string text = sample("postfix failed").text;
    text = replaced(text, "nobody here", "nobody \x1b[31m" + std::string(5000, 'x'));
    ASSERT_TRUE(read(text).bounce);
    EXPECT_LE(read(text).bounce->diagnostic.size(), 1024U);
    EXPECT_EQ(read(text).bounce->diagnostic.find('\x1b'), std::string::npos);
    const auto letter =
        read(replaced(sample("qmail").text, "Nobody here", "\x07" + std::string(3000, 'y')));
    EXPECT_LE(letter.bounce->diagnostic.size(), 1024U);
    EXPECT_EQ(read(sample("qmail").text).bounce->diagnostic, "Nobody here by that name. (#5.1.1)");
}

TEST_F(BounceTest, ANumberThatMayBeAVersionIsNoStatus) {
    for (const char* words :
         {"Exim 4.92.3 gave up", "version 5.1.1", "450 5.1.1", "x1550 5.1.1", "room 550", "1.550 x",
          "550.5 x", "2550", "250 2.1.5 fine", "5.1.1 nothing"}) {
        const auto reading = read("Return-Path: <>\nFrom: MAILER-DAEMON\n\nNot delivered.\n" +
                                  std::string(words) + "\n" + text_ + "\n");
        ASSERT_TRUE(reading.bounce) << words;
        EXPECT_EQ(reading.bounce->status_class, StatusClass::unknown) << words;
        EXPECT_EQ(reading.bounce->status, "") << words;
    }
}

TEST_F(BounceTest, OurOwnArrivingMailIsNeverABounce) {
    MessageParts parts;
    parts.probe = "p";
    parts.instance = "i";
    parts.from = "postmaster@example.org";
    parts.to = "b@example.org";
    parts.tag = text_;
    parts.id_domain = "example.org";
    parts.interval = std::chrono::minutes{1};
    const std::string mail = compose(parts).text;
    for (const char* more : {"", "Return-Path: <>\r\n", "Auto-Submitted: auto-replied\r\n",
                             "X-Failed-Recipients: x\r\n", "From: MAILER-DAEMON@x\r\n"}) {
        EXPECT_FALSE(read(more + mail).bounce) << more;
    }
    // Also where a gateway left only one of the copies.
    for (const std::string& copy :
         {"Subject: [SPAM] mailprobed " + text_, "Message-ID: <" + text_ + "@example.org>",
          "X-Mailprobed-Tag: " + text_}) {
        EXPECT_FALSE(read("Return-Path: <>\n" + copy + "\n\n").bounce) << copy;
    }
}

TEST_F(BounceTest, OrdinaryMailIsNotWorthReading) {
    for (const char* text :
         {"", "Subject: lunch?\n", "From: alice@example.org\nReturn-Path: <a@b>\n",
          "Content-Type: multipart/alternative; boundary=b\n", "Auto-Submitted: no\n"}) {
        EXPECT_FALSE(worth_reading(text)) << text;
    }
}

// 60 s at most, a megabyte of guesses: the caps are what keeps this test from its timeout.
TEST_F(BounceTest, B4_3_ManyCandidatesAndDeepNestingEndSoon) {
    std::string many;
    for (int i = 0; i < 20'000; ++i)
        many += altered_tag(30 + static_cast<std::size_t>(i) % 28) + "\n";
    EXPECT_EQ(read("Return-Path: <>\n\n" + many).reject, TagReject::forged);
    std::string deep =
        "Return-Path: <>\nFrom: MAILER-DAEMON\nSubject: failure\nContent-Type: multipart/mixed; "
        "boundary=b0\n\n";
    for (int depth = 0; depth < 1000; ++depth) {
        deep += "--b" + std::to_string(depth) + "\nContent-Type: multipart/mixed; boundary=b" +
                std::to_string(depth + 1) + "\n\n";
    }
    EXPECT_TRUE(read(deep + text_ + "\n").bounce);
    EXPECT_FALSE(read("Return-Path: <>\n\n" + std::string(kMaxBounceBytes, '\n') + text_).bounce);
}

TEST_F(BounceTest, CutAnywhereASampleIsReadAsLessNeverAsSomethingElse) {
    for (const BounceSample& sample : bounce_samples(text_)) {
        const bool coded = sample.name == "coded letter";
        const std::size_t first = sample.text.find(text_);
        // Every second or third octet: all of them take long under a sanitizer.
        for (std::size_t size = 0; size < sample.text.size(); size += 2 + size % 2) {
            const auto reading = read(sample.text.substr(0, size));
            if (!reading.bounce) continue;
            ASSERT_TRUE(sample.action) << sample.name << " cut at " << size;
            ASSERT_EQ(reading.bounce->tag, tag) << sample.name << " cut at " << size;
            ASSERT_TRUE(coded || size >= first + kTagLength) << sample.name << " cut at " << size;
            ASSERT_TRUE(reading.bounce->action == *sample.action ||
                        reading.bounce->action == BounceAction::other)
                << sample.name << " cut at " << size;
        }
    }
}

TEST_F(BounceTest, RandomDamageNeverInventsATag) {
    std::mt19937 random(11);
    const auto samples = bounce_samples(text_);
    const std::string_view alphabet = "\n\r\t :;=-()\"+<>@.45aefz\x00\xff";
    int read_as_bounce = 0;
    for (int round = 0; round < 3'000; ++round) {
        const BounceSample& sample = samples.at(random() % samples.size());
        std::string text = sample.text;
        for (auto hits = 1 + random() % 12; hits > 0; --hits) {
            const std::size_t at = random() % text.size();
            switch (random() % 4) {
                case 0:
                    text.erase(at, 1 + random() % 40);
                    if (text.empty()) text = "\n";
                    break;
                case 1:
                    text.insert(at, 1, alphabet[random() % alphabet.size()]);
                    break;
                case 2:
                    text.insert(at, text.substr(random() % text.size(), random() % 200));
                    break;
                default:
                    text[at] = alphabet[random() % alphabet.size()];
            }
        }
        const auto reading = read(text);
        ASSERT_FALSE(reading.bounce && reading.reject);
        if (!reading.bounce) continue;
        ++read_as_bounce;
        ASSERT_EQ(reading.bounce->tag, tag) << text;
        ASSERT_LE(reading.bounce->diagnostic.size(), 1024U);
    }
    EXPECT_GT(read_as_bounce, 500);
}

TEST_F(BounceTest, TagSearchFindsWordsOnly) {
    EXPECT_EQ(search_tags("ENVID=" + text_ + ".", codec).tag(), tag);
    EXPECT_EQ(search_tags("(<" + text_ + "@x>)", codec).position(), 2U);
    for (const std::string& text :
         {"x" + text_, text_ + "2", text_ + "1", "1" + text_, "/" + text_, text_ + "+",
          text_.substr(1), text_.substr(0, 30) + "\n" + text_.substr(30)}) {
        EXPECT_FALSE(search_tags(text, codec).tag()) << text;
        EXPECT_FALSE(search_tags(text, codec).reject()) << text;
    }
    EXPECT_FALSE(search_tags(std::string(60, 'z'), codec).reject());
}

}  // namespace
}  // namespace mailprobed
