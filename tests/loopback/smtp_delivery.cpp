// SPDX-License-Identifier: Apache-2.0
// The end of the data: the one place where a mail's fate is decided and written down.
#include "tests/loopback/codec.hpp"
#include "tests/loopback/smtp_service.hpp"

#include <algorithm>
#include <utility>

namespace mailprobed::loopback {

std::optional<Step> SmtpSession::next_dot() {
    const auto input = connection_.input();
    // The CRLF before the dot may be the one that ended the DATA command.
    const bool empty = data_begun_ && input.starts_with(".\r\n");
    const auto end = empty ? 0 : input.find("\r\n.\r\n", data_scanned_);
    if (end == std::string_view::npos) {
        data_scanned_ = input.size() - std::min<std::size_t>(input.size(), 4);
        if (options().size > 0 && data_scanned_ > options().size + options().size / 8 + 1024) {
            too_big_ = true;
            data_begun_ = false;
            connection_.consume(data_scanned_);
            data_scanned_ = 0;
        }
        return std::nullopt;
    }
    dot_ns_ = boot_now();
    message_ = empty ? "" : dot_unstuff(input.substr(0, end + 2));
    connection_.consume(end + (empty ? 3 : 5));
    if (options().size > 0 && message_.size() > options().size) too_big_ = true;
    reading_data_ = false;
    ++count_;
    log_command(Step::dot, ".");
    return Step::dot;
}

MailFacts SmtpSession::facts_of(const std::string& recipient, Fate fate, const Fault* fault) {
    MailFacts facts;
    facts.id = shared_.store.next_id();
    facts.sender = sender_;
    facts.recipient = recipient;
    facts.tag = header_value(message_, "X-Mailprobed-Tag");
    facts.message_id = header_value(message_, "Message-ID");
    facts.bytes = message_.size();
    facts.dot_ns = dot_ns_;
    facts.fate = fate;
    facts.reply_code = 250;
    if (const auto asked = requests_.find(recipient); asked != requests_.end()) {
        facts.envelope_id = asked->second.envelope_id;
        facts.ret = asked->second.ret;
        facts.notify = asked->second.notify;
        facts.original_recipient = asked->second.original_recipient;
    }
    if (fault != nullptr) facts.fault = fault->name;
    return facts;
}

void SmtpSession::dot(const Fault* fault) {
    const auto action = fault != nullptr ? fault->action : Action::delay;
    if (too_big_) {
        for (const auto& recipient : recipients_) {
            auto facts = facts_of(recipient, Fate::refused, fault);
            facts.reply_code = 552;
            seal(std::move(facts));
        }
        end_transaction();
        return say("552", "5.3.4", "Message too big");
    }
    Fate fate = Fate::kept;
    if (action == Action::lose) fate = Fate::lost;
    if (action == Action::duplicate) fate = Fate::duplicated;
    if (action == Action::alter) fate = Fate::altered;
    const bool bounces = action == Action::bounce;
    if (bounces && !fault->carry_out && !delivers(fault->kind)) fate = Fate::lost;
    std::uint64_t first_id = 0;
    for (const auto& recipient : recipients_) {
        auto facts = facts_of(recipient, fate, fault);
        if (first_id == 0) first_id = facts.id;
        if (bounces && bounce(facts, *fault) && fate == Fate::lost &&
            fault->kind != BounceKind::forged) {
            facts.fate = Fate::bounced;
        }
        auto* const mailbox = shared_.store.by_address(recipient);
        if (fate != Fate::lost && mailbox != nullptr) {
            const auto& model = action == Action::delay_delivery ? fault->delivery : shared_.delay;
            store(facts, *mailbox, shared_.dice.draw(model), fault);
            if (fate == Fate::duplicated) {
                auto copy = facts;
                copy.id = shared_.store.next_id();
                copy.copy_of = facts.id;
                store(copy, *mailbox, shared_.dice.draw(model), fault);
            }
        }
        seal(std::move(facts));
    }
    end_transaction();
    say("250", "2.0.0", "Ok: queued as " + std::to_string(first_id));
}

void SmtpSession::store(MailFacts& facts, Mailbox& mailbox, Nanoseconds delay, const Fault* fault) {
    std::string raw;
    raw.reserve(message_.size() + 320);
    raw += "Return-Path: <" + facts.sender + ">\r\n";
    if (const auto& results = options().authentication_results; !results.empty()) {
        raw += "Authentication-Results: " + options().hostname + "; " + results + "\r\n";
    }
    raw += "Received: from " + helo_ + " ([" + id_.peer + "])\r\n\tby " + options().hostname +
           (extended_ ? " with ESMTP" : " with SMTP") + (connection_.encrypted() ? "S" : "") +
           (authenticated_ ? "A" : "") + " id " + std::to_string(facts.id) + "\r\n\tfor <" +
           facts.recipient + ">; " + mail_date() + "\r\n" + message_;
    if (facts.fate == Fate::altered) {
        raw += fault->text.empty() ? "This line was added on the way.\r\n" : fault->text;
        if (!raw.ends_with("\r\n")) raw += "\r\n";
    }
    keep(facts, mailbox, delay, std::move(raw));
}

bool SmtpSession::bounce(const MailFacts& facts, const Fault& fault) {
    auto* const mailbox = shared_.store.by_address(facts.sender);
    const auto& request = requests_[facts.recipient];
    if (mailbox == nullptr || !request.wants(fault.kind)) return false;
    MailFacts report;
    report.id = shared_.store.next_id();
    report.recipient = facts.sender;
    report.dot_ns = facts.dot_ns;
    report.fault = facts.fault;
    report.report_on = facts.id;
    BounceParts parts{fault.kind,   options().hostname, facts.sender, facts.recipient,
                      fault.status, &request,           message_,     report.id};
    auto raw = make_bounce(parts);
    report.message_id = header_value(raw, "Message-ID");
    keep(report, *mailbox, shared_.dice.draw(fault.delivery), std::move(raw));
    return true;
}

void SmtpSession::keep(MailFacts& facts, Mailbox& mailbox, Nanoseconds delay, std::string raw) {
    auto message = std::make_shared<Message>();
    message->body = body_offset(raw);
    facts.mailbox = mailbox.username;
    facts.uidl = shared_.store.next_uidl();
    facts.bytes = raw.size();
    facts.kept = true;
    message->raw = std::move(raw);
    // A fault may have held the dot up: nothing is visible before it is stored.
    facts.visible_ns = std::max(facts.dot_ns + delay.count(), boot_now());
    message->facts = std::make_shared<const MailFacts>(facts);
    shared_.store.deliver(mailbox, {std::move(message), facts.uidl});
    shared_.store.mature(boot_now());
    shared_.rearm();
}

void SmtpSession::seal(MailFacts facts) {
    if (!shared_.log.wants(EventKind::mail)) return;
    sealed_.push_back(std::move(facts));
    unsettled_ = true;
}

void SmtpSession::amend(int code) {
    for (auto& facts : sealed_)
        facts.reply_code = code;
}

void SmtpSession::settle(bool sent) {
    for (auto& facts : std::exchange(sealed_, {})) {
        facts.reply_sent = sent && facts.reply_code != 0;
        auto sealed = event(EventKind::mail);
        sealed.mail = std::make_shared<const MailFacts>(std::move(facts));
        shared_.log.record(std::move(sealed));
    }
}

void SmtpSession::end_transaction() {
    in_mail_ = false;
    sender_.clear();
    recipients_.clear();
    mail_request_ = {};
    requests_.clear();
    message_.clear();
}

}  // namespace mailprobed::loopback
