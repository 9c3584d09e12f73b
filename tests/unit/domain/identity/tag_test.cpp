// SPDX-License-Identifier: Apache-2.0
// The tag: one spelling, unforgeable, survives what mail does to text.
#include "probes/domain/identity/tag.hpp"

#include "probes/base/base32.hpp"
#include "probes/domain/identity/tag_search.hpp"
#include "probes/net/crypto.hpp"

#include <gtest/gtest.h>

#include <set>

namespace mailprobed {
namespace {

TagCodec codec(const std::string& key = std::string(32, 'k')) {
    return {Secret(key), hmac_sha256};
}

Tag sample() {
    return {0x01020304, 0xa0b0c0d0, 0x1122334455667788, 3, 1'800'000'000'123};
}

TEST(Tag, IsSixtyLowerCaseCharactersAndReadsBack) {
    const std::string text = codec().write(sample());
    EXPECT_EQ(text.size(), 60U);
    EXPECT_EQ(text.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567"), std::string::npos);
    const TagReading reading = codec().read(text);
    ASSERT_TRUE(reading.tag);
    EXPECT_EQ(*reading.tag, sample());
}

// What the released versions wrote is on its way or in mailboxes when a new one starts.
TEST(Tag, ATagOfARunIsOfVersionTwoAndThoseOfVersionOneStayReadable) {
    Tag named = sample();
    named.run = 0xfedcba98;
    const std::string text = codec().write(named);
    EXPECT_EQ(text.size(), kTagLength);
    EXPECT_EQ(base32_decode(text)->at(0), 2);
    const TagReading reading = codec().read(text);
    ASSERT_TRUE(reading.tag);
    EXPECT_EQ(reading.tag->run, named.run);
    EXPECT_EQ(reading.tag->sent_ms, 1'800'000'000'000U) << "in whole seconds";
    EXPECT_EQ(reading.tag->mail, named.mail);
    EXPECT_EQ(reading.tag->attempt, named.attempt);
    EXPECT_EQ(reading.tag->probe, named.probe);
    EXPECT_EQ(reading.tag->instance, named.instance);
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string bad = text;
        bad[i] = bad[i] == 'a' ? 'b' : 'a';
        EXPECT_FALSE(codec().read(bad).tag) << "position " << i;
    }
    // Written by mailprobed 0.1 with this key.
    const TagReading old =
        codec().read("af7qcaqdasqlbqgqcerdgrcvmz3yqaybummfyud3dleutmvwzkrl3fx4755q");
    ASSERT_TRUE(old.tag);
    EXPECT_EQ(*old.tag, sample());
    EXPECT_EQ(old.tag->run, 0U);
    EXPECT_EQ(search_tags("x " + text + " y", codec()).tag(), reading.tag);
}

TEST(Tag, AKeyIsKnownByItsFingerprintAndNoOther) {
    const TagCodec rotating(Secret(std::string(32, 'n')), hmac_sha256,
                            Secret(std::string(32, 'o')));
    const auto print_of = [](char c) { return codec(std::string(32, c)).fingerprint(); };
    EXPECT_EQ(rotating.fingerprint(), print_of('n'));
    EXPECT_TRUE(rotating.reads(print_of('n')));
    EXPECT_TRUE(rotating.reads(print_of('o')));
    EXPECT_FALSE(rotating.reads(print_of('x')));
    EXPECT_NE(print_of('n'), 0U);
}

TEST(Tag, SurvivesUpperCasing) {
    std::string text = codec().write(sample());
    for (char& c : text)
        c = static_cast<char>(std::toupper(c));
    EXPECT_TRUE(codec().read(text).tag);
}

TEST(Tag, EveryChangedCharacterIsNoticed) {
    const std::string good = codec().write(sample());
    for (std::size_t i = 0; i < good.size(); ++i) {
        std::string bad = good;
        bad[i] = bad[i] == 'a' ? 'b' : 'a';
        EXPECT_FALSE(codec().read(bad).tag) << "position " << i;
    }
}

TEST(Tag, AnotherKeyIsUnknownAndAForgedMacIsForged) {
    EXPECT_EQ(codec(std::string(32, 'x')).read(codec().write(sample())).reject,
              TagReject::unknown_key);
    std::string forged = codec().write(sample());
    forged[50] = forged[50] == 'a' ? 'b' : 'a';
    EXPECT_EQ(codec().read(forged).reject, TagReject::forged);
    EXPECT_EQ(codec().read("short").reject, TagReject::malformed);
    EXPECT_EQ(codec().read(std::string(60, '!')).reject, TagReject::malformed);
}

TEST(Tag, B4_5_TwoKeysAreReadDuringARotationAndTheNewOneWrites) {
    const std::string old_key(32, 'o');
    const std::string new_key(32, 'n');
    const TagCodec rotating(Secret(new_key), hmac_sha256, Secret(old_key));
    EXPECT_EQ(rotating.read(codec(old_key).write(sample())).tag, sample());
    EXPECT_EQ(rotating.read(codec(new_key).write(sample())).tag, sample());
    EXPECT_EQ(rotating.write(sample()), codec(new_key).write(sample()));
    EXPECT_EQ(rotating.read(codec(std::string(32, 'x')).write(sample())).reject,
              TagReject::unknown_key);
    // A tag that names the old key must be made with it, not merely name it.
    std::string forged = codec(old_key).write(sample());
    forged[50] = forged[50] == 'a' ? 'b' : 'a';
    EXPECT_EQ(rotating.read(forged).reject, TagReject::forged);
    EXPECT_EQ(TagCodec(Secret(new_key), hmac_sha256, Secret()).read(forged).reject,
              TagReject::unknown_key);
}

// One id byte in 256: two keys may have the same by chance, and then both must be tried.
TEST(Tag, B4_5_KeysWithTheSameIdAreBothTried) {
    const auto id_of = [](const std::string& key) {
        return base32_decode(codec(key).write(sample()))->at(1);
    };
    const std::string first(32, 'a');
    std::string second(32, 'b');
    for (int i = 0; i < 10'000 && id_of(second) != id_of(first); ++i)
        second = "key no. " + std::to_string(i) + std::string(24, '.');
    ASSERT_EQ(id_of(second), id_of(first));
    const TagCodec rotating(Secret(first), hmac_sha256, Secret(second));
    EXPECT_EQ(rotating.read(codec(first).write(sample())).tag, sample());
    EXPECT_EQ(rotating.read(codec(second).write(sample())).tag, sample());
    const TagCodec reversed(Secret(second), hmac_sha256, Secret(first));
    EXPECT_EQ(reversed.read(codec(first).write(sample())).tag, sample());
}

TEST(Tag, NameIdsOfSimilarNamesDiffer) {
    std::set<std::uint32_t> ids;
    for (int i = 0; i < 10'000; ++i)
        ids.insert(name_id("probe-" + std::to_string(i)));
    EXPECT_EQ(ids.size(), 10'000U);
}

TEST(Base32, KnowsTheVectorsOfRfc4648) {
    const auto encode = [](std::string_view text) {
        return base32_encode(
            std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
    };
    EXPECT_EQ(encode(""), "");
    EXPECT_EQ(encode("f"), "my");
    EXPECT_EQ(encode("foobar"), "mzxw6ytboi");
    EXPECT_FALSE(base32_decode("mz"));  // spare bits that are not zero
    EXPECT_FALSE(base32_decode("m1"));
    EXPECT_TRUE(base32_decode("MY"));
}

TEST(Crypto, KnowsThePublishedVectors) {
    EXPECT_EQ(md5_hex("<1896.697170952@dbc.mtview.ca.us>tanstaaf"),
              "c4c9334bac560ecc979e58001b3e22fb");  // RFC 1939 7
    EXPECT_EQ(hmac_md5_hex("tanstaaftanstaaf", "<1896.697170952@postoffice.reston.mci.net>"),
              "b913a602c7eda7a495b4e6e7334d3890");  // RFC 2195 2
    const auto mac = hmac_sha256("Jefe", "what do ya want for nothing?");
    EXPECT_EQ(mac[0], 0x5b);  // RFC 4231 4.3
    EXPECT_EQ(mac[31], 0x43);
}

}  // namespace
}  // namespace mailprobed
