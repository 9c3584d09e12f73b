// SPDX-License-Identifier: Apache-2.0
// Scripts that the SMTP tests share.
#include "tests/session/smtp_fixture.hpp"

namespace mailprobed::script {

SmtpSettings smtp_settings(TlsMode tls, SmtpAuth auth) {
    SmtpSettings settings;
    settings.server.host = "smtp.qq.com";
    settings.server.tls = tls;
    settings.username = "847915049@qq.com";
    settings.password = Secret(std::string(kPassword));
    settings.auth = auth;
    return settings;
}

Envelope small_mail() {
    std::string message = crlf(kSmallMailLines);
    message.resize(message.size() - 3);
    return {"847915049@qq.com", "847915049@qq.com", message};
}

std::string ehlo_reply(const std::vector<std::string>& offers) {
    std::string reply = offers.empty() ? "250 smtp.qq.com\n" : "250-smtp.qq.com\n";
    for (std::size_t i = 0; i < offers.size(); ++i) {
        reply += (i + 1 == offers.size() ? "250 " : "250-") + offers[i] + '\n';
    }
    return reply;
}

Script until_hello(TlsMode tls, const std::vector<std::string>& offers) {
    Script script;
    script.resolve().connect();
    if (tls == TlsMode::implicit) script.handshake(Stage::tls);
    script.server(Stage::greeting, "220 smtp.qq.com Esmtp QQ Mail Server\n");
    if (tls == TlsMode::starttls) {
        script.client(Stage::hello, "EHLO [169.254.114.107]\n");
        script.server(Stage::hello, ehlo_reply({"AUTH LOGIN PLAIN CRAM-MD5", "STARTTLS"}));
        script.client(Stage::starttls, "STARTTLS\n");
        script.server(Stage::starttls, "220 Ready to start TLS\n");
        script.handshake(Stage::starttls);
    }
    script.client(Stage::hello, "EHLO [169.254.114.107]\n");
    script.server(Stage::hello, ehlo_reply(offers));
    return script;
}

void add_transfer(Script& script, bool with_size) {
    script
        .client(Stage::envelope, with_size ? "MAIL FROM:<847915049@qq.com> SIZE=88\n"
                                           : "MAIL FROM:<847915049@qq.com>\n")
        .server(Stage::envelope, "250 Ok\n")
        .client(Stage::envelope, "RCPT TO:<847915049@qq.com>\n")
        .server(Stage::envelope, "250 Ok\n")
        .client(Stage::data, "DATA\n")
        .server(Stage::data, "354 End data with <CR><LF>.<CR><LF>\n")
        .client(Stage::accept, kSmallMailLines)
        .server(Stage::accept, "250 Ok: queued as \n")
        .client(Stage::quit, "QUIT\n")
        .server(Stage::quit, "221 Bye\n");
}

// printf '\0847915049@qq.com\0s3cr&t pass/W0rd+' | base64
std::string plain_base64() {
    return "ADg0NzkxNTA0OUBxcS5jb20AczNjciZ0IHBhc3MvVzByZCs=";
}

}  // namespace mailprobed::script
