// SPDX-License-Identifier: Apache-2.0
// Which mechanism is chosen, when nothing is sent, and what refusals of a login mean.
#include "tests/session/smtp_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mailprobed::script {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// Runs a login over TLS against a server that offers `offers`; `login` adds its steps.
SmtpRun log_in(const std::vector<std::string>& offers, SmtpSettings settings,
               const std::function<void(Script&)>& login) {
    Script script = until_hello(settings.server.tls, offers);
    login(script);
    return {script, settings, small_mail()};
}

void expect_played(const SmtpRun& run, const std::string& outcome) {
    EXPECT_EQ(run.outcome(), outcome) << run.visible();
    EXPECT_THAT(run.channel.surprises(), IsEmpty());
    EXPECT_TRUE(run.channel.finished());
}

TEST(SmtpAuth, A1_09_AllFormsOfAuthCountAsOneSet) {
    // Only "AUTH=" names PLAIN, and PLAIN is preferred to LOGIN.
    const SmtpRun run = log_in({"AUTH LOGIN XOAUTH2", "auth=plain", "MAILCOMPRESS"},
                               smtp_settings(TlsMode::implicit), [](Script& s) {
                                   s.client(Stage::auth, "AUTH PLAIN " + plain_base64() + "\n")
                                       .server(Stage::auth, "235 ok\n");
                                   add_transfer(s, false);
                               });
    expect_played(run, "accepted");
}

TEST(SmtpAuth, APinnedMechanismThatIsNotOfferedIsUnsupported) {
    for (const SmtpAuth auth : {SmtpAuth::plain, SmtpAuth::cram_md5}) {
        const SmtpRun run = log_in({"AUTH LOGIN"}, smtp_settings(TlsMode::implicit, auth),
                                   [](Script& s) { s.client(Stage::auth, "QUIT\n"); });
        expect_played(run, "auth:auth_unsupported");
        EXPECT_THAT(run.failure->what(), HasSubstr("offered are: LOGIN"));
    }
}

TEST(SmtpAuth, CramMd5IsNeverChosenByItself) {
    const SmtpRun run = log_in({"AUTH CRAM-MD5"}, smtp_settings(TlsMode::implicit),
                               [](Script& s) { s.client(Stage::auth, "QUIT\n"); });
    expect_played(run, "auth:auth_unsupported");
}

TEST(SmtpAuth, NoLoginOfferedIsUnsupported) {
    const SmtpRun run =
        log_in({"SIZE", "X-EXPS LOGIN", "XAUTH PLAIN"}, smtp_settings(TlsMode::implicit),
               [](Script& s) { s.client(Stage::auth, "QUIT\n"); });
    expect_played(run, "auth:auth_unsupported");
}

TEST(SmtpAuth, WithoutUserNameThereIsNoLogin) {
    SmtpSettings settings = smtp_settings(TlsMode::implicit);
    settings.username.clear();
    const SmtpRun run = log_in({"AUTH PLAIN"}, settings, [](Script& s) { add_transfer(s, false); });
    expect_played(run, "accepted");
    EXPECT_THAT(run.trace.stages, Not(testing::Contains("auth")));
}

TEST(SmtpAuth, A1_11_WithoutTlsNoOctetOfACredentialLeavesUnlessAllowed) {
    for (const SmtpAuth auth : {SmtpAuth::automatic, SmtpAuth::plain, SmtpAuth::login}) {
        const SmtpRun run =
            log_in({"AUTH PLAIN LOGIN CRAM-MD5"}, smtp_settings(TlsMode::none, auth),
                   [](Script& s) { s.client(Stage::auth, "QUIT\n"); });
        expect_played(run, "auth:auth_unsupported");
        EXPECT_THAT(run.failure->what(), HasSubstr("allow_plaintext_auth"));
        EXPECT_THAT(run.channel.written(), Not(HasSubstr("AUTH")));
    }
    SmtpSettings allowed = smtp_settings(TlsMode::none);
    allowed.allow_plaintext_auth = true;
    const SmtpRun run = log_in({"AUTH PLAIN"}, allowed, [](Script& s) {
        s.client(Stage::auth, "AUTH PLAIN " + plain_base64() + "\n")
            .server(Stage::auth, "235 ok\n");
        add_transfer(s, false);
    });
    expect_played(run, "accepted");
}

TEST(SmtpAuth, B1_10_MechanismsThatOnlyLookFamiliarAreNotTaken) {
    const SmtpRun run = log_in(
        {"AUTH PLAIN2 XPLAIN PLAIN-CLIENTTOKEN LOGIN_OLD LOGIN: AUTH=PLAIN AUTH=CRAM-MD5 CRAM-MD5X",
         "AUTH", "AUTH=", "AUTHPLAIN", "AUTH: PLAIN", "AUTH=PLAINX", "X-AUTH=PLAIN"},
        smtp_settings(TlsMode::implicit), [](Script& s) { s.client(Stage::auth, "QUIT\n"); });
    // "AUTH: PLAIN" is no AUTH keyword, "AUTH=PLAIN" among the words is no mechanism.
    expect_played(run, "auth:auth_unsupported");
}

TEST(SmtpAuth, A1_14_AnInitialResponseThatMakesTheLineLongerThan512OctetsGoesAlone) {
    // 372 octets of identity make a line of 509, one more makes 513.
    for (const bool fits : {true, false}) {
        SmtpSettings settings = smtp_settings(TlsMode::implicit);
        settings.username = "u";
        settings.password = Secret(std::string(fits ? 369U : 370U, 'p'));
        Script script = until_hello(TlsMode::implicit, {"AUTH PLAIN"});
        std::string response = "AHUA";
        for (int i = 0; i < 123; ++i) {
            response += "cHBw";
        }
        if (fits) {
            ASSERT_LE(response.size() + 13, 512U);
            script.client(Stage::auth, "AUTH PLAIN " + response + "\n");
        } else {
            response += "cA==";
            ASSERT_GT(response.size() + 13, 512U);
            script.client(Stage::auth, "AUTH PLAIN\n")
                .server(Stage::auth, "334 \n")
                .client(Stage::auth, response + "\n");
        }
        script.server(Stage::auth, "235 ok\n");
        add_transfer(script, false);
        expect_played(SmtpRun(script, settings, small_mail()), "accepted");
    }
}

TEST(SmtpAuth, A1_15_LoginAnswersByOrderWhateverThePromptsSay) {
    const SmtpRun run = log_in({"AUTH LOGIN"}, smtp_settings(TlsMode::implicit), [](Script& s) {
        s.client(Stage::auth, "AUTH LOGIN\n")
            .server(Stage::auth, "334 UGFzc3dvcmQ6\n")
            .client(Stage::auth, "ODQ3OTE1MDQ5QHFxLmNvbQ==\n")
            .server(Stage::auth, "334 not base64!\n")
            .client(Stage::auth, "czNjciZ0IHBhc3MvVzByZCs=\n")
            .server(Stage::auth, "235 ok\n");
        add_transfer(s, false);
    });
    expect_played(run, "accepted");
}

TEST(SmtpAuth, A1_16_AMalformedChallengeIsCancelled) {
    for (const char* challenge : {"334 \n", "334 !!!!\n", "334 abc\n", "334\n"}) {
        const SmtpRun run =
            log_in({"AUTH CRAM-MD5"}, smtp_settings(TlsMode::implicit, SmtpAuth::cram_md5),
                   [&](Script& s) {
                       s.client(Stage::auth, "AUTH CRAM-MD5\n")
                           .server(Stage::auth, challenge)
                           .client(Stage::auth, "*\n")
                           .server(Stage::auth, "501 cancelled\n")
                           .client(Stage::auth, "QUIT\n");
                   });
        expect_played(run, "auth:protocol_error");
    }
}

TEST(SmtpAuth, A1_16_AfterACancelledMechanismTheNextOneIsTriedButNotAfter535) {
    const auto start = [](Script& s) {
        s.client(Stage::auth, "AUTH PLAIN " + plain_base64() + "\n")
            .server(Stage::auth, "334 more\n")
            .client(Stage::auth, "*\n");
    };
    const SmtpRun next =
        log_in({"AUTH PLAIN LOGIN"}, smtp_settings(TlsMode::implicit), [&](Script& s) {
            start(s);
            s.server(Stage::auth, "501 cancelled\n")
                .client(Stage::auth, "AUTH LOGIN\n")
                .server(Stage::auth, "454 4.7.0 not now\n")
                .client(Stage::auth, "QUIT\n");
        });
    expect_played(next, "auth:auth_transient");

    const SmtpRun rejected =
        log_in({"AUTH PLAIN LOGIN"}, smtp_settings(TlsMode::implicit), [&](Script& s) {
            start(s);
            s.server(Stage::auth, "535 5.7.8 wrong\n").client(Stage::auth, "QUIT\n");
        });
    expect_played(rejected, "auth:auth_rejected");

    const SmtpRun wrong =
        log_in({"AUTH PLAIN LOGIN"}, smtp_settings(TlsMode::implicit), [&](Script& s) {
            s.client(Stage::auth, "AUTH PLAIN " + plain_base64() + "\n")
                .server(Stage::auth, "535 5.7.8 wrong\n")
                .client(Stage::auth, "QUIT\n");
        });
    expect_played(wrong, "auth:auth_rejected");
}

// B4.1: a server may not keep a login going for ever.
TEST(SmtpAuth, EndlessChallengesEndAfterThePassword) {
    const SmtpRun run =
        log_in({"AUTH LOGIN"}, smtp_settings(TlsMode::implicit, SmtpAuth::login), [](Script& s) {
            s.client(Stage::auth, "AUTH LOGIN\n")
                .server(Stage::auth, "334 a\n")
                .client(Stage::auth, "ODQ3OTE1MDQ5QHFxLmNvbQ==\n")
                .server(Stage::auth, "334 b\n")
                .client(Stage::auth, "czNjciZ0IHBhc3MvVzByZCs=\n")
                .server(Stage::auth, "334 c\n")
                .client(Stage::auth, "*\n")
                .server(Stage::auth, "334 d\n");
        });
    expect_played(run, "auth:protocol_error");
}

TEST(SmtpAuth, A1_17_RefusalsAreClassifiedByTheirCodes) {
    const struct {
        const char* reply;
        const char* outcome;
    } cases[] = {
        {"535 5.7.8 bad\n", "auth:auth_rejected"},
        {"534 5.7.9 too weak\n", "auth:auth_rejected"},
        {"554 5.7.8 bad\n", "auth:auth_rejected"},
        {"550 no\n", "auth:auth_rejected"},
        {"454 4.7.0 later\n", "auth:auth_transient"},
        {"432 4.7.12 change\n", "auth:auth_transient"},
        {"421 4.7.0 bye\n", "auth:auth_transient"},
        {"504 5.5.4 mechanism\n", "auth:auth_unsupported"},
        {"502 command\n", "auth:auth_unsupported"},
        {"500 command\n", "auth:auth_unsupported"},
        {"538 5.7.11 encrypt\n", "auth:auth_unsupported"},
        {"501 5.5.4 argument\n", "auth:auth_unsupported"},
        {"503 5.5.1 no login now\n", "auth:auth_unsupported"},
        {"530 Must issue a STARTTLS command first.\n", "auth:auth_unsupported"},
        // It is the password, whatever the code says.
        {"501 5.7.8 bad\n", "auth:auth_rejected"},
    };
    for (const auto& [reply, outcome] : cases) {
        const bool quits = std::string_view(reply).substr(0, 3) != "421";
        const SmtpRun run =
            log_in({"AUTH PLAIN"}, smtp_settings(TlsMode::implicit), [&](Script& s) {
                s.client(Stage::auth, "AUTH PLAIN " + plain_base64() + "\n")
                    .server(Stage::auth, reply);
                if (quits) s.client(Stage::auth, "QUIT\n");
            });
        expect_played(run, outcome);
    }
}

}  // namespace
}  // namespace mailprobed::script
