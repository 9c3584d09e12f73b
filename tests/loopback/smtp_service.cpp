// SPDX-License-Identifier: Apache-2.0
// The SMTP commands; logins are in smtp_auth.cpp, what happens at the dot in smtp_delivery.cpp.
#include "tests/loopback/smtp_service.hpp"

#include "tests/loopback/codec.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace mailprobed::loopback {
namespace {

constexpr std::array kCommands{Step::mail,     Step::rcpt, Step::data, Step::ehlo,
                               Step::quit,     Step::auth, Step::rset, Step::helo,
                               Step::starttls, Step::noop, Step::vrfy};

}  // namespace

std::string_view next_word(std::string_view& text) {
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    return word;
}

std::optional<PathArgument> parse_path(std::string_view argument, std::string_view keyword) {
    if (!same_word(argument.substr(0, keyword.size()), keyword)) return std::nullopt;
    argument.remove_prefix(keyword.size());
    argument.remove_prefix(std::min(argument.find_first_not_of(' '), argument.size()));
    const auto close = argument.find('>');
    if (!argument.starts_with('<') || close == std::string_view::npos) return std::nullopt;
    PathArgument path{std::string(argument.substr(1, close - 1)), argument.substr(close + 1)};
    path.parameters.remove_prefix(
        std::min(path.parameters.find_first_not_of(' '), path.parameters.size()));
    return path;
}

std::optional<Step> SmtpSession::next() {
    if (reading_data_) return next_dot();
    const auto line = take_line();
    if (!line) return std::nullopt;
    argument_ = *line;
    if (sasl_.running()) {
        log_command(Step::auth_response, *line);
        return Step::auth_response;
    }
    const auto verb = next_word(argument_);
    const auto* const found = std::find_if(kCommands.begin(), kCommands.end(),
                                           [&](Step step) { return same_word(name(step), verb); });
    const auto step = found == kCommands.end() ? Step::unknown : *found;
    // Rules about MAIL and RCPT must see the address before it is decided upon.
    if (step == Step::mail && !in_mail_) {
        const auto path = parse_path(argument_, "FROM:");
        sender_ = path ? path->address : "";
    } else if (step == Step::rcpt) {
        const auto path = parse_path(argument_, "TO:");
        recipients_.push_back(path ? path->address : "");
    }
    log_command(step, *line);
    return step;
}

void SmtpSession::execute(Step step, const Fault* fault) {
    switch (step) {
        case Step::greeting:
            answer("220 " + options().hostname + ' ' + options().greeting);
            break;
        case Step::ehlo:
        case Step::helo:
            hello(step);
            break;
        case Step::starttls:
            if (!options().starttls || connection_.encrypted()) {
                say("502", "5.5.1", "STARTTLS is not available");
                break;
            }
            say("220", "2.0.0", "Go ahead");
            // All that was said in the clear is forgotten (RFC 3207 4.2).
            helo_.clear();
            end_transaction();
            follow_up_ = Step::tls;
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
        case Step::mail:
            mail();
            break;
        case Step::rcpt:
            rcpt();
            break;
        case Step::data:
            if (recipients_.empty()) {
                say("503", "5.5.1", in_mail_ ? "RCPT first" : "MAIL first");
                break;
            }
            answer("354 End data with <CR><LF>.<CR><LF>");
            reading_data_ = data_begun_ = true;
            too_big_ = false;
            data_scanned_ = 0;
            break;
        case Step::dot:
            dot(fault);
            break;
        case Step::rset:
            end_transaction();
            say("250", "2.0.0", "Ok");
            break;
        case Step::noop:
            say("250", "2.0.0", "Ok");
            break;
        case Step::vrfy:
            say("252", "2.0.0", "Send some mail, I'll try my best");
            break;
        case Step::quit:
            say("221", "2.0.0", "Bye");
            close_after_reply("quit");
            break;
        default:
            say("500", "5.5.2", "Command not recognised");
            break;
    }
}

void SmtpSession::hello(Step step) {
    extended_ = step == Step::ehlo;
    if (extended_ && !options().ehlo) return say("502", "5.5.1", "EHLO is not available");
    helo_ = argument_.empty() ? "?" : argument_;
    end_transaction();
    if (!extended_) return answer("250 " + options().hostname);
    std::vector<std::string> lines{options().hostname};
    const bool hidden = options().hide_auth_before_tls && !connection_.encrypted();
    if (options().pipelining) lines.emplace_back("PIPELINING");
    if (options().size > 0) lines.push_back("SIZE " + std::to_string(options().size));
    if (options().starttls && !connection_.encrypted()) lines.emplace_back("STARTTLS");
    if (!options().auth.empty() && !hidden) {
        lines.emplace_back("AUTH");
        for (const auto& mechanism : options().auth)
            lines.back() += ' ' + mechanism;
    }
    if (options().enhanced_codes) lines.emplace_back("ENHANCEDSTATUSCODES");
    if (options().eight_bit_mime) lines.emplace_back("8BITMIME");
    if (options().dsn) lines.emplace_back("DSN");
    lines.insert(lines.end(), options().extra_capabilities.begin(),
                 options().extra_capabilities.end());
    std::string text;
    for (const auto& line : lines) {
        text += &line == &lines.back() ? "250 " : "250-";
        text += line + "\r\n";
    }
    answer(text);
}

void SmtpSession::mail() {
    const auto path = parse_path(argument_, "FROM:");
    const auto refuse = [&](auto code, auto enhanced, auto text) {
        if (!in_mail_) sender_.clear();
        say(code, enhanced, text);
    };
    if (options().require_tls && !connection_.encrypted()) {
        return refuse("530", "5.7.0", "Must issue a STARTTLS command first.");
    }
    if (helo_.empty()) return refuse("503", "5.5.1", "Say hello first");
    if (options().require_auth && !options().auth.empty() && !authenticated_) {
        return refuse("530", "5.7.0", "Authentication required");
    }
    if (in_mail_) return refuse("503", "5.5.1", "A transaction is running");
    if (!path) return refuse("501", "5.5.4", "Syntax: MAIL FROM:<address>");
    DsnRequest request;
    if (!take_parameters(path->parameters, true, request)) {
        if (!in_mail_) sender_.clear();
        return;
    }
    mail_request_ = std::move(request);
    in_mail_ = true;
    recipients_.clear();
    say("250", "2.1.0", "Ok");
}

bool SmtpSession::take_parameters(std::string_view parameters, bool of_mail, DsnRequest& request) {
    const auto refuse = [&](auto code, auto enhanced, auto text) {
        say(code, enhanced, text);
        return false;
    };
    while (!parameters.empty()) {
        const auto word = next_word(parameters);
        const auto equals = word.find('=');
        const auto key = word.substr(0, equals);
        const auto value = equals == std::string_view::npos ? "" : word.substr(equals + 1);
        const auto taken = !extended_ || !options().dsn ? Parameter::unknown
                           : of_mail                    ? take_mail_parameter(key, value, request)
                                                        : take_rcpt_parameter(key, value, request);
        if (taken == Parameter::malformed) return refuse("501", "5.5.4", "Malformed parameter");
        if (taken == Parameter::good) continue;
        std::uint64_t size = 0;
        if (of_mail && extended_ && same_word(key, "SIZE") && options().size > 0) {
            std::from_chars(value.data(), value.data() + value.size(), size);
            if (size > options().size) return refuse("552", "5.3.4", "Message too big");
        } else if (!(of_mail && extended_ && same_word(key, "BODY") && options().eight_bit_mime) &&
                   !(of_mail && same_word(key, "AUTH") && authenticated_)) {
            return refuse("555", "5.5.4", "Parameter not recognised");
        }
    }
    return true;
}

void SmtpSession::rcpt() {
    const std::string address = recipients_.back();
    recipients_.pop_back();
    if (!in_mail_) return say("503", "5.5.1", "MAIL first");
    const auto path = parse_path(argument_, "TO:");
    if (address.empty() || !path) return say("501", "5.5.4", "Syntax: RCPT TO:<address>");
    DsnRequest request = mail_request_;
    if (!take_parameters(path->parameters, false, request)) return;
    if (shared_.store.by_address(address) == nullptr) {
        return say("550", "5.1.1", "<" + address + ">: no such recipient");
    }
    recipients_.push_back(address);
    requests_[address] = std::move(request);
    say("250", "2.1.5", "Ok");
}

void SmtpSession::decline(Step step, const Fault& fault, int code) {
    if (step == Step::mail && !in_mail_) {
        sender_.clear();
    } else if (step == Step::rcpt) {
        recipients_.pop_back();
    } else if (step == Step::auth_response) {
        sasl_ = {};
    } else if (step == Step::login && shared_.log.wants(EventKind::login_refused)) {
        auto refused = event(EventKind::login_refused);
        refused.text = "fault";
        shared_.log.record(std::move(refused));
    } else if (step == Step::dot) {
        // A 250 that is a lie is a loss; without any code nobody can know.
        const auto answered = code < 400 ? Fate::lost : Fate::refused;
        for (const auto& recipient : recipients_) {
            auto facts = facts_of(recipient, code == 0 ? Fate::discarded : answered, &fault);
            facts.reply_code = code;
            seal(std::move(facts));
        }
        end_transaction();
    }
}

void SmtpSession::say(std::string_view code, std::string_view enhanced, std::string_view text) {
    std::string line(code);
    line += ' ';
    if (options().enhanced_codes) {
        line += enhanced;
        line += ' ';
    }
    line += text;
    answer(line);
}

std::string SmtpSession::refusal(Step step) const {
    switch (step) {
        case Step::connect:
        case Step::tls:
        case Step::greeting:
            return "554 5.3.2 No service here";
        case Step::ehlo:
        case Step::helo:
            return "502 5.5.1 Command not implemented";
        case Step::starttls:
            return "454 4.7.0 TLS not available due to temporary reason";
        case Step::auth:
        case Step::auth_response:
        case Step::login:
            return "535 5.7.8 Error: authentication failed";
        case Step::rcpt:
            return "550 5.1.1 No such recipient";
        case Step::dot:
            return "554 5.6.0 Message refused";
        case Step::unknown:
            return "500 5.5.2 Line too long";
        default:
            return "550 5.7.1 Refused";
    }
}

int SmtpSession::code_of(std::string_view text) const {
    int code = 0;
    const auto digits = text.substr(0, 3);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code);
    return error == std::errc{} && end == digits.data() + 3 ? code : 0;
}

std::string SmtpSession::endless_head(Step step) const {
    switch (step) {
        case Step::connect:
        case Step::tls:
        case Step::greeting:
        case Step::starttls:
            return "220-";
        case Step::auth:
            return "334-";
        case Step::data:
            return "354-";
        case Step::quit:
            return "221-";
        default:
            return "250-";
    }
}

std::string SmtpSession::endless_line(Step step, std::uint64_t number) const {
    return endless_head(step) + "FILLER" + std::to_string(number) + "\r\n";
}

}  // namespace mailprobed::loopback
