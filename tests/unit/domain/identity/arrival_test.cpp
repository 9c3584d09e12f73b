// SPDX-License-Identifier: Apache-2.0
// What counts as an arrival, and what only looks like one.
#include "probes/domain/identity/arrival.hpp"

#include "probes/domain/identity/message.hpp"
#include "tests/support/mail_kit.hpp"

#include <gtest/gtest.h>

namespace mailprobed {
namespace {

class ArrivalTest : public MailKit {};

constexpr const char* kTag = "X-Mailprobed-Tag";

TEST_F(ArrivalTest, TheMailAsSentArrivesByItsHeaderAlone) {
    for (const LooseMail& mail : {sent(), received()}) {
        EXPECT_EQ(header(mail.text()).says, HeaderSays::arrival);
        EXPECT_EQ(header(mail.text()).tag, tag);
        EXPECT_TRUE(arrives(mail));
        EXPECT_EQ(own_mark(split_mail(mail.text()).headers, codec), tag);
    }
}

TEST_F(ArrivalTest, OurFieldOrOurMessageIdSufficesWhateverElseWasLost) {
    for (const std::string& field :
         {std::string(kTag) + ": " + text_, "Message-ID:\n <" + text_ + "@example.org>",
          "Message-Id: <" + text_ + "\n @example.org>", std::string(kTag) + ":\n " + text_,
          std::string(kTag) + ": " + in_encoded_words(text_, true),
          "Message-ID: " + in_encoded_words("<" + text_ + "@x.org>", false)}) {
        const LooseMail mail{{field, "Subject: gone"}, "gone\n"};
        EXPECT_TRUE(arrives(mail)) << field;
        EXPECT_EQ(header(mail.text()).says, HeaderSays::arrival) << field;
        EXPECT_EQ(own_mark(split_mail(mail.text()).headers, codec), tag) << field;
    }
}

TEST_F(ArrivalTest, SubjectOrFirstLineAloneIsNoArrivalAndNoMark) {
    for (const LooseMail& mail :
         {LooseMail{{"From: <probe@field.test>", "Subject: mailprobed " + text_}, "gone\n"},
          LooseMail{{"From: <probe@field.test>", "Subject: gone"}, text_ + "\n"},
          LooseMail{{"From: <bob@x.test>", "Subject: mailprobed " + text_}, text_ + "\n"},
          LooseMail{{"Subject: mailprobed " + text_}, text_ + "\n"}}) {
        EXPECT_FALSE(arrives(mail)) << mail.text();
        EXPECT_EQ(read(mail.text()).reject, TagReject::quoted) << mail.text();
        EXPECT_FALSE(own_mark(split_mail(mail.text()).headers, codec));
    }
}

TEST_F(ArrivalTest, AMangledCopyDoesNotDisproveAVerifiedOne) {
    const LooseMail mail{{"X-Mailprobed-Tag: mangled", "Message-ID: <" + text_ + "@x.org>"}, ""};
    EXPECT_TRUE(arrives(mail));
    EXPECT_FALSE(header(mail.text()).reject);
}

TEST_F(ArrivalTest, A4_05_AnAnswerThatCopiesOurFieldsIsNoArrivalWithoutOurText) {
    for (const char* line :
         {"Auto-Submitted: auto-replied", "Return-Path: <>", "In-Reply-To: <x@y>",
          "References: <x@y>", "Auto-Submitted: auto-forwarded", "X-Autoreply: yes",
          "Precedence: auto_reply", "Auto-Submitted: auto-generated (failure)",
          "Return-Path:", "Subject: Re: mailprobed", "Subject: Automatische Antwort: x"}) {
        LooseMail mail{{line, "X-Mailprobed-Tag: " + text_}, "I am away.\n"};
        EXPECT_FALSE(arrives(mail)) << line;
        EXPECT_EQ(header(mail.text()).says, HeaderSays::needs_body) << line;
        EXPECT_EQ(read(mail.text()).reject, TagReject::quoted) << line;
        EXPECT_TRUE(read(mail.text()).maybe_report) << line;
        mail.body = "I am away. You wrote:\n\n" + sent().body;
        EXPECT_FALSE(arrives(mail)) << line;
        mail.body = sent().body;
        EXPECT_TRUE(arrives(mail)) << line;
    }
    for (const char* line : {"Auto-Submitted: auto-generated", "Return-Path: <a@b>",
                             "Auto-Submitted: no", "Precedence: bulk"}) {
        const LooseMail mail{{line, "X-Mailprobed-Tag: " + text_}, "altered\n"};
        EXPECT_TRUE(arrives(mail)) << line;
    }
}

TEST_F(ArrivalTest, NeverAnArrivalWhateverStandsOnTop) {
    for (const char* line :
         {"Content-Type: multipart/report; report-type=delivery-status", "X-Failed-Recipients: a@b",
          "From: MAILER-DAEMON@x", "From: Mail Delivery System <x@y>",
          "Content-Type: message/delivery-status", "From: Postmaster <postmaster@test.invalid>",
          "From: System Administrator <x@y>", "From: bounces+7@lists.test", "From: mta1@x",
          "From: =?utf-8?q?Mail_Delivery_Subsystem?= <x@y>"}) {
        LooseMail mail = received();
        mail.drop("Content-Type");
        mail.drop("From");
        mail.put_first(std::string_view(line).substr(0, std::string_view(line).find(':')),
                       std::string_view(line).substr(std::string_view(line).find(':') + 2));
        EXPECT_FALSE(arrives(mail)) << line;
        EXPECT_EQ(header(mail.text()).says, HeaderSays::maybe_report) << line;
    }
    for (const std::string inside :
         {"", "--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n",
          "--b\nContent-Type: "
          "message/rfc822\n\nSubject: x\nContent-Type: multipart/mixed; boundary=c\n\n--c\n"}) {
        LooseMail mail = received();
        mail.set("Content-Type", "multipart/mixed; boundary=b");
        const std::string end = inside.empty() ? "b" : "c";
        mail.body = "--b\n\n" + sent().body + inside + (inside.empty() ? "--b\n" : "") +
                    "Content-Type: message/delivery-status\n\nReporting-MTA: dns; x\n--" + end +
                    "--\n--b--\n";
        EXPECT_FALSE(arrives(mail)) << mail.body;
        EXPECT_TRUE(read(mail.text()).maybe_report);
    }
}

TEST_F(ArrivalTest, AMailSystemsFromIsOursWhereItIsConfigured) {
    for (const char* from : {"mailer-daemon@field.test", "postmaster@field.test", "root@x"}) {
        facts.from = from;
        EXPECT_TRUE(arrives(received())) << from;
    }
    facts.from = "probe@field.test";
    for (const char* from : {"mtaylor@field.test", "Bob <deliveryman@field.test>"}) {
        LooseMail mail = received();
        mail.set("From", from);
        EXPECT_TRUE(arrives(mail)) << from << ": the name of a person";
    }
}

TEST_F(ArrivalTest, APostmastersNoticeUnderOurHeaderSectionIsAReport) {
    facts.sender_mailbox = true;
    LooseMail mail = received();
    mail.drop("Return-Path");
    mail.set("From", "Postmaster <postmaster@field.test>");
    mail.drop("Auto-Submitted");
    mail.body =
        "Your message could not be delivered to <target@ziel.test>:\n550 5.1.1 no such user\n\n"
        "> " +
        mail.body;
    EXPECT_FALSE(arrives(mail));
    ASSERT_TRUE(bounce(mail.text()).bounce);
    EXPECT_EQ(bounce(mail.text()).bounce->action, BounceAction::failed);
    EXPECT_FALSE(bounce(mail.text()).bounce->about_us_alone) << "a letter stays";
}

TEST_F(ArrivalTest, InTheSendersMailboxAnUnanswerableMailMustBeIntact) {
    for (const char* mark : {"Return-Path: <>", "Auto-Submitted: auto-replied"}) {
        for (const bool sender : {false, true}) {
            facts.sender_mailbox = sender;
            LooseMail mail{{mark, "X-Mailprobed-Tag: " + text_}, sent().body};
            EXPECT_TRUE(arrives(mail)) << mark;
            mail.body = "This mail came from outside.\n\n" + sent().body;
            EXPECT_EQ(arrives(mail), !sender) << mark;
            mail.body = sent().body + "-- \nlist footer\n";
            EXPECT_EQ(arrives(mail), !sender) << mark;
            mail.fields.emplace_back("Content-Transfer-Encoding: base64");
            mail.body = in_base64(sent().body);
            EXPECT_TRUE(arrives(mail)) << mark;
        }
        configured = false;
        LooseMail mail{{mark, "X-Mailprobed-Tag: " + text_}, "Banner.\n" + sent().body};
        EXPECT_FALSE(arrives(mail)) << "an unknown route may be one to the sender himself";
        configured = true;
    }
    LooseMail mail{{"References: <x@y>", "X-Mailprobed-Tag: " + text_}, "Banner.\n" + sent().body};
    EXPECT_TRUE(arrives(mail)) << "an answer has a path to answer to";
}

TEST_F(ArrivalTest, QuotedTextOfOursIsNotOurText) {
    const std::string body = sent().body;
    const auto with_prefix = [&](const std::string& prefix) {
        std::string result;
        std::string_view rest = body;
        while (!rest.empty())
            result += prefix + std::string(rest.substr(0, rest.find('\n') + 1)),
                rest.remove_prefix(rest.find('\n') + 1);
        return result;
    };
    for (const std::string& text :
         {with_prefix("> "),
          with_prefix(">"),
          with_prefix("| "),
          with_prefix("    "),
          "Bob wrote:\n" + body,
          "Am Montag schrieb Bob:\n\n" + body,
          "-----Original Message-----\n" + body,
          "---- Ursprüngliche Nachricht ----\n\n" + body,
          "Your message was:\n\n" + body,
          "On 30/11 at 9:05, Bob:\n" + body,
          "El lunes Bob escribió:\n" + body,
          "Bob <bob@x.test>:\n" + body,
          "2026, Bob:\n" + body,
          "В понедельник Боб писал:\n" + body,
          "Le lundi, Bob a écrit :\n" + body,
          "*Subject:* mailprobed " + text_ + "\n\n" + body,
          text_ + " is what I saw\n" + body,
          text_ + "\n\nThis is a test message of a mail delivery\n> monitor (mailprobed).\n",
          "[Betreff: mailprobed " + text_ + "\n\n" + body,
          "From: x\nSubject: mailprobed " + text_ + "\n\n" + body,
          text_ + "\n",
          std::string(),
          "Your " + text_ + " came.\n" + body}) {
        const LooseMail mail{{"References: <x@y>", "X-Mailprobed-Tag: " + text_}, text};
        EXPECT_FALSE(arrives(mail)) << text;
    }
    for (const std::string& text :
         {"Take care. This mail is from outside!\n" + body, "\n\n" + body,
          "CAUTION: sent from outside your organisation. Text of the message:\n\n" + body,
          "Achtung, diese Nachricht kommt von außen:\n" + body, "Scanned by Guard 5.2:\n" + body,
          "[Scanned by gateway: mailprobed " + text_ + "]\n\n" + body,
          "(mailprobed " + text_ + ")\n" + body,
          text_ + "\n\nThis is a test message of a\nmail delivery monitor\n  (mailprobed).\nx\n",
          text_ + " " + std::string(kFirstSentence) + " Sent by: x\n",
          "----- EXTERNAL -----\n\n" + body, body + "\n_____\nlist@x\n", "\xef\xbb\xbf" + body}) {
        const LooseMail mail{{"References: <x@y>", "X-Mailprobed-Tag: " + text_}, text};
        EXPECT_TRUE(arrives(mail)) << text;
    }
}

TEST_F(ArrivalTest, OurTextMayStandInHtmlAndInParts) {
    std::string html = "<html><head><title>x</title></head><body><p>Banner &amp; more</p><div>" +
                       text_ + "</div><br><div>" + std::string(kFirstSentence) + "</div></body>";
    LooseMail mail{{"References: <x@y>", "X-Mailprobed-Tag: " + text_,
                    "Content-Type: text/html; charset=utf-8"},
                   html};
    EXPECT_TRUE(arrives(mail));
    for (const char* open : {"<pre>", "<PRE class=x>", "<div style=\"white-space: pre-wrap\">",
                             "<div style='white-space:pre'><div>"}) {
        const std::string begin = std::string("<p>Banner</p>") + open;
        mail.body = begin + sent().body + "</div></div></pre>";
        EXPECT_TRUE(arrives(mail)) << open;
        mail.body = begin + "    " + sent().body;
        EXPECT_FALSE(arrives(mail)) << "indented, as quotes are";
    }
    mail.body = "<pre>Banner</pre>\n" + text_ + "\n" + std::string(kFirstSentence) + "\n";
    EXPECT_TRUE(arrives(mail)) << "the banner alone was laid out; the lines behind it are joined";
    mail.body = "<p>Away.</p><blockquote>" + html + "</blockquote>";
    EXPECT_FALSE(arrives(mail));
    mail.set("Content-Type", "multipart/mixed; boundary=\"b 1\"");
    mail.body = "--b 1\nContent-Type: text/plain\n\nBanner\n--b 1\n\n" + sent().body + "--b 1--\n";
    EXPECT_TRUE(arrives(mail));
    mail.body =
        "--b 1\n\nAway\n--b 1\nContent-Type: message/rfc822\n\n" + sent().text() + "\n--b 1--\n";
    EXPECT_FALSE(arrives(mail)) << "attached by somebody who answers";
}

TEST_F(ArrivalTest, TwoVerifiedTagsThatDisagreeAreRejected) {
    for (const std::string& second :
         {"Subject: mailprobed " + other_, "Message-ID: <" + other_ + "@x>",
          "X-Mailprobed-Tag: " + other_}) {
        const LooseMail mail{{"X-Mailprobed-Tag: " + text_, second}, sent().body};
        EXPECT_FALSE(arrives(mail)) << second;
        EXPECT_EQ(header(mail.text()).reject, TagReject::conflicting) << second;
    }
}

TEST_F(ArrivalTest, ForgedTagsAreNamedAndStrangersAreNot) {
    std::string forged = text_;
    forged[45] = forged[45] == 'a' ? 'b' : 'a';
    EXPECT_EQ(header("X-Mailprobed-Tag: " + forged + "\n\n").reject, TagReject::forged);
    EXPECT_EQ(header("X-Mailprobed-Tag: junk\n\n").reject, TagReject::malformed);
    const HeaderReading stranger = header("Subject: lunch?\nMessage-ID: <abc@x>\n\nhello\n");
    EXPECT_EQ(stranger.says, HeaderSays::foreign);
    EXPECT_FALSE(stranger.tag);
    EXPECT_FALSE(stranger.reject);
}

TEST_F(ArrivalTest, ACopyThatNoServerReceivedIsFiledByTheSender) {
    facts.sender_mailbox = true;
    const LooseMail filed = sent();
    EXPECT_TRUE(is_filed_copy(split_mail(filed.text()).headers));
    EXPECT_TRUE(arrives(filed)) << "in a route to its own address servers may add nothing";
    facts.leads_outside = true;
    EXPECT_FALSE(arrives(filed));
    EXPECT_EQ(header(filed.text()).says, HeaderSays::foreign);
    EXPECT_FALSE(header(filed.text()).reject);
    EXPECT_FALSE(read(filed.text()).maybe_report);
    EXPECT_TRUE(arrives(received()));
    EXPECT_FALSE(is_filed_copy(split_mail(received().text()).headers));
    EXPECT_FALSE(bounce(filed.text()).bounce);
    EXPECT_FALSE(bounce(filed.text()).reject);
    LooseMail bare = filed;
    bare.drop(kTag);
    bare.drop("Message-ID");
    EXPECT_FALSE(arrives(bare));
    facts.sender_mailbox = false;
    EXPECT_TRUE(arrives(filed)) << "nobody files copies in the receiver's mailbox";
}

TEST_F(ArrivalTest, ACopyThatOnlyASubmissionReceivedIsFiledByTheSender) {
    facts.sender_mailbox = facts.leads_outside = true;
    for (const char* hop :
         {"from [203.0.113.5] by smtp.x.test with ESMTPSA id q1; Mon, 30 Nov 2026 01:00:00 +0000",
          "from c by s with esmtpa; Mon, 30 Nov 2026 01:00:00 +0000",
          "from c (Authenticated sender: u) by s; Mon, 30 Nov 2026 01:00:00 +0000"}) {
        LooseMail filed = sent();
        filed.put_first("Received", hop);
        EXPECT_TRUE(is_filed_copy(split_mail(filed.text()).headers)) << hop;
        EXPECT_FALSE(arrives(filed)) << hop;
        LooseMail came = filed;
        came.put_first("Received", "from mx.far.test by mx.x.test with ESMTPS id 2; x");
        EXPECT_TRUE(arrives(came)) << "it came back";
        for (const char* field : {"Return-Path", "Delivered-To", "X-Original-To"}) {
            LooseMail delivered = filed;
            delivered.put_first(field, "<probe@field.test>");
            EXPECT_TRUE(arrives(delivered)) << field;
        }
        facts.leads_outside = false;
        EXPECT_TRUE(arrives(filed)) << "to its own address it cannot be told";
        facts.leads_outside = true;
    }
}

TEST_F(ArrivalTest, TheComposedMailIsRecognisedByEachOfItsFourCopies) {
    const std::string all = sent().text();
    int copies = 0;
    for (auto at = all.find(text_); at != std::string::npos; at = all.find(text_, at + 1))
        ++copies;
    EXPECT_EQ(copies, 4);
    std::string_view rest = all;
    while (!rest.empty()) {
        EXPECT_LE(rest.find('\n'), 78U);
        rest.remove_prefix(rest.find('\n') + 1);
    }
    EXPECT_TRUE(sent().body.starts_with(text_ + "\n"));
}

TEST_F(ArrivalTest, OnlyTheWholeTextOfOurMailIsWhole) {
    const std::string body = sent().body;
    EXPECT_TRUE(is_composed_body(body, text_));
    EXPECT_TRUE(is_composed_body(body + "\n\n", text_));
    EXPECT_FALSE(is_composed_body("x\n" + body, text_));
    EXPECT_FALSE(is_composed_body(body + "x\n", text_));
    EXPECT_FALSE(is_composed_body(body, other_));
    EXPECT_FALSE(is_composed_body("", text_));
    for (std::size_t at = 0; at + 1 < body.size(); at = body.find('\n', at) + 1) {
        if (at != 0 && body[at] == '\n') continue;
        std::string quoted = body;
        EXPECT_FALSE(is_composed_body(quoted.insert(at, "> "), text_)) << at;
    }
}

}  // namespace
}  // namespace mailprobed
