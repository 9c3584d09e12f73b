// SPDX-License-Identifier: Apache-2.0
// The POP3 commands; logins are in pop3_login.cpp, the mailbox in pop3_mailbox.cpp.
#include "tests/loopback/pop3_service.hpp"

#include "tests/loopback/codec.hpp"

#include <algorithm>
#include <array>

namespace mailprobed::loopback {
namespace {

constexpr std::array kCommands{Step::user, Step::pass, Step::stat, Step::uidl, Step::top,
                               Step::retr, Step::dele, Step::quit, Step::capa, Step::stls,
                               Step::auth, Step::apop, Step::list, Step::noop, Step::rset};

bool needs_login(Step step) {
    return step == Step::stat || step == Step::uidl || step == Step::top || step == Step::retr ||
           step == Step::dele || step == Step::list || step == Step::noop || step == Step::rset;
}

}  // namespace

std::optional<Step> Pop3Session::next() {
    const auto line = take_line();
    if (!line) return std::nullopt;
    argument_ = *line;
    if (sasl_.running()) {
        log_command(Step::auth_response, *line);
        return Step::auth_response;
    }
    const auto space = line->find(' ');
    const auto verb = line->substr(0, space);
    argument_ = space == std::string_view::npos ? std::string_view() : line->substr(space + 1);
    const auto* const found = std::find_if(kCommands.begin(), kCommands.end(),
                                           [&](Step step) { return same_word(name(step), verb); });
    const auto step = found == kCommands.end() ? Step::unknown : *found;
    if (step == Step::user && mailbox_ == nullptr) username_ = argument_;
    if (step == Step::apop && mailbox_ == nullptr) {
        username_ = argument_.substr(0, argument_.find(' '));
    }
    log_command(step, *line);
    return step;
}

void Pop3Session::execute(Step step, const Fault* /*fault*/) {
    if (needs_login(step) && mailbox_ == nullptr) return answer("-ERR log in first");
    switch (step) {
        case Step::greeting:
            greet();
            break;
        case Step::capa:
            capa();
            break;
        case Step::stls:
            if (!options().stls || connection_.encrypted() || mailbox_ != nullptr) {
                answer("-ERR STLS is not available");
                break;
            }
            answer("+OK begin TLS");
            username_.clear();
            follow_up_ = Step::tls;
            break;
        case Step::user:
            if (!options().user_pass) return answer("-ERR USER is not available");
            if (login_allowed()) answer("+OK password please");
            break;
        case Step::pass:
            pass();
            break;
        case Step::apop:
            apop();
            break;
        case Step::auth:
            auth();
            break;
        case Step::auth_response:
            sasl_step(sasl_.feed(argument_));
            break;
        case Step::login:
            login();
            break;
        case Step::stat:
            stat();
            break;
        case Step::list:
        case Step::uidl:
            list(step);
            break;
        case Step::top:
        case Step::retr:
            retrieve(step);
            break;
        case Step::dele:
            dele();
            break;
        case Step::noop:
            answer("+OK");
            break;
        case Step::rset:
            for (auto& mail : snapshot_)
                mail.deleted = false;
            answer("+OK");
            break;
        case Step::quit:
            quit();
            break;
        default:
            answer("-ERR unknown command");
            break;
    }
}

void Pop3Session::greet() {
    std::string text = "+OK " + options().greeting;
    if (options().apop) {
        timestamp_ = '<' + std::to_string(shared_.dice.word()) + '.' + std::to_string(boot_now()) +
                     "@loopback.invalid>";
        text += ' ' + timestamp_;
    }
    answer(text);
}

void Pop3Session::capa() {
    if (!options().capa) return answer("-ERR unknown command");
    std::string text = "+OK capability list follows\r\n";
    if (options().user_pass) text += "USER\r\n";
    if (options().auth_plain) text += "SASL PLAIN\r\n";
    if (options().top) text += "TOP\r\n";
    if (options().uidl) text += "UIDL\r\n";
    if (options().pipelining) text += "PIPELINING\r\n";
    if (options().stls && !connection_.encrypted() && mailbox_ == nullptr) text += "STLS\r\n";
    if (options().login_delay.count() > 0) {
        text += "LOGIN-DELAY " + std::to_string(options().login_delay.count()) + "\r\n";
    }
    text += "RESP-CODES\r\nAUTH-RESP-CODE\r\nEXPIRE NEVER\r\n";
    for (const auto& line : options().extra_capabilities)
        text += line + "\r\n";
    answer(text + ".\r\n");
}

void Pop3Session::decline(Step step, const Fault& /*fault*/, int /*code*/) {
    if (step == Step::auth_response) sasl_ = {};
    if (step != Step::login) return;
    credentials_ = {};
    if (!shared_.log.wants(EventKind::login_refused)) return;
    auto refused = event(EventKind::login_refused);
    refused.text = "fault";
    shared_.log.record(std::move(refused));
}

std::string Pop3Session::refusal(Step step) const {
    switch (step) {
        case Step::user:
        case Step::pass:
        case Step::apop:
        case Step::auth:
        case Step::auth_response:
        case Step::login:
            return "-ERR [AUTH] authentication failed";
        case Step::unknown:
            return "-ERR line too long";
        default:
            return "-ERR [SYS/PERM] refused";
    }
}

int Pop3Session::code_of(std::string_view text) const {
    if (text.starts_with("+OK")) return 200;
    return text.starts_with("-ERR") ? 500 : 0;
}

std::string Pop3Session::endless_head(Step /*step*/) const {
    return "+OK ";
}

std::string Pop3Session::endless_line(Step step, std::uint64_t number) const {
    const auto digits = std::to_string(number);
    switch (step) {
        case Step::uidl:
            return digits + " endless-" + digits + "\r\n";
        case Step::list:
            return digits + " 1000\r\n";
        case Step::top:
        case Step::retr:
            return "X-Filler-" + digits + ": endless\r\n";
        default:
            return "FILLER" + digits + "\r\n";
    }
}

}  // namespace mailprobed::loopback
