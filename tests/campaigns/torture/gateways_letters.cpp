// SPDX-License-Identifier: Apache-2.0
// The kinds of letters, in our own words.
#include "tests/campaigns/torture/gateways_letters.hpp"

#include <array>

namespace mailprobed::gateways {
namespace {

using Fields = std::vector<std::string>;

constexpr std::array<Kind, 31> kKinds{{
    {"report of failure", Worth::strong, true},
    {"report of failure in mixed", Worth::strong, false},
    {"report of failure elsewhere", Worth::weak, false},
    {"report about another recipient", Worth::nothing, false},
    {"report of delay", Worth::nothing, true},
    {"report of success", Worth::nothing, true},
    {"letter with a code", Worth::strong, false},
    {"letter that names another", Worth::weak, false},
    {"letter without a code", Worth::weak, false},
    {"warning in prose", Worth::nothing, false},
    {"X-Failed-Recipients of others", Worth::nothing, false},
    {"absence note with a null path", Worth::nothing, false},
    {"absence note that copies our fields", Worth::nothing, false},
    {"acknowledgement of a ticket", Worth::nothing, false},
    {"answer of a person", Worth::nothing, false},
    {"forward in line", Worth::nothing, false},
    {"forward as attachment", Worth::nothing, false},
    {"human postmaster", Worth::nothing, false},
    {"complaint", Worth::nothing, false},
    {"read receipt", Worth::nothing, false},
    {"digest", Worth::nothing, false},
    {"person whose text begins with the tag", Worth::nothing, false},
    {"log lines with the tag", Worth::nothing, false},
    {"notice of a list", Worth::nothing, false},
    {"stranger", Worth::nothing, false},
    {"stranger with a forged tag", Worth::nothing, false},
    {"report on a person's mail that quotes ours", Worth::nothing, false},
    {"report of two mails", Worth::strong, false},
    {"absence note with a number", Worth::nothing, false},
    {"person with the name of a system", Worth::nothing, false},
    {"postmaster's notice under our fields", Worth::weak, false},
}};

std::string quoted(const std::string& text) {
    std::string result = "> ";
    for (const char c : text) {
        result += c;
        if (c == '\n') result += "> ";
    }
    return result + "\n";
}

struct Writer {
    const Travelling& about;
    const std::string& tag;
    const RouteFacts& facts;
    Dice& dice;

    [[nodiscard]] std::string id() const { return "<" + tag + "@field.test>"; }
    [[nodiscard]] std::string copy() const { return about.text(); }
    [[nodiscard]] std::string section() const { return about.mail.header_section(); }
    [[nodiscard]] Fields daemon(const std::string& subject) {
        Fields fields{"Return-Path: <>", "From: MAILER-DAEMON@mx.ziel.test (Mail Delivery System)",
                      "To: <" + facts.from + ">", "Subject: " + subject,
                      "Message-ID: <" + std::to_string(dice.below(100000)) + "@mx.ziel.test>"};
        if (dice.one_in(2)) fields.emplace_back("Auto-Submitted: auto-replied");
        if (dice.one_in(3)) fields.push_back("In-Reply-To: " + id());
        if (dice.one_in(3)) fields.push_back("References: " + id());
        return fields;
    }
    [[nodiscard]] static Fields person(const std::string& subject) {
        return {"Return-Path: <bob@ziel.test>", "From: Bob <bob@ziel.test>", "Subject: " + subject,
                "Message-ID: <1@ziel.test>"};
    }
    LooseMail parts(Fields fields, const std::string& type,
                    std::initializer_list<std::pair<std::string, std::string>> all) {
        const std::string boundary = "letter=" + std::to_string(dice.below(1000));
        fields.push_back("Content-Type: multipart/" + type + ";\n boundary=\"" + boundary + "\"");
        std::string body;
        for (const auto& [part, text] : all)
            body += "--" + boundary + "\nContent-Type: " + part + "\n\n" + text + "\n";
        return {std::move(fields), body + "--" + boundary + "--\n"};
    }
    LooseMail report(const std::string& status, const std::string& type, const std::string& words) {
        Fields fields = daemon("About your mail");
        return parts(std::move(fields), type,
                     {{"text/plain", words},
                      {"message/delivery-status", "Reporting-MTA: dns; mx.ziel.test\n\n" + status},
                      dice.one_in(2)
                          ? std::pair<std::string, std::string>{"message/rfc822", copy()}
                          : std::pair<std::string, std::string>{"text/rfc822-headers", section()}});
    }
    static std::string fields_of(const std::string& original, const std::string& end,
                                 const std::string& action, const std::string& status) {
        return (original.empty() ? "" : "Original-Recipient: rfc822;" + original + "\n") +
               "Final-Recipient: rfc822; " + end + "\nAction: " + action + "\nStatus: " + status +
               "\n";
    }
    LooseMail write(std::size_t kind);
    LooseMail write_person(std::size_t kind);
    LooseMail write_unusual(std::size_t kind);
};

LooseMail Writer::write(std::size_t kind) {
    const std::string type = "report; report-type=delivery-status";
    const std::string& ours = facts.recipient;
    switch (kind) {
        case 0:
            return report(
                fields_of(dice.one_in(2) ? ours : "", dice.one_in(2) ? ours : "k@ziel.test",
                          dice.one_in(3) ? "failure" : "failed", "5.1.1"),
                type, "It did not work.");
        case 1:
            return report(fields_of("", ours, "failed", "5.1.1"), "mixed", "It did not work.");
        case 2:
            return report(fields_of("", "nobody@far.test", "failed", "5.1.1"), type, "No.");
        case 3:
            return report(fields_of("alt@anderswo.test", "alt@anderswo.test", "failed", "5.1.1"),
                          dice.one_in(2) ? type : "mixed", "550 5.1.1 nobody here");
        case 4:
            return report(fields_of("", ours, "delayed", "4.4.1"), type, "It waits.");
        case 5:
            return report(fields_of("", ours, dice.one_in(2) ? "relayed" : "delivered", "2.0.0"),
                          type, "It is done.");
        case 6:
            return {daemon("failure notice"),
                    "<" + ours + ">: 550 nobody by that name\n\n" + copy()};
        case 7:
            return {daemon("failure notice"),
                    "<nobody@far.test>: 550 5.1.1 nobody by that name\n\n" + copy()};
        case 8:
            return {daemon("refused"),
                    "Ihre Nachricht konnte nicht zugestellt werden.\n\n" + copy()};
        case 9:
            return {
                daemon("Warning: delayed"),
                "It has not yet been delivered and will be retried.\n451 4.4.1 busy\n\n" + copy()};
        case 10: {
            LooseMail mail{daemon("failure"), "550 5.1.1 nobody here\n\n" + copy()};
            mail.fields.emplace_back("X-Failed-Recipients: alt@anderswo.test");
            return mail;
        }
        case 11:
            return {
                {"Return-Path: <>", "From: Ann <ann@ziel.test>", "Auto-Submitted: auto-generated",
                 "Subject: Automatische Antwort: mailprobed " + tag,
                 "Message-ID: <ooo.1@ziel.test>"},
                "Ich bin bis Montag nicht im Haus.\n"};
        case 12: {
            LooseMail mail{
                {"Return-Path: <>", "From: Ann <ann@ziel.test>", "Auto-Submitted: auto-replied",
                 "Subject: I am away", "X-Mailprobed-Tag: " + tag, "Message-ID: <ooo.2@ziel.test>"},
                "I am away until Monday.\n"};
            if (dice.one_in(2)) mail.body += "\n" + quoted(about.content);
            return mail;
        }
        case 13:
            return {{"Return-Path: <>", "From: support@ziel.test",
                     "Subject: [Ticket#550] mailprobed " + tag, "Message-ID: <t@ziel.test>"},
                    "Thank you for your request.\n\n" + quoted(about.content)};
        default:
            return write_person(kind);
    }
}

LooseMail Writer::write_person(std::size_t kind) {
    const std::string subject = "mailprobed " + tag;
    switch (kind) {
        case 14: {
            LooseMail mail{person("Re: " + subject),
                           "What is this?\n\nBob wrote:\n" + quoted(about.content)};
            mail.fields.push_back("In-Reply-To: " + id());
            return mail;
        }
        case 15:
            return {person("Fwd: " + subject),
                    "Look.\n\n-----Original Message-----\n" + section() + "\n" + about.content};
        case 16:
            return parts(person("FW: " + subject), "mixed",
                         {{"text/plain", "Look."}, {"message/rfc822", copy()}});
        case 17:
            return {{"Return-Path: <postmaster@ziel.test>",
                     "From: Anna Postmaster <postmaster@ziel.test>",
                     "Subject: Question about your test mails", "Message-ID: <2@ziel.test>"},
                    "Our filter rejects mails like the one below with 550. Are they wanted?\n\n" +
                        copy()};
        case 18:
            return parts({"Return-Path: <>", "From: abuse@isp.test", "Subject: complaint"},
                         "report; report-type=feedback-report",
                         {{"text/plain", "This was called spam and rejected, 550 5.7.1."},
                          {"message/feedback-report", "Feedback-Type: abuse\n"},
                          {"message/rfc822", copy()}});
        case 19:
            return parts(
                {"Return-Path: <>", "From: Bob <bob@ziel.test>", "Subject: Read: " + subject},
                "report; report-type=disposition-notification",
                {{"text/plain", "It was displayed."},
                 {"message/disposition-notification",
                  "Original-Message-ID: " + id() + "\nDisposition: x; displayed\n"}});
        case 20:
            return parts(
                {"Return-Path: <>", "From: lists@ziel.test", "Subject: digest"}, "digest",
                {{"message/rfc822", copy()}, {"message/rfc822", "Subject: x\n\nfailed\n"}});
        case 21:
            return {person("what is this?"), tag + " appears in our log every minute.\n"};
        case 22:
            return {{"From: root@ziel.test", "Return-Path: <root@ziel.test>", "Subject: log"},
                    "postfix: message-id=" + id() + " status=bounced (550 5.1.1 no)\n"};
        case 23:
            return {{"Return-Path: <list-bounces@lists.test>", "From: list-owner@lists.test",
                     "List-Id: <list.lists.test>", "Precedence: list",
                     "Subject: Your message awaits moderator approval"},
                    "Your mail " + id() + " was not delivered yet.\n"};
        case 24:
            return {person("lunch?"), "At twelve.\n"};
        case 25: {
            std::string forged = tag;
            forged[40] = forged[40] == 'c' ? 'd' : 'c';
            LooseMail mail{person("mailprobed " + forged), forged + "\n"};
            mail.fields.push_back("X-Mailprobed-Tag: " + forged);
            mail.set("Message-ID", "<" + forged + "@field.test>");
            return mail;
        }
        default:
            return write_unusual(kind);
    }
}

LooseMail Writer::write_unusual(std::size_t kind) {
    static constexpr std::array kNumbers{
        "(503) 555-0100", "550 12 34", "#550",     "Tel: 551 (Zentrale)",
        "555-0100",       "450 EUR",   "Room: 550"};
    static constexpr std::array kPeople{"\"Bob Smith, Mail Administrator\" <bob@ziel.test>",
                                        "Mary Taylor <mtaylor@ziel.test>", "bob.root@ziel.test",
                                        "Anna Postmaster <anna@ziel.test>"};
    const std::string hers = "From: Anna <" + facts.from +
                             ">\nTo: helpdesk@ziel.test\nMessage-ID: <human-" +
                             std::to_string(dice.below(1000)) + "@field.test>\n";
    const std::string number = dice.of(kNumbers);
    switch (kind) {
        case 26: {
            const std::string end = dice.one_in(2) ? facts.recipient : "helpdesc@ziel.test";
            return parts(daemon("Undelivered Mail"), "report; report-type=delivery-status",
                         {{"text/plain", "<" + end + ">: 550 5.1.1 unknown"},
                          {"message/delivery-status",
                           "Reporting-MTA: dns; x\n\n" +
                               fields_of("", end, dice.one_in(2) ? "failed" : "delayed", "5.1.1")},
                          {dice.one_in(2) ? "message/rfc822" : "text/rfc822-headers",
                           hers + "Subject: " + (dice.one_in(2) ? "Fwd: " : "") + "mailprobed " +
                               tag + "\n\n" + tag + "\n\n" + about.content}});
        }
        case 27:
            return parts(
                daemon("Undelivered Mail"), "report; report-type=delivery-status",
                {{"message/delivery-status", "Original-Envelope-Id: " + tag + "\n\n" +
                                                 fields_of("", facts.recipient, "failed", "5.1.1")},
                 {"message/delivery-status",
                  "Original-Envelope-Id: QQ12345\n\n" +
                      fields_of("", "boss@ziel.test", "failed", "5.2.2")},
                 {"message/rfc822", hers + "Subject: contract\n\nSign before Friday.\n"}});
        case 28:
            return {{"Return-Path: <>", "From: Jane <jane@ziel.test>",
                     dice.one_in(2) ? "Auto-Submitted: auto-replied" : "Precedence: bulk",
                     "Subject: Travelling: mailprobed " + tag, "Message-ID: <ooo.3@ziel.test>"},
                    "I am travelling; please ask my colleague, " + number + ".\n"};
        case 29:
            return {{"From: " + std::string(dice.of(kPeople)), "Subject: unknown mail",
                     "Message-ID: <3@ziel.test>"},
                    "What is mailprobed " + tag + "? Our log says 550 5.1.1. " + number + "\n"};
        default: {
            LooseMail mail = about.mail;
            mail.set("From", "Postmaster <postmaster@mx.ziel.test>");
            mail.put_first("Received", "from localhost by mx; Mon, 30 Nov 2026 01:00:00 +0000");
            mail.body = "Your message could not be delivered:\n550 5.1.1 no such user\n\n" +
                        quoted(about.content);
            return mail;
        }
    }
}

}  // namespace

std::size_t letter_kinds() noexcept {
    return kKinds.size();
}

LetterMail write_letter(const Travelling& about, const std::string& tag, const RouteFacts& facts,
                        Dice& dice) {
    const std::size_t kind = dice.below(kKinds.size());
    Writer writer{about, tag, facts, dice};
    return {kKinds[kind], writer.write(kind)};
}

}  // namespace mailprobed::gateways
