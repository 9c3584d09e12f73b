// SPDX-License-Identifier: Apache-2.0
// Every TLS mode with every login over real sockets, and every certificate that must not do.
#include "tests/e2e/monitor/monitor_run.hpp"

#include <gtest/gtest.h>

namespace mailprobed::test {
namespace {

using loopback::CertificateKind;
using loopback::parse_fault;

loopback::Options options(CertificateKind certificate = CertificateKind::good) {
    loopback::Options result;
    result.accounts = accounts_for({"alice"});
    result.tls.certificate = certificate;
    return result;
}

std::string label(TlsMode mode) {
    return mode == TlsMode::implicit ? "implicit" : mode == TlsMode::starttls ? "starttls" : "none";
}

TEST(Tls, MailGoesRoundInEveryModeWithEveryLogin) {
    loopback::Server server(options());
    server.start();
    for (const TlsMode mode : {TlsMode::implicit, TlsMode::starttls, TlsMode::none}) {
        for (const SmtpAuth smtp :
             {SmtpAuth::automatic, SmtpAuth::plain, SmtpAuth::login, SmtpAuth::cram_md5}) {
            for (const Pop3Auth pop3 :
                 {Pop3Auth::automatic, Pop3Auth::user_pass, Pop3Auth::plain, Pop3Auth::apop}) {
                Recorder recorder;
                const Settings settings = settings_for(server, {"alice"}, {mode, smtp, pop3});
                const Judgement judgement = send_once(settings, "alice", recorder);
                EXPECT_EQ(judgement.verdict, Verdict::delivered)
                    << label(mode) << static_cast<int>(smtp) << static_cast<int>(pop3)
                    << judgement.detail;
                EXPECT_EQ(recorder.transcript.find("pw-alice"), std::string::npos);
            }
        }
    }
}

TEST(Tls, PipeliningDoesNotChangeTheVerdict) {
    loopback::Server server(options());
    server.start();
    Settings settings = settings_for(server, {"alice"}, {TlsMode::implicit});
    settings.accounts[0].smtp->pipelining = true;
    Recorder recorder;
    EXPECT_EQ(send_once(settings, "alice", recorder).verdict, Verdict::delivered);
}

struct BadCertificate {
    CertificateKind kind;
    Cause cause;
};

class TlsRefusal : public testing::TestWithParam<BadCertificate> {};

TEST_P(TlsRefusal, NoByteOfAPasswordIsSentToTheWrongServer) {
    loopback::Server server(options(GetParam().kind));
    server.start();
    for (const TlsMode mode : {TlsMode::implicit, TlsMode::starttls}) {
        Recorder recorder;
        const Judgement judgement =
            send_once(settings_for(server, {"alice"}, {mode}), "alice", recorder);
        EXPECT_EQ(judgement.verdict, Verdict::send_failed);
        ASSERT_TRUE(judgement.failure);
        EXPECT_EQ(judgement.failure->stage,
                  mode == TlsMode::implicit ? Stage::tls : Stage::starttls);
        EXPECT_EQ(to_string(judgement.failure->cause), to_string(GetParam().cause))
            << judgement.detail;
        EXPECT_EQ(recorder.transcript.find("C: AUTH"), std::string::npos);
    }
    for (const loopback::Event& event : server.events()) {
        EXPECT_NE(event.kind, loopback::EventKind::login);
        EXPECT_NE(event.kind, loopback::EventKind::login_refused);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Certificates, TlsRefusal,
    testing::Values(BadCertificate{CertificateKind::expired, Cause::tls_expired},
                    BadCertificate{CertificateKind::not_yet_valid, Cause::tls_expired},
                    BadCertificate{CertificateKind::wrong_name, Cause::tls_name_mismatch},
                    BadCertificate{CertificateKind::self_signed, Cause::tls_untrusted},
                    BadCertificate{CertificateKind::unknown_ca, Cause::tls_untrusted}));

TEST(Tls, VerificationSwitchedOffTakesAnyCertificate) {
    loopback::Server server(options(CertificateKind::self_signed));
    server.start();
    Settings settings = settings_for(server, {"alice"}, {TlsMode::implicit});
    settings.accounts[0].smtp->server.tls_verify = false;
    settings.accounts[0].mailbox->server.tls_verify = false;
    Recorder recorder;
    EXPECT_EQ(send_once(settings, "alice", recorder).verdict, Verdict::delivered);
}

TEST(Tls, B1_5_BytesBehindTheStartTlsReplyAreAnInjection) {
    loopback::Server server(options());
    server.start();
    server.add_fault(parse_fault("smtp STARTTLS inject text=\"250 injected\\r\\n\" max=1"));
    Recorder recorder;
    const Judgement judgement =
        send_once(settings_for(server, {"alice"}, {TlsMode::starttls}), "alice", recorder);
    ASSERT_TRUE(judgement.failure);
    EXPECT_EQ(judgement.failure->stage, Stage::starttls);
    EXPECT_EQ(judgement.failure->cause, Cause::tls_injection);

    server.add_fault(parse_fault("pop3 STLS inject text=\"+OK injected\\r\\n\""));
    Recorder second;
    EXPECT_EQ(
        send_once(settings_for(server, {"alice"}, {TlsMode::starttls}), "alice", second).verdict,
        Verdict::unobserved);
    EXPECT_TRUE(second.look_failed(Stage::starttls, Cause::tls_injection));
}

TEST(Tls, B1_1_AServerWithoutStartTlsGetsNoPassword) {
    loopback::Options plain = options();
    plain.smtp.starttls = false;
    plain.pop3.stls = false;
    loopback::Server server(plain);
    server.start();
    Recorder recorder;
    const Judgement judgement =
        send_once(settings_for(server, {"alice"}, {TlsMode::starttls}), "alice", recorder);
    ASSERT_TRUE(judgement.failure);
    EXPECT_EQ(judgement.failure->stage, Stage::starttls);
    EXPECT_EQ(judgement.failure->cause, Cause::tls_unavailable);
    EXPECT_EQ(recorder.transcript.find("C: AUTH"), std::string::npos);
}

}  // namespace
}  // namespace mailprobed::test
