// SPDX-License-Identifier: Apache-2.0
// What counts as an arrival, and what only looks like one.
#include "probes/domain/arrival.hpp"

#include "probes/domain/message.hpp"
#include "probes/net/crypto.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace mailprobed {
namespace {

class ArrivalTest : public testing::Test {
  protected:
    MailHeaders headers(std::initializer_list<std::string> lines) const {
        MailHeaders result;
        for (const std::string& line : lines)
            result.add_line(line);
        return result;
    }

    const TagCodec codec{Secret(std::string(32, 'k')), hmac_sha256};
    const Tag tag{1, 2, 3, 1, 4};
    const std::string text = codec.write(tag);
    const std::string other = codec.write({1, 2, 99, 1, 4});
};

TEST_F(ArrivalTest, AnyOneVerifiedCopySuffices) {
    EXPECT_EQ(classify(headers({"X-Mailprobed-Tag: " + text}), "", codec).tag, tag);
    EXPECT_EQ(classify(headers({"Subject: mailprobed", " " + text}), "", codec).tag, tag);
    EXPECT_EQ(classify(headers({"Message-ID:", " <" + text + "@example.org>"}), "", codec).tag,
              tag);
    EXPECT_EQ(classify(headers({"Subject: gone"}), text, codec).tag, tag);
}

TEST_F(ArrivalTest, AMangledCopyDoesNotDisproveAVerifiedOne) {
    const Arrival arrival = classify(
        headers({"X-Mailprobed-Tag: mangled", "Message-ID: <" + text + "@x.org>"}), "", codec);
    EXPECT_EQ(arrival.tag, tag);
    EXPECT_FALSE(arrival.reject);
}

TEST_F(ArrivalTest, MarksOfSpamFiltersInTheSubjectAreTolerated) {
    for (const char* mark : {"[SPAM] ", "***SPAM*** ", "[EXT] [List] "}) {
        EXPECT_EQ(
            classify(headers({std::string("Subject: ") + mark + "mailprobed " + text}), "", codec)
                .tag,
            tag)
            << mark;
    }
}

TEST_F(ArrivalTest, AnswersAndForwardsThatQuoteTheSubjectAreNoArrivals) {
    for (const char* prefix : {"Re: ", "AW: ", "Fwd: ", "Undelivered: "}) {
        EXPECT_FALSE(
            classify(headers({std::string("Subject: ") + prefix + "mailprobed " + text}), "", codec)
                .tag)
            << prefix;
    }
}

TEST_F(ArrivalTest, A4_05_AutoRepliesBouncesAndRepliesAreQuotes) {
    const std::string own = "X-Mailprobed-Tag: " + text;
    for (const char* line : {"Auto-Submitted: auto-replied",
                             "Content-Type: multipart/report; report-type=delivery-status",
                             "Return-Path: <>", "In-Reply-To: <x@y>", "References: <x@y>"}) {
        const Arrival arrival = classify(headers({own, line}), "", codec);
        EXPECT_FALSE(arrival.tag) << line;
        EXPECT_EQ(arrival.reject, TagReject::quoted) << line;
    }
    EXPECT_TRUE(classify(headers({own, "Auto-Submitted: auto-generated"}), "", codec).tag);
    EXPECT_TRUE(classify(headers({own, "Return-Path: <a@b>"}), "", codec).tag);
}

TEST_F(ArrivalTest, TwoVerifiedTagsThatDisagreeAreRejected) {
    const Arrival arrival =
        classify(headers({"X-Mailprobed-Tag: " + text, "Subject: mailprobed " + other}), "", codec);
    EXPECT_FALSE(arrival.tag);
    EXPECT_EQ(arrival.reject, TagReject::conflicting);
}

TEST_F(ArrivalTest, ForgedTagsAreNamedAndStrangersAreNot) {
    std::string forged = text;
    forged[45] = forged[45] == 'a' ? 'b' : 'a';
    EXPECT_EQ(classify(headers({"X-Mailprobed-Tag: " + forged}), "", codec).reject,
              TagReject::forged);
    EXPECT_EQ(classify(headers({"X-Mailprobed-Tag: junk"}), "", codec).reject,
              TagReject::malformed);
    const Arrival stranger =
        classify(headers({"Subject: lunch?", "Message-ID: <abc@x>"}), "hello", codec);
    EXPECT_FALSE(stranger.tag);
    EXPECT_FALSE(stranger.reject);
}

TEST_F(ArrivalTest, TheComposedMailIsRecognisedByEachOfItsFourCopies) {
    MessageParts parts;
    parts.probe = "p";
    parts.instance = "i";
    parts.from = "a@example.org";
    parts.to = "b@example.org";
    parts.tag = text;
    parts.id_domain = "example.org";
    parts.interval = std::chrono::minutes{1};
    const ComposedMail mail = compose(parts);
    std::istringstream in(mail.text);
    MailHeaders all;
    std::string line;
    int copies = 0;
    while (std::getline(in, line) && line != "\r") {
        line.pop_back();
        all.add_line(line);
        EXPECT_LE(line.size(), 78U) << line;
        if (line.find(text) != std::string::npos) ++copies;
    }
    std::getline(in, line);
    EXPECT_EQ(line, text + "\r");
    EXPECT_EQ(copies, 3);
    EXPECT_EQ(classify(all, "", codec).tag, tag);
}

}  // namespace
}  // namespace mailprobed
