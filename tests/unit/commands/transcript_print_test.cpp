// SPDX-License-Identifier: Apache-2.0
// What `once --transcript` prints.
#include "daemon/commands/transcript.hpp"
#include "tests/support/metrics_facts.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <sstream>
#include <string>

namespace mailprobed::daemon_test {
namespace {

using namespace std::chrono_literals;

class TranscriptPrint : public testing::Test {
  protected:
    /// What was printed since the last call.
    std::string printed() {
        std::string text = out_.str();
        out_.str("");
        return text;
    }

    Instant now_{100s};
    std::ostringstream out_;
    Transcript transcript_{out_, [this] { return now_; }};
};

TEST_F(TranscriptPrint, EachLineHasItsTimeProtocolAndSpeaker) {
    transcript_.on(TranscriptLine{"p", Protocol::smtp, Speaker::server, "220 hello"});
    now_ += 1234ms;
    transcript_.on(TranscriptLine{"p", Protocol::smtp, Speaker::client, "EHLO [127.0.0.1]"});
    transcript_.on(TranscriptLine{"a", Protocol::pop3, Speaker::note, "no UIDL"});
    EXPECT_EQ(printed(),
              "    0.000 smtp S: 220 hello\n"
              "    1.234 smtp C: EHLO [127.0.0.1]\n"
              "    1.234 pop3 -- no UIDL\n");
    EXPECT_TRUE(transcript_.interest().lines);
}

TEST_F(TranscriptPrint, NoTextCanBreakItsLine) {
    transcript_.on(TranscriptLine{"p", Protocol::smtp, Speaker::server, "a\r\n\x1b[0m\xff\\r"});
    EXPECT_EQ(printed(), "    0.000 smtp S: a\\u000d\\u000a\\u001b[0m\uFFFD\\r\n");
}

TEST_F(TranscriptPrint, StagesAreNotedAsTheyEnd) {
    transcript_.on(stage(Stage::auth, 35ms + 120us));
    transcript_.on(LookStageDone{"a", Stage::connect, 2s, Cause::refused});
    EXPECT_EQ(printed(),
              "    0.000 smtp -- auth done in 35.1 ms\n"
              "    0.000 pop3 -- connect failed (refused) in 2.000 s\n");
}

TEST_F(TranscriptPrint, TheOtherFactsAreNoted) {
    transcript_.on(started());
    transcript_.on(Connected{"a", Protocol::smtp, IpFamily::v4});
    transcript_.on(Encrypted{"a", Protocol::smtp, TlsFacts{"TLSv1.3", "AES", kWhen}});
    LookDone fact = look(StageCause{Stage::list, Cause::mailbox_too_large});
    fact.messages = 500;
    fact.deleted = 1;
    fact.detail = "500 entries";
    transcript_.on(fact);
    transcript_.on(TagRejected{"a", TagReject::forged});
    transcript_.on(evidence(Evidence::duplicate));
    transcript_.on(InternalError{"x", "y"});
    EXPECT_EQ(printed(),
              "    0.000      -- mail 00000000000000a1 of probe p\n"
              "    0.000 smtp -- connected for account a over IPv4\n"
              "    0.000 smtp -- encrypted with TLSv1.3 AES\n"
              "    0.000 pop3 -- look 1 incomplete in 0.00 ms, 500 messages, 1 deleted: list "
              "mailbox_too_large (500 entries)\n"
              "    0.000 pop3 -- a tag in mailbox a was rejected: forged\n"
              "    0.000      -- after the verdict: duplicate\n"
              "    0.000      -- internal error in x: y\n");
}

TEST_F(TranscriptPrint, LooksForReportsIntoTheSendersMailboxBearItsNameAndAreNotInTheSummary) {
    Transcript transcript(out_, [this] { return now_; }, "home");
    transcript.on(Connected{"home", Protocol::smtp, IpFamily::v4});
    transcript.on(Connected{"home", Protocol::pop3, IpFamily::v4});
    transcript.on(TranscriptLine{"home", Protocol::pop3, Speaker::server, "+OK"});
    transcript.on(LookStageDone{"home", Stage::auth, 70ms, {}});
    LookDone fact = look();
    fact.mailbox = "home";
    transcript.on(fact);
    transcript.on(TranscriptLine{"away", Protocol::pop3, Speaker::server, "+OK"});
    EXPECT_EQ(printed(),
              "    0.000 smtp -- connected for account home over IPv4\n"
              "    0.000 pop3 home -- connected for account home over IPv4\n"
              "    0.000 pop3 home S: +OK\n"
              "    0.000 pop3 home -- auth done in 70.0 ms\n"
              "    0.000 pop3 home -- look for reports complete in 0.00 ms\n"
              "    0.000 pop3 S: +OK\n");
    transcript.summary();
    EXPECT_EQ(printed(), "\nverdict      none\nlooks        0\n");
}

TEST_F(TranscriptPrint, TheSummaryOfADeliveredMailHasItsTimesAndTheStagesOfTheLastLook) {
    transcript_.on(stage(Stage::connect, 1ms));
    transcript_.on(LookStageDone{"a", Stage::auth, 70ms, {}});
    transcript_.on(look());
    transcript_.on(LookStageDone{"a", Stage::auth, 80ms, {}});
    transcript_.on(LookStageDone{"a", Stage::quit, 3ms, Cause::eof});
    transcript_.on(look());
    transcript_.on(delivered(1500ms));
    EXPECT_TRUE(printed().ends_with("-- verdict: delivered\n"));
    transcript_.summary();
    EXPECT_EQ(printed(),
              "\n"
              "verdict      delivered\n"
              "round trip   1.500 s\n"
              "uncertainty  30.0 ms\n"
              "delivery     1.400 s\n"
              "body         intact\n"
              "looks        2\n"
              "stages\n"
              "  smtp connect      1.00 ms\n"
              "  pop3 auth         80.0 ms\n"
              "  pop3 quit         3.00 ms  eof\n");
}

TEST_F(TranscriptPrint, TheSummaryOfAFailureNamesStageCauseAndDetail) {
    MailJudged fact = judged(Verdict::send_failed, StageCause{Stage::auth, Cause::auth_rejected});
    fact.detail = "535 no\n";
    transcript_.on(fact);
    printed();
    transcript_.summary();
    EXPECT_EQ(printed(),
              "\n"
              "verdict      send_failed\n"
              "failed at    auth, auth_rejected\n"
              "detail       535 no\\u000a\n"
              "looks        0\n");
}

TEST_F(TranscriptPrint, TheSummaryOfABouncedMailNamesTheClassOfItsStatus) {
    MailJudged fact = judged(Verdict::bounced, {});
    fact.status_class = StatusClass::permanent;
    transcript_.on(fact);
    printed();
    transcript_.summary();
    EXPECT_EQ(printed(), "\nverdict      bounced\nclass        permanent\nlooks        0\n");
}

TEST_F(TranscriptPrint, WithoutAVerdictTheSummarySaysSo) {
    transcript_.summary();
    EXPECT_EQ(printed(), "\nverdict      none\nlooks        0\n");
}

TEST(TranscriptReadable, DurationsAreShort) {
    EXPECT_EQ(readable(420us), "0.42 ms");
    EXPECT_EQ(readable(9990us), "9.99 ms");
    EXPECT_EQ(readable(35100us), "35.1 ms");
    EXPECT_EQ(readable(2500ms), "2.500 s");
    EXPECT_EQ(readable(75s), "75.0 s");
}

}  // namespace
}  // namespace mailprobed::daemon_test
