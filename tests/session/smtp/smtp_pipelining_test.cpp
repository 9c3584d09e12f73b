// SPDX-License-Identifier: Apache-2.0
// MAIL, RCPT and DATA in one write (RFC 2920): replies are counted, a refusal stays a refusal.
#include "tests/session/smtp_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mailprobed::script {
namespace {

using testing::IsEmpty;
using testing::StartsWith;

SmtpSettings grouped() {
    SmtpSettings settings = smtp_settings(TlsMode::none, SmtpAuth::none);
    settings.pipelining = true;
    return settings;
}

Script until_group() {
    Script script = until_hello(TlsMode::none, {"PIPELINING"});
    script.client(Stage::envelope,
                  "MAIL FROM:<847915049@qq.com>\nRCPT TO:<847915049@qq.com>\nDATA\n");
    return script;
}

TEST(SmtpPipelining, A1_26_IsUsedOnlyWhereOfferedAndWanted) {
    Script not_offered = until_hello(TlsMode::none, {"SIZE"});
    add_transfer(not_offered);
    EXPECT_EQ(SmtpRun(not_offered, grouped(), small_mail()).outcome(), "accepted");

    Script not_wanted = until_hello(TlsMode::none, {"PIPELINING", "SIZE"});
    add_transfer(not_wanted);
    const SmtpSettings settings = smtp_settings(TlsMode::none, SmtpAuth::none);
    EXPECT_EQ(SmtpRun(not_wanted, settings, small_mail()).outcome(), "accepted");
}

TEST(SmtpPipelining, RepliesInOneSegmentAreToldApart) {
    Script script = until_group();
    script.server(Stage::envelope, "250 a\n250-b\n250 b\n354 c\n")
        .client(Stage::accept, kSmallMailLines)
        .server(Stage::accept, "250 d\n")
        .client(Stage::quit, "QUIT\n")
        .server(Stage::quit, "221 e\n");
    const SmtpRun run(script, grouped(), small_mail());
    EXPECT_EQ(run.outcome(), "accepted");
    EXPECT_EQ(run.listener.accepted_reply, "250 d");
}

TEST(SmtpPipelining, A1_25_354DespiteARefusedRecipientGetsALoneDotAndStaysRejected) {
    Script script = until_group();
    script.server(Stage::envelope, "250 Ok\n550 5.1.1 nobody\n354 go on\n")
        .client(Stage::envelope, ".\n")
        .server(Stage::envelope, "250 Ok: queued as nothing\n")
        .client(Stage::envelope, "QUIT\n");
    const SmtpRun run(script, grouped(), small_mail());
    EXPECT_EQ(run.outcome(), "envelope:rejected_permanent");
    ASSERT_TRUE(run.failure);
    EXPECT_THAT(run.failure->what(), StartsWith("recipient refused: 550"));
    EXPECT_FALSE(run.listener.handed_at);
    EXPECT_FALSE(run.listener.accepted_at);
    EXPECT_THAT(run.channel.surprises(), IsEmpty());
    EXPECT_TRUE(run.channel.finished());
}

TEST(SmtpPipelining, ARefusedSenderIsToldAndTheOtherTwoRepliesAreTaken) {
    Script script = until_group();
    script.server(Stage::envelope, "451 later\n")
        .server(Stage::envelope, "503 no sender\n503 no recipient\n")
        .client(Stage::envelope, "QUIT\n");
    const SmtpRun run(script, grouped(), small_mail());
    EXPECT_EQ(run.outcome(), "envelope:rejected_transient");
    EXPECT_TRUE(run.channel.finished());
}

// The refusal is known; what the server does afterwards cannot take it back.
TEST(SmtpPipelining, TroubleAfterARefusalDoesNotReplaceIt) {
    Script script = until_group();
    script.server(Stage::envelope, "250 Ok\n")
        .server(Stage::envelope, "550 nobody\n")
        .server(Stage::envelope, "354 go on\n")
        .client(Stage::envelope, ".\n")
        .server(Stage::envelope, "250 Ok\n")
        .client(Stage::envelope, "QUIT\n");
    for (std::size_t i = script.steps.size() - 4; i < script.steps.size(); ++i) {
        for (const Fault& fault : faults_of(script, i)) {
            SCOPED_TRACE(to_string(fault));
            const SmtpRun run(script, grouped(), small_mail(), fault);
            EXPECT_EQ(run.outcome(), "envelope:rejected_permanent");
            EXPECT_FALSE(run.listener.handed_at);
            EXPECT_THAT(run.channel.surprises(), IsEmpty());
        }
    }
}

TEST(SmtpPipelining, DataRefusedAfterAGoodEnvelopeIsStageData) {
    Script script = until_group();
    script.server(Stage::envelope, "250 Ok\n250 Ok\n451 no room\n").client(Stage::data, "QUIT\n");
    const SmtpRun run(script, grouped(), small_mail());
    EXPECT_EQ(run.outcome(), "data:rejected_transient");
    EXPECT_FALSE(run.listener.handed_at);
}

}  // namespace
}  // namespace mailprobed::script
