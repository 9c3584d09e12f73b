// SPDX-License-Identifier: Apache-2.0
// Canary: with every login, and servers that echo what they were given in every form, no part of
// a password or of what is made of it shows in a line, a detail or an accepted reply.
#include "probes/base/base64.hpp"
#include "probes/net/crypto.hpp"
#include "tests/session/pop3_fixture.hpp"
#include "tests/session/smtp_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mailprobed::script {
namespace {

using testing::IsEmpty;

constexpr std::string_view kCanary = "Xq7Kp2&/+vT9 zR4m";
constexpr std::string_view kUser = "847915049@qq.com";
constexpr std::string_view kChallenge = "<1896.697170952@postoffice.qq.com>";

std::string upper(std::string text) {
    for (char& c : text) {
        c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    return text;
}

std::string url_encoded(std::string_view text, bool all, bool small) {
    std::string result;
    for (const char c : text) {
        const bool safe = std::isalnum(static_cast<unsigned char>(c)) != 0;
        if (safe && !all) {
            result += c;
            continue;
        }
        char code[4];
        std::snprintf(code, sizeof code, small ? "%%%02x" : "%%%02X",
                      static_cast<unsigned>(static_cast<unsigned char>(c)));
        result += code;
    }
    return result;
}

/// What a hostile or clumsy server may say back.
std::vector<std::string> echoes(const std::vector<std::string>& secrets) {
    std::vector<std::string> forms;
    for (const std::string& secret : secrets) {
        forms.push_back(secret);
        forms.push_back(upper(secret));
        forms.push_back(url_encoded(secret, false, false));
        forms.push_back(url_encoded(secret, true, true));
        // What is base64 already is not put into base64 again.
        if (secret.size() % 4 == 0 && secret.size() != 32) continue;
        for (const char* before : {"", "x", "xy"}) {
            for (const char* after : {"", "z"}) {
                forms.push_back(base64(before + secret + after));
            }
        }
        // A digest in capitals is the same digest.
        if (secret.size() == 32) forms.push_back(base64("xy" + upper(secret)));
    }
    return forms;
}

/// True if `visible` shows `part` of a secret, if it is long enough to tell.
bool shows(const std::string& visible, std::string_view part) {
    return part.size() >= 5 && visible.find(part) != std::string::npos;
}

SmtpSettings canary_smtp(SmtpAuth auth) {
    SmtpSettings settings = smtp_settings(TlsMode::implicit, auth);
    settings.password = Secret(std::string(kCanary));
    return settings;
}

/// The steps of a login up to the line that decides, and everything secret in it.
struct Login {
    std::vector<std::string> secrets;
    std::function<void(Script&)> start;
};

Login smtp_login(SmtpAuth auth) {
    const std::string user(kUser);
    const std::string password(kCanary);
    if (auth == SmtpAuth::plain) {
        const std::string response = base64('\0' + user + '\0' + password);
        return {{password, response},
                [=](Script& s) { s.client(Stage::auth, "AUTH PLAIN " + response + "\n"); }};
    }
    if (auth == SmtpAuth::login) {
        return {{password, base64(password)}, [=](Script& s) {
                    s.client(Stage::auth, "AUTH LOGIN\n")
                        .server(Stage::auth, "334 \n")
                        .client(Stage::auth, base64(user) + "\n")
                        .server(Stage::auth, "334 \n")
                        .client(Stage::auth, base64(password) + "\n");
                }};
    }
    const std::string digest = hmac_md5_hex(password, kChallenge);
    const std::string response = base64(user + ' ' + digest);
    return {{password, digest, response}, [=](Script& s) {
                s.client(Stage::auth, "AUTH CRAM-MD5\n")
                    .server(Stage::auth, "334 " + base64(kChallenge) + "\n")
                    .client(Stage::auth, response + "\n");
            }};
}

class SmtpSecrets : public testing::TestWithParam<SmtpAuth> {};

TEST_P(SmtpSecrets, AnEchoInARefusalIsMaskedHoweverItIsSplit) {
    const Login login = smtp_login(GetParam());
    const SmtpSettings settings = canary_smtp(GetParam());
    for (const std::string& form : echoes(login.secrets)) {
        const bool percent = form.find('%') != std::string::npos;
        for (std::size_t at = 0; at < form.size(); at += 3) {
            // Split over two lines, or not at all; read in small pieces in any case.
            std::string reply = "535-5.7.8 Not " + form.substr(0, at) + "\n535 5.7.8 " +
                                form.substr(at) + " please\n";
            if (at == 0 || percent) reply = "535 5.7.8 Not " + form + " please\n";
            Script script = until_hello(TlsMode::implicit, {"AUTH PLAIN LOGIN CRAM-MD5"});
            login.start(script);
            script.server(Stage::auth, reply).dripping(5).client(Stage::auth, "QUIT\n");
            const SmtpRun run(script, settings, small_mail());
            ASSERT_EQ(run.outcome(), "auth:auth_rejected");
            EXPECT_THAT(run.channel.surprises(), IsEmpty());
            const std::string visible = run.visible();
            EXPECT_FALSE(shows(visible, form)) << visible;
            EXPECT_FALSE(shows(visible, form.substr(0, at))) << visible;
            EXPECT_FALSE(shows(visible, form.substr(at))) << visible;
            for (const std::string& secret : login.secrets) {
                EXPECT_FALSE(shows(visible, secret)) << visible;
            }
            EXPECT_TRUE(run.trace.shows("535 5.7.8")) << reply << visible;
        }
    }
}

TEST_P(SmtpSecrets, AnEchoInAnyLaterReplyIsMasked) {
    const Login login = smtp_login(GetParam());
    const SmtpSettings settings = canary_smtp(GetParam());
    Script whole = until_hello(TlsMode::implicit, {"AUTH PLAIN LOGIN CRAM-MD5"});
    login.start(whole);
    whole.server(Stage::auth, "235 2.7.0 ok\n");
    add_transfer(whole, false);
    for (const std::string& form : echoes(login.secrets)) {
        Script script = whole;
        bool late = false;
        for (Step& step : script.steps) {
            late |= step.kind == Kind::server && step.bytes.starts_with("235");
            if (late && step.kind == Kind::server) {
                step.bytes.insert(step.bytes.size() - 2, " (" + form + ")");
            }
        }
        const SmtpRun run(script, settings, small_mail());
        ASSERT_EQ(run.outcome(), "accepted");
        EXPECT_FALSE(shows(run.visible(), form)) << run.visible();
        EXPECT_THAT(run.listener.accepted_reply, testing::HasSubstr("<secret>"));
    }
}

// What stands in the buffer when everything breaks is shown in a detail too.
TEST_P(SmtpSecrets, AnEchoInNonsenseOrInUnaskedWordsIsMasked) {
    const Login login = smtp_login(GetParam());
    const SmtpSettings settings = canary_smtp(GetParam());
    for (const std::string& form : echoes(login.secrets)) {
        for (const std::string& reply : {form + " is wrong\n", "235 ok\n250 " + form + "\n"}) {
            Script script = until_hello(TlsMode::implicit, {"AUTH PLAIN LOGIN CRAM-MD5"});
            login.start(script);
            script.server(Stage::auth, reply);
            const SmtpRun run(script, settings, small_mail());
            ASSERT_TRUE(run.failure);
            EXPECT_FALSE(shows(run.visible(), form)) << run.visible();
        }
    }
}

TEST_P(SmtpSecrets, AnEchoThatIsQuotedInPartIsMasked) {
    const Login login = smtp_login(GetParam());
    const SmtpSettings settings = canary_smtp(GetParam());
    for (const std::string& form : echoes(login.secrets)) {
        if (form.find('%') != std::string::npos) continue;
        const std::string half = form.substr(0, form.size() / 2);
        const std::string rest = form.substr(half.size());
        // The rest of the words has not arrived; the rest of the secret is no line of a reply.
        for (const std::string& reply :
             {"235 ok\n250 your password is " + half, "535-no " + half + "\n" + rest + "\n"}) {
            Script script = until_hello(TlsMode::implicit, {"AUTH PLAIN LOGIN CRAM-MD5"});
            login.start(script);
            script.server(Stage::auth, reply);
            const SmtpRun run(script, settings, small_mail());
            ASSERT_TRUE(run.failure);
            EXPECT_FALSE(shows(run.visible(), half)) << run.visible();
            EXPECT_FALSE(shows(run.visible(), rest)) << run.visible();
        }
    }
}

TEST_P(SmtpSecrets, AnEchoThatBreaksOffWithTheConnectionIsMasked) {
    const Login login = smtp_login(GetParam());
    const SmtpSettings settings = canary_smtp(GetParam());
    for (const std::string& form : echoes(login.secrets)) {
        const std::string half = form.substr(0, form.size() / 2);
        Script script = until_hello(TlsMode::implicit, {"AUTH PLAIN LOGIN CRAM-MD5"});
        login.start(script);
        script.server(Stage::auth, "535-" + half + "\n535 " + form.substr(half.size()) + "\n");
        const Fault fault{Fault::What::eof, script.steps.size() - 1, half.size() + 6};
        const SmtpRun run(script, settings, small_mail(), fault);
        ASSERT_EQ(run.outcome(), "auth:eof");
        EXPECT_TRUE(run.trace.shows("S 535-")) << run.visible();
        EXPECT_FALSE(shows(run.visible(), half)) << run.visible();
    }
}

INSTANTIATE_TEST_SUITE_P(Logins, SmtpSecrets,
                         testing::Values(SmtpAuth::plain, SmtpAuth::login, SmtpAuth::cram_md5));

TEST(SmtpSecrets, TheContinuationLineOfALongPlainIsMaskedByState) {
    SmtpSettings settings = canary_smtp(SmtpAuth::plain);
    settings.username = std::string(400, 'u');
    const std::string response = base64('\0' + settings.username + '\0' + std::string(kCanary));
    Script script = until_hello(TlsMode::implicit, {"AUTH PLAIN"});
    script.client(Stage::auth, "AUTH PLAIN\n")
        .server(Stage::auth, "334 \n")
        .client(Stage::auth, response + "\n")
        .server(Stage::auth, "421 " + response.substr(300) + "\n");
    const SmtpRun run(script, settings, small_mail());
    EXPECT_EQ(run.outcome(), "auth:auth_transient");
    EXPECT_THAT(run.channel.surprises(), IsEmpty());
    EXPECT_TRUE(run.trace.shows("C AUTH PLAIN\nS 334 \nC <secret>\n"));
    EXPECT_FALSE(shows(run.visible(), response.substr(response.size() - 16)));
}

Login pop3_login(Pop3Auth auth) {
    const std::string user(kUser);
    const std::string password(kCanary);
    if (auth == Pop3Auth::user_pass) {
        return {{password}, [=](Script& s) {
                    s.client(Stage::auth, "USER " + user + "\n")
                        .server(Stage::auth, "+OK\n")
                        .client(Stage::auth, "PASS " + password + "\n");
                }};
    }
    if (auth == Pop3Auth::plain) {
        const std::string response = base64('\0' + user + '\0' + password);
        return {{password, response}, [=](Script& s) {
                    s.client(Stage::auth, "AUTH PLAIN\n")
                        .server(Stage::auth, "+ \n")
                        .client(Stage::auth, response + "\n");
                }};
    }
    const std::string digest = md5_hex(std::string(kChallenge) + password);
    return {{password, digest},
            [=](Script& s) { s.client(Stage::auth, "APOP " + user + ' ' + digest + "\n"); }};
}

class Pop3Secrets : public testing::TestWithParam<Pop3Auth> {};

TEST_P(Pop3Secrets, AnEchoIsMaskedInRefusalsListingsAndMails) {
    const Login login = pop3_login(GetParam());
    MailboxSettings settings = pop3_settings(TlsMode::implicit, GetParam());
    settings.password = Secret(std::string(kCanary));
    settings.pipelining = false;
    for (const std::string& form : echoes(login.secrets)) {
        Script refused = until_login(TlsMode::implicit, {"SASL PLAIN", "TOP"});
        login.start(refused);
        refused.server(Stage::auth, "-ERR [AUTH] " + form + " is wrong\n").dripping(4);
        refused.client(Stage::auth, "QUIT\n");
        const Pop3Run wrong(refused, settings, {});
        ASSERT_EQ(wrong.outcome(), "auth:auth_rejected");
        EXPECT_FALSE(shows(wrong.visible(), form)) << wrong.visible();

        // A mail that holds the echo, broken over two lines where that leaves it readable.
        const std::size_t half = form.find('%') == std::string::npos ? form.size() / 2 : 0;
        Script read = until_login(TlsMode::implicit, {"SASL PLAIN", "TOP"});
        login.start(read);
        read.server(Stage::auth, "+OK " + form + "\n")
            .client(Stage::headers, "TOP 1 1\n")
            .server(Stage::headers,
                    "+OK\nX-Echo: " + form.substr(0, half) + "\n " + form.substr(half) + "\n\n.\n");
        Seen seen;
        const Pop3Run run(read, settings, read_headers(seen, {1}));
        ASSERT_EQ(run.outcome(), "done");
        const std::string visible = run.visible();
        EXPECT_FALSE(shows(visible, form)) << visible;
        EXPECT_FALSE(shows(visible, form.substr(0, half))) << visible;
        EXPECT_FALSE(shows(visible, form.substr(half))) << visible;
    }
}

INSTANTIATE_TEST_SUITE_P(Logins, Pop3Secrets,
                         testing::Values(Pop3Auth::user_pass, Pop3Auth::plain, Pop3Auth::apop));

// Where nobody listens nothing is built, but a Failure's detail is masked all the same.
TEST(SmtpSecrets, DetailsAreMaskedWithoutATranscriptToo) {
    const Login login = smtp_login(SmtpAuth::plain);
    Script script = until_hello(TlsMode::implicit, {"AUTH PLAIN"});
    login.start(script);
    script.server(Stage::auth, "535 bad " + std::string(kCanary) + "\n")
        .client(Stage::auth, "QUIT\n");
    ScriptedChannel channel(script);
    RecordingTrace trace(false);
    RecordingListener listener(channel);
    const SmtpSettings settings = canary_smtp(SmtpAuth::plain);
    const Envelope envelope = small_mail();
    try {
        run(send_mail(channel, settings, envelope, Instant::max(), listener, trace));
        FAIL();
    } catch (const Failure& failure) {
        EXPECT_STREQ(failure.what(), "login refused: 535 bad <secret>");
    }
    EXPECT_THAT(trace.lines, IsEmpty());
}

}  // namespace
}  // namespace mailprobed::script
