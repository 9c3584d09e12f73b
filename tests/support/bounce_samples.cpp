// SPDX-License-Identifier: Apache-2.0
// The samples; what is quoted of a server's letter is reworded, only fields and structure are its.
#include "tests/support/bounce_samples.hpp"

#include "probes/base/base64.hpp"
#include "probes/wire/message/mime_part.hpp"

namespace mailprobed {
namespace {

std::string part(std::string_view type, const std::string& text) {
    return "--frontier\nContent-Type: " + std::string(type) + "\n\n" + text + "\n";
}

std::string report_head(const std::string& more) {
    return "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example (Mail Delivery System)\n"
           "To: probe@example.org\n" +
           more +
           "MIME-Version: 1.0\n"
           "Content-Type: multipart/report; report-type=delivery-status;\n\tboundary=\"frontier\"\n"
           "\n";
}

std::string status_block(const std::string& envelope_id, const std::string& recipient) {
    return "Reporting-MTA: dns; mx.example\n" +
           (envelope_id.empty() ? "" : "Original-Envelope-Id: " + envelope_id + "\n") +
           "Arrival-Date: Mon, 22 Apr 2013 16:22:01 +0000 (UTC)\n\n"
           "Final-Recipient: rfc822; target@example.net\n" +
           recipient;
}

std::string postfix(const std::string& tag, const std::string& subject,
                    const std::string& recipient, bool envelope = true, bool returned = true) {
    return report_head("Subject: " + subject + "\nAuto-Submitted: auto-replied\n") +
           "This is a MIME-encapsulated message.\n\n" +
           part("text/plain; charset=us-ascii", "The mail system at mx.example has news.\n") +
           part("message/delivery-status", status_block(envelope ? tag : "", recipient)) +
           (returned ? part("text/rfc822-headers", original_headers(tag)) : "") + "--frontier--\n";
}

std::string plain(const std::string& head, const std::string& body) {
    return head + "\n" + body;
}

const std::string kDaemon =
    "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nTo: probe@example.org\n";

void add_reports(std::vector<BounceSample>& all, const std::string& tag) {
    const std::string failed =
        "Action: failed\nStatus: 5.1.1\nRemote-MTA: dns; mx.example.net\n"
        "Diagnostic-Code: smtp; 550 5.1.1 <target@example.net>: nobody here\n";
    const auto bad = BounceAction::failed;
    all.push_back({"postfix failed", postfix(tag, "Undelivered Mail", failed), bad, "5.1.1", {}});
    all.push_back({"postfix failed, no envelope id",
                   postfix(tag, "Undelivered Mail", failed, false),
                   bad,
                   "5.1.1",
                   {}});
    all.push_back({"postfix failed, nothing returned",
                   postfix(tag, "Undelivered Mail", failed, true, false),
                   bad,
                   "5.1.1",
                   {}});
    all.push_back({"postfix delayed",
                   postfix(tag, "Delayed Mail",
                           "Action: delayed\nStatus: 4.4.1\nWill-Retry-Until: "
                           "Sat, 27 Apr 2013 16:22:01 +0000 (UTC)\n"),
                   BounceAction::delayed,
                   "4.4.1",
                   {}});
    all.push_back({"postfix relayed",
                   postfix(tag, "Successful Mail", "Action: relayed\nStatus: 2.1.5\n"),
                   BounceAction::other,
                   "2.1.5",
                   {}});
    all.push_back({"list expanded",
                   postfix(tag, "News", "Action: expanded\nStatus: 2.0.0\n"),
                   BounceAction::other,
                   "2.0.0",
                   {}});
    all.push_back({"two recipients, one failed",
                   postfix(tag, "Mixed",
                           "Action: delivered\nStatus: 2.0.0\n\nFinal-Recipient: "
                           "rfc822; b@example\nAction: failed\nStatus: 4.4.7\n"),
                   BounceAction::other,
                   "2.0.0",
                   {}});
    all.push_back(
        {"exim 4.9 report",
         "Return-path: <>\nX-Failed-Recipients: target@example.net\nAuto-Submitted: auto-replied\n"
         "From: Mail Delivery System <Mailer-Daemon@mx.example>\nReferences: <" +
             tag +
             "@example.org>\nContent-Type: multipart/report; report-type=delivery-status; "
             "boundary=frontier\nSubject: Mail delivery failed\n\n" +
             part("text/plain; charset=us-ascii", "The automatic delivery gave up on this:\n") +
             part("message/delivery-status",
                  "Reporting-MTA: dns; mx.example\n\nAction: failed\nFinal-Recipient: "
                  "rfc822;target@example.net\nStatus: 5.0.0\nRemote-MTA: dns; mx.example.net\n"
                  "Diagnostic-Code: smtp; 550 mailbox unavailable\n") +
             part("message/rfc822", original_headers(tag) + "\n" + tag + "\n") + "--frontier--\n",
         bad,
         "5.0.0",
         {}});
    all.push_back(
        {"sendmail",
         report_head("Subject: Returned mail: see transcript\n"
                     "Auto-Submitted: auto-generated (failure)\n") +
             part("text/plain", "   ----- transcript -----\n<<< 550 5.7.1 not wanted\n") +
             part("message/delivery-status",
                  "Reporting-MTA: dns; mx.example\nReceived-From-MTA: DNS; client.example\n\n"
                  "Final-Recipient: RFC822; target@example.net\nAction: failed\nStatus: 5.7.1\n"
                  "Diagnostic-Code: SMTP; 550 5.7.1 not wanted\n") +
             part("message/rfc822", "Return-Path: <probe@example.org>\n" + original_headers(tag)) +
             "--frontier--\n",
         bad,
         "5.7.1",
         {}});
    const std::string letter = base64("<html>Nicht zustellbar. Undeliverable.</html>");
    all.push_back(
        {"exchange and office 365",
         "From: postmaster@tenant.example\nTo: probe@example.org\nContent-Type: multipart/report; "
         "report-type=delivery-status;\n boundary=\"frontier\"\nX-MS-Exchange-Message-Is-Ndr:\n"
         "Subject: Undeliverable: mailprobed " +
             tag + "\nIn-Reply-To: <" + tag + "@example.org>\nReferences: <" + tag +
             "@example.org>\nAuto-Submitted: auto-replied\n\n" +
             "--frontier\nContent-Type: multipart/alternative; differences=Content-Type;\n "
             "boundary=\"frontier-inside\"\n\n--frontier-inside\nContent-Type: text/html\n"
             "Content-Transfer-Encoding: base64\n\n" +
             letter + "\n\n--frontier-inside--\n\n" +
             part("message/delivery-status",
                  "Reporting-MTA: dns;X.prod.example\nReceived-From-MTA: dns;Y.prod.example\n"
                  "Arrival-Date: Mon, 22 Apr 2013 16:22:01 +0000\n\nFinal-Recipient: "
                  "rfc822;target@example.net\nAction: failed\nStatus: 5.1.10\nDiagnostic-Code: "
                  "smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found\n") +
             part("message/rfc822", "Received: from A by B; Mon, 22 Apr 2013 16:22:01 +0000\n" +
                                        original_headers(tag) + "\n" + tag + "\n") +
             "--frontier--\n",
         bad,
         "5.1.10",
         {}});
    all.push_back(
        {"gmail",
         "Return-Path: <>\nX-Failed-Recipients: target@example.net\nIn-Reply-To: <" + tag +
             "@example.org>\nAuto-Submitted: auto-replied\nFrom: Mail Delivery Subsystem "
             "<mailer-daemon@googlemail.example>\nSubject: Delivery Status Notification (Failure)\n"
             "Content-Type: multipart/report; boundary=\"frontier\"; "
             "report-type=delivery-status\n\n" +
             part("multipart/related; boundary=\"in\"", "--in\n\n** not found **\n--in--") +
             part("message/delivery-status",
                  "Reporting-MTA: dns; googlemail.example\nX-Original-Message-ID: <" + tag +
                      "@example.org>\n\nFinal-Recipient: rfc822; target@example.net\nAction: "
                      "failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550-5.1.1 no account.\n") +
             part("message/rfc822", original_headers(tag)) + "--frontier--\n",
         bad,
         "5.1.1",
         {}});
    const std::string chinese = base64("\xe9\x80\x80\xe4\xbf\xa1: 550 5.1.1");
    all.push_back(
        {"qq",
         "From: \"=?utf-8?B?UG9zdE1hc3Rlcg==?=\" <PostMaster@qq.example>\nSubject: "
         "=?utf-8?B?6YCA5L+h?=\nContent-Type: multipart/report; report-type=delivery-status;\n"
         "\tboundary=\"frontier\"\n\n--frontier\nContent-Type: text/html; charset=utf-8\n"
         "Content-Transfer-Encoding: base64\n\n" +
             chinese + "\n\n" +
             part("message/delivery-status",
                  "Reporting-MTA: dns; newmx.qq.example\n\nFinal-Recipient: rfc822; "
                  "target@example.net\nAction: failed\nStatus: 5.1.1\n") +
             part("text/rfc822-headers", original_headers(tag)) + "--frontier--\n",
         bad,
         "5.1.1",
         {}});
}

void add_letters(std::vector<BounceSample>& all, const std::string& tag) {
    const auto bad = BounceAction::failed;
    const std::string copy = original_headers(tag) + "\n" + tag + "\n\nThis is a test message.\n";
    all.push_back({"qmail",
                   plain(kDaemon + "Subject: failure notice\n",
                         "Hi. This is the qmail-send program at mx.example.\nNothing to be done, "
                         "sorry.\n\n<target@example.net>:\nNobody here by that name. (#5.1.1)\n\n"
                         "--- Below this line is a copy of the message.\n\nReturn-Path: "
                         "<probe@example.org>\n" +
                             copy),
                   bad,
                   "5.1.1",
                   {}});
    all.push_back({"exim without a report",
                   plain("Return-path: <>\nX-Failed-Recipients: target@example.net\n"
                         "Auto-Submitted: auto-replied\nFrom: Mail Delivery System "
                         "<Mailer-Daemon@mx.example>\nSubject: Mail delivery failed\n",
                         "It could not be handed on:\n  target@example.net\n    host mx [192.0.2.1]"
                         ": 550 5.7.1 refused by 5.7.9.1\n\n------ copy ------\n\n" +
                             copy),
                   bad,
                   "5.7.1",
                   {}});
    all.push_back(
        {"exim warning without a report",
         plain("Return-path: <>\nAuto-Submitted: auto-replied\nFrom: Mail Delivery System "
               "<Mailer-Daemon@mx.example>\nSubject: Warning: message delayed 24 hours\n",
               "It has not yet been delivered.\n\nSubject: mailprobed " + tag + "\n"),
         BounceAction::delayed,
         "",
         {}});
    all.push_back({"old letter without codes",
                   plain(kDaemon + "Subject: Returned mail\n", "host unknown\n\n> " + tag + "\n"),
                   bad,
                   "",
                   {}});
    all.push_back({"two codes that disagree",
                   plain(kDaemon, "450 4.2.1 busy\n550 5.1.1 gone\nMessage-ID: <" + tag + "@x>\n"),
                   bad,
                   "",
                   {}});
    all.push_back({"coded letter",
                   plain(kDaemon + "Content-Transfer-Encoding: base64\n",
                         base64("No. 550 5.2.2 full\n\nX-Mailprobed-Tag: " + tag + "\n") + "\n"),
                   bad,
                   "5.2.2",
                   {}});
    all.push_back(
        {"several parts, no status",
         plain("Return-Path: <>\nFrom: x@mx.example\nSubject: Delivery failure\nContent-Type: "
               "multipart/mixed; boundary=frontier\n",
               part("text/plain", "Status: 4.4.7 too old") + part("message/rfc822", copy)),
         bad,
         "4.4.7",
         {}});
}

void add_others(std::vector<BounceSample>& all, const std::string& tag) {
    const auto quoted = TagReject::quoted;
    const std::string text = "I am away.\n\n> Subject: mailprobed " + tag + "\n> " + tag + "\n";
    all.push_back({"vacation",
                   plain("Return-Path: <>\nFrom: bob@example.net\nSubject: away\n"
                         "Auto-Submitted: auto-replied (vacation)\nIn-Reply-To: <" +
                             tag + "@x>\n",
                         text),
                   {},
                   "",
                   quoted});
    all.push_back({"auto-reply of a postmaster",
                   plain("Return-Path: <>\nFrom: postmaster@example.net\n"
                         "Auto-Submitted: auto-replied\n",
                         text),
                   {},
                   "",
                   quoted});
    all.push_back(
        {"auto-reply of old", plain(kDaemon + "Precedence: auto_reply\n", text), {}, "", quoted});
    all.push_back({"auto-reply by its own header",
                   plain(kDaemon + "X-Autoreply: yes\n", text),
                   {},
                   "",
                   quoted});
    all.push_back({"unmarked answer with a null path",
                   plain("Return-Path: <>\nFrom: bob@example.net\nReferences: <a@b>\n", text),
                   {},
                   "",
                   quoted});
    all.push_back({"a person",
                   plain("Return-Path: <bob@example.net>\nFrom: bob@example.net\n"
                         "Subject: Re: mailprobed " +
                             tag + "\n",
                         text),
                   {},
                   "",
                   quoted});
    all.push_back({"read receipt",
                   plain("Return-Path: <>\nContent-Type: multipart/report; boundary=frontier; "
                         "report-type=disposition-notification\n",
                         part("text/plain", text) +
                             part("message/disposition-notification",
                                  "Original-Message-ID: <" + tag + "@x>\nDisposition: deleted\n")),
                   {},
                   "",
                   quoted});
    all.push_back({"the original itself, forwarded with a null path",
                   plain("Return-Path: <>\n" + original_headers(tag), tag + "\n"),
                   {},
                   "",
                   quoted});
    const std::string answer =
        "From: bob@example.net\nAuto-Submitted: auto-replied\nSubject: "
        "mailprobed " +
        tag + "\n";
    all.push_back(
        {"report on somebody's answer to us",
         report_head("") + part("text/plain", "No.") +
             part("message/delivery-status", status_block("", "Action: failed\nStatus: 5.1.1\n")) +
             part("message/rfc822", answer) + part("text/plain", "It was <" + tag + "@x>") +
             "--frontier--\n",
         {},
         "",
         quoted});
}

}  // namespace

SplitMail split_mail(std::string_view text) {
    SplitMail mail;
    while (!text.empty()) {
        const std::string_view line = take_line(text);
        if (line.empty()) break;
        mail.headers.add_line(line);
    }
    mail.body = text;
    return mail;
}

std::string original_headers(const std::string& tag) {
    return "Date: Mon, 22 Apr 2013 16:22:00 +0000\nFrom: <probe@example.org>\n"
           "To: <target@example.net>\nMessage-ID:\n <" +
           tag + "@example.org>\nSubject: mailprobed\n " + tag +
           "\nAuto-Submitted: auto-generated\nX-Mailprobed-Tag: " + tag + "\n";
}

std::vector<BounceSample> bounce_samples(const std::string& tag) {
    std::vector<BounceSample> all;
    add_reports(all, tag);
    for (BounceSample& sample : all)
        sample.alone = sample.name != "two recipients, one failed";
    add_letters(all, tag);
    for (BounceSample& sample : all) {
        sample.weak = sample.name == "exim warning without a report" ||
                      sample.name == "old letter without codes" ||
                      sample.name == "two codes that disagree" ||
                      sample.name == "several parts, no status";
    }
    add_others(all, tag);
    return all;
}

}  // namespace mailprobed
