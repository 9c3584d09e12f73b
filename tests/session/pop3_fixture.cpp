// SPDX-License-Identifier: Apache-2.0
// Scripts and visits that the POP3 tests share.
#include "tests/session/pop3_fixture.hpp"

namespace mailprobed::script {

namespace {

// Functions, not capturing lambdas: a coroutine must own what it uses.
Awaitable<void> visit_list(Pop3Session& session, Seen& seen) {
    std::function<void(const ListedEntry&)> each = [&seen](const ListedEntry& entry) {
        seen.listed.emplace_back(entry.number, std::string(entry.id));
        seen.read_at.push_back(entry.read_at);
    };
    co_await session.list(std::move(each));
    seen.has_uidl = session.has_ids();
}

Awaitable<void> visit_headers(Pop3Session& session, Seen& seen,
                              std::vector<std::uint32_t> numbers) {
    std::function<void(FetchedMessage&&)> each = [&seen](FetchedMessage&& message) {
        seen.messages.push_back(std::move(message));
    };
    co_await session.headers(numbers, Pace::batches, std::move(each));
}

Awaitable<void> visit_all(Pop3Session& session, Seen& seen) {
    seen.count = co_await session.count();
    co_await visit_list(session, seen);
    std::vector<std::uint32_t> numbers;
    for (const auto& [number, uidl] : seen.listed) {
        numbers.push_back(number);
    }
    co_await visit_headers(session, seen, numbers);
    const std::uint32_t last = numbers.back();
    FetchedMessage message = co_await session.retrieve(last);
    seen.messages.push_back(std::move(message));
    seen.in_step = co_await session.verify_step();
    const std::vector<std::uint32_t> own{last};
    const Removal removal = co_await session.remove(own, Instant::max());
    if (removal.refused) throw *removal.refused;
    const Farewell farewell = co_await session.close();
    seen.quit = farewell.confirmed;
}

}  // namespace

MailboxSettings pop3_settings(TlsMode tls, Pop3Auth auth) {
    MailboxSettings settings;
    settings.server.host = "pop.qq.com";
    settings.server.tls = tls;
    settings.username = "847915049@qq.com";
    settings.password = Secret(std::string(kMailboxPassword));
    settings.auth = auth;
    settings.allow_plaintext_auth = true;
    return settings;
}

void add_capa(Script& script, const std::vector<std::string>& offers) {
    script.client(Stage::hello, "CAPA\n");
    if (offers.empty()) {
        script.server(Stage::hello, "-ERR no\n");
        return;
    }
    std::string list = "+OK list follows\n";
    for (const std::string& offer : offers) {
        list += offer + '\n';
    }
    script.server(Stage::hello, list + ".\n");
}

Script until_login(TlsMode tls, const std::vector<std::string>& offers) {
    Script script;
    script.resolve().connect();
    if (tls == TlsMode::implicit) script.handshake(Stage::tls);
    script.server(Stage::greeting, "+OK POP3 ready <1896.697170952@postoffice.qq.com>\n");
    if (tls == TlsMode::starttls) {
        add_capa(script, {"STLS", "SASL PLAIN", "PIPELINING", "TOP"});
        script.client(Stage::starttls, "STLS\n")
            .server(Stage::starttls, "+OK go\n")
            .handshake(Stage::starttls);
    }
    add_capa(script, offers);
    return script;
}

void add_user_pass(Script& script) {
    script.client(Stage::auth, "USER 847915049@qq.com\n")
        .server(Stage::auth, "+OK\n")
        .client(Stage::auth, "PASS pop s3cr&t/+W0rd\n")
        .server(Stage::auth, "+OK logged in\n");
}

void add_sasl_plain(Script& script) {
    script.client(Stage::auth, "AUTH PLAIN\n")
        .server(Stage::auth, "+ \n")
        // printf '\0847915049@qq.com\0pop s3cr&t/+W0rd' | base64
        .client(Stage::auth, "ADg0NzkxNTA0OUBxcS5jb20AcG9wIHMzY3ImdC8rVzByZA==\n")
        .server(Stage::auth, "+OK logged in\n");
}

void add_quit(Script& script) {
    script.client(Stage::quit, "QUIT\n").server(Stage::quit, "+OK bye\n");
}

Pop3Run::Visit full_visit(Seen& seen) {
    return [&seen](Pop3Session& session) { return visit_all(session, seen); };
}

Pop3Run::Visit read_headers(Seen& seen, std::vector<std::uint32_t> numbers) {
    return [&seen, numbers](Pop3Session& session) { return visit_headers(session, seen, numbers); };
}

Pop3Run::Visit read_list(Seen& seen) {
    return [&seen](Pop3Session& session) { return visit_list(session, seen); };
}

}  // namespace mailprobed::script
