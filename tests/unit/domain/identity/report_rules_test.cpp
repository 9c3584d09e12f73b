// SPDX-License-Identifier: Apache-2.0
// What a report must say, and about whom, before it decides anything.
#include "tests/support/mail_kit.hpp"

#include <gtest/gtest.h>

namespace mailprobed {
namespace {

class ReportRules : public MailKit {
  protected:
    ReportRules() { facts.sender_mailbox = true; }

    [[nodiscard]] std::string copy() const {
        LooseMail mail = sent();
        mail.drop("Date");
        return mail.header_section();
    }
    /// A report with these fields of recipients, in a multipart of this kind.
    [[nodiscard]] std::string report(const std::string& recipients,
                                     const std::string& kind =
                                         "report; "
                                         "report-type=delivery-status",
                                     const std::string& prose = "Nobody by that name lives here.",
                                     const std::string& head =
                                         "Return-Path: <>\nFrom: "
                                         "MAILER-DAEMON@mx.ziel.test\n",
                                     const std::string& type = "message/delivery-status") const {
        return head + "To: <probe@field.test>\nSubject: about your mail\nContent-Type: multipart/" +
               kind + "; boundary=b\n\n--b\n\n" + prose + "\n\n--b\nContent-Type: " + type +
               "\n\nReporting-MTA: dns; mx.ziel.test\n\n" + recipients +
               "\n--b\nContent-Type: text/rfc822-headers\n\n" + copy() + "\n--b--\n";
    }
    /// Who it is said to be for, where it ended, and what became of it.
    static std::string about(const std::string& original, const std::string& end,
                             const std::string& action = "failed",
                             const std::string& status = "5.1.1") {
        return (original.empty() ? "" : "Original-Recipient: " + original + "\n") +
               (end.empty() ? "" : "Final-Recipient: " + end + "\n") +
               (action.empty() ? "" : "Action: " + action + "\n") +
               (status.empty() ? "" : "Status: " + status + "\n");
    }
    /// "strong", "weak", "delayed", "other" or "nothing"; with the class where it failed.
    [[nodiscard]] std::string said(const std::string& text) const {
        const BounceReading reading = bounce(text);
        if (!reading.bounce) {
            EXPECT_TRUE(reading.reject == TagReject::quoted) << text;
            return "nothing";
        }
        EXPECT_EQ(reading.bounce->tag, tag);
        if (reading.bounce->action != BounceAction::failed)
            return std::string(to_string(reading.bounce->action));
        return std::string(reading.bounce->weak ? "weak " : "strong ") +
               std::string(to_string(reading.bounce->status_class));
    }
    [[nodiscard]] bool may_go(const std::string& text) const {
        const BounceReading reading = bounce(text);
        return reading.bounce && reading.bounce->about_us_alone;
    }
};

TEST_F(ReportRules, AFailureOfOurRecipientOrInItsDomainIsStrong) {
    for (const char* end :
         {"rfc822; target@ziel.test", "RFC822;Target@ZIEL.test", "rfc822; <target@ziel.test>",
          "target@ziel.test", "rfc822; empfang%ziel.test@store.ziel.test", "utf-8; x@ziel.test",
          "rfc822; \"target\"@ziel.test", "rfc822;\n target@ziel.test (our man)"}) {
        EXPECT_EQ(said(report(about("", end))), "strong permanent") << end;
        EXPECT_TRUE(may_go(report(about("", end)))) << end;
    }
    facts.recipient = "target@sub.ziel.test";
    EXPECT_EQ(said(report(about("", "rfc822; x@ziel.test"))), "strong permanent");
    EXPECT_EQ(said(report(about("", "rfc822; x@test"))), "weak permanent");
    EXPECT_EQ(said(report(about("", "rfc822; x@fooziel.test"))), "weak permanent");
}

TEST_F(ReportRules, AnotherFinalRecipientIsWeakAndStays) {
    for (const char* end : {"rfc822; nobody@far.test", "X400; C=de;A=x", ""}) {
        EXPECT_EQ(said(report(about("", end))), "weak permanent") << end;
        EXPECT_FALSE(may_go(report(about("", end)))) << end;
    }
    const std::string moved = report(about("rfc822;target@ziel.test", "rfc822; k4711@store.test"));
    EXPECT_EQ(said(moved), "weak permanent") << "ours, and ends elsewhere";
    EXPECT_TRUE(may_go(moved)) << "it is about our recipient alone";
    EXPECT_EQ(said(report(about("rfc822;target+40ziel.test", "rfc822; k@far.test"))),
              "weak permanent");
    EXPECT_EQ(said(report(about("rfc822;target@ziel.test", "rfc822; k4711@store.ziel.test"))),
              "strong permanent");
    EXPECT_EQ(said(report(about("rfc822;", "rfc822; target@ziel.test"))), "strong permanent")
        << "an empty Original-Recipient is none";
}

TEST_F(ReportRules, AnotherOriginalRecipientDecidesNothing) {
    for (const char* original :
         {"rfc822;alt@anderswo.test", "rfc822; <x@ziel.test>", "RFC822;list@ziel.test (old)"}) {
        for (const char* action : {"failed", "delayed", "relayed"}) {
            const std::string text = report(about(original, "rfc822; target@ziel.test", action));
            EXPECT_EQ(said(text), "nothing") << original;
        }
    }
    const std::string both =
        report(about("rfc822;alt@anderswo.test", "rfc822; alt@anderswo.test") + "\n" +
               about("", "rfc822; target@ziel.test", "delayed", "4.4.1"));
    EXPECT_EQ(said(both), "delayed") << "what is said of ours counts";
    EXPECT_FALSE(may_go(both));
    configured = false;
    EXPECT_EQ(said(report(about("", "rfc822; target@ziel.test"))), "weak permanent");
    EXPECT_FALSE(may_go(report(about("", "rfc822; target@ziel.test"))));
}

TEST_F(ReportRules, ExchangeWritesOriginalRecipientItself) {
    const std::string text = report(
        about("rfc822;nobody@far.test", "rfc822;nobody@far.test", "failed", "5.1.10"),
        "report; report-type=delivery-status", "x",
        "From: =?utf-8?B?TWljcm9zb2Z0IE91dGxvb2s=?= <MicrosoftExchange329e71ec88ae@far.test>\n"
        "Auto-Submitted: auto-replied\nIn-Reply-To: <x@y>\nReferences: <x@y>\n");
    EXPECT_EQ(said(text), "weak permanent");
    EXPECT_EQ(bounce(text).bounce->status, "5.1.10");
    EXPECT_FALSE(may_go(text));
}

TEST_F(ReportRules, ActionOrStatusSaysFailedInWhateverWords) {
    for (const char* action :
         {"failure", "Failed", "FAIL (x)", "permanent-failure", "error", "undeliverable", "bounced",
          "rejected", "not-delivered", "unzustellbar", ""}) {
        EXPECT_EQ(said(report(about("", "rfc822; target@ziel.test", action, "5.3.4"))),
                  "strong permanent")
            << action;
    }
    for (const char* action : {"failure", "Failed", "FAIL (x)", "permanent-failure", "error",
                               "undeliverable", "bounced", "rejected", "not-delivered"}) {
        EXPECT_EQ(said(report(about("", "rfc822; target@ziel.test", action, ""))), "strong unknown")
            << action;
    }
    EXPECT_EQ(said(report(about("", "rfc822; target@ziel.test", "failed", "4.4.7"))),
              "strong transient");
    EXPECT_EQ(said(report(about("", "rfc822; target@ziel.test", "failed", "") +
                          "Diagnostic-Code: smtp; 550 no\n")),
              "strong permanent");
    for (const char* action :
         {"delayed", "delay", "Deferred", "will-retry", "queued", "warning", ""})
        EXPECT_EQ(said(report(about("", "rfc822; target@ziel.test", action, "4.4.1"))), "delayed")
            << action;
    for (const char* action : {"relayed", "delivered", "expanded", "success", ""})
        EXPECT_EQ(said(report(about("", "rfc822; target@ziel.test", action, "2.0.0"))), "other")
            << action;
}

TEST_F(ReportRules, EveryStatusPartIsReadInEveryMultipart) {
    const std::string ours = about("", "rfc822; target@ziel.test");
    EXPECT_EQ(said(report("For people: refused.\n\n--b\nContent-Type: message/delivery-status\n\n"
                          "Reporting-MTA: dns; x\n\n" +
                          ours)),
              "strong permanent");
    const std::string mixed = report(ours, "mixed");
    EXPECT_EQ(said(mixed), "strong permanent");
    EXPECT_FALSE(may_go(mixed)) << "not machine-readable as a whole";
    EXPECT_EQ(said(report(about("", "rfc822; target@ziel.test", "relayed", "2.0.0"), "mixed")),
              "other");
    EXPECT_EQ(said(report(ours, "mixed; boundary*0=\"\"; x=y")), "strong permanent");
    const std::string relabelled =
        report(ours, "report; report-type=delivery-status", "x",
               "Return-Path: <>\nFrom: MAILER-DAEMON@x\n", "text/plain; name=details.txt");
    EXPECT_EQ(said(relabelled), "weak permanent");
    EXPECT_FALSE(may_go(relabelled));
    EXPECT_EQ(said(report(about("rfc822;alt@far.test", "rfc822;alt@far.test"),
                          "report; report-type=delivery-status", "x",
                          "Return-Path: <>\nFrom: MAILER-DAEMON@x\n", "text/plain")),
              "nothing");
    std::string nested = report(ours);
    const std::string deep =
        "Content-Type: multipart/related; boundary=\"in (1)\"\n\n--in (1)\n"
        "Content-Type: multipart/alternative; boundary=x\n\n--x\n\nNo.\n--x--\n"
        "--in (1)\n";
    nested.replace(nested.find("Content-Type: message/delivery"), 0, deep);
    nested.replace(nested.find("\n--b\nContent-Type: text/rfc822"), 0, "\n--in (1)--\n");
    EXPECT_EQ(said(nested), "strong permanent") << nested;
}

TEST_F(ReportRules, OfSeveralRecipientsOursCountsAndThenTheWorst) {
    const std::string ours = about("", "rfc822; target@ziel.test", "delivered", "2.0.0");
    const std::string other = about("", "rfc822; b@far.test");
    EXPECT_EQ(said(report(other + "\n" + ours)), "other");
    EXPECT_EQ(said(report(ours + "\n" + about("", "rfc822; target@ziel.test"))),
              "strong permanent");
    EXPECT_FALSE(may_go(report(other + "\n" + ours)));
    std::string many;
    for (int i = 0; i < 40; ++i)
        many += about("", "rfc822; target@ziel.test") + "\n";
    EXPECT_FALSE(may_go(report(many))) << "nobody knows whom the rest is about";
}

TEST_F(ReportRules, AReportThatNamesNobodyIsWeakUnlessItsLetterIsNot) {
    EXPECT_EQ(said(report("")), "weak unknown");
    EXPECT_EQ(said(report("", "report; report-type=delivery-status", "Have a nice day.")),
              "nothing");
    EXPECT_EQ(said(report("", "report; report-type=delivery-status", "Delivery is delayed.")),
              "delayed");
    std::string bare = report("");
    bare.replace(bare.find("--b\nContent-Type: message/delivery"),
                 bare.find("--b\nContent-Type: text/rfc822") -
                     bare.find("--b\nContent-Type: message/delivery"),
                 "");
    EXPECT_EQ(said(bare), "weak unknown");
    const auto at = bare.find("Nobody by");
    EXPECT_EQ(said(bare.replace(at, 31, "550 5.1.1 nobody here")), "strong permanent") << bare;
}

TEST_F(ReportRules, XFailedRecipientsDecidesByWhomItNames) {
    const std::string head = "Return-Path: <>\nFrom: MAILER-DAEMON@x\nX-Failed-Recipients: ";
    const auto letter = [&](const std::string& names, const std::string& words) {
        return head + names + "\nSubject: your mail\n\n" + words + "\n\n" + copy();
    };
    EXPECT_EQ(said(letter("target@ziel.test", "It did not work.")), "strong unknown");
    EXPECT_EQ(said(letter("<Target@ziel.test>", "550 5.1.1 no")), "strong permanent");
    EXPECT_EQ(said(letter("target@ziel.test", "It is delayed; we keep trying.")), "delayed");
    EXPECT_EQ(said(letter("target@ziel.test, b@far.test", "550 5.1.1 no")), "weak permanent");
    EXPECT_EQ(said(letter("b@far.test", "550 5.1.1 no")), "nothing");
    EXPECT_EQ(
        said("X-Failed-Recipients: b@far.test\n" + report(about("", "rfc822; target@ziel.test"))),
        "nothing");
    EXPECT_FALSE(may_go(letter("target@ziel.test", "550 5.1.1 no"))) << "a letter stays";
}

/// A mail of a person who shares our address; the body quotes our mail.
constexpr const char* kPersons =
    "From: Anna <probe@field.test>\nTo: helpdesk@ziel.test\nMessage-ID: <human-1@field.test>\n";

TEST_F(ReportRules, AReportOnAPersonsMailThatQuotesOursDecidesNothing) {
    for (const char* status :
         {"Final-Recipient: rfc822; helpdesc@ziel.test\nAction: failed\nStatus: 5.1.1\n",
          "Final-Recipient: rfc822; target@ziel.test\nAction: failed\nStatus: 5.1.1\n",
          "Final-Recipient: rfc822; target@ziel.test\nAction: delayed\nStatus: 4.4.1\n", ""}) {
        for (const std::string subject : {"Fwd: mailprobed ", "mailprobed ", "what is "}) {
            for (const std::string type : {"message/rfc822", "text/rfc822-headers"}) {
                std::string text = report(status, "report; report-type=delivery-status",
                                          "<helpdesc@ziel.test>: 550 5.1.1 unknown");
                text.resize(text.rfind("--b\nContent-Type: text/rfc822-headers"));
                text += "--b\nContent-Type: " + type + "\n\n" + kPersons + "Subject: " + subject +
                        text_ + "\nReferences: <" + text_ + "@field.test>\n\n" + text_ +
                        "\n\nWhat is this?\n" + copy() + "\n--b--\n";
                EXPECT_EQ(said(text), "nothing") << text;
                std::string letter = text;
                letter.replace(letter.find("message/delivery-status"), 23, "text/plain");
                EXPECT_EQ(said(letter), "nothing") << letter;
            }
        }
    }
}

TEST_F(ReportRules, ALetterThatCopiesAPersonsHeadersDecidesNothing) {
    for (const std::string mark : {"", "> ", "    "}) {
        std::string copied = kPersons + ("Subject: Fwd: mailprobed " + text_) + "\n";
        for (auto at = copied.find('\n'); at + 1 < copied.size(); at = copied.find('\n', at + 1))
            copied.insert(at + 1, mark);
        EXPECT_EQ(said("Return-Path: <>\nFrom: MAILER-DAEMON@x\nSubject: failure notice\n\n"
                       "550 5.1.1 nobody here\n\n" +
                       mark + copied + "\nWhat is this?\n" + copy()),
                  "nothing")
            << mark << copied;
    }
}

TEST_F(ReportRules, AnEnvelopeIdOfAnotherMailDecidesNothingUnlessOursCameBack) {
    std::string text = report(about("", "rfc822; target@ziel.test"));
    const auto at = text.find("Reporting-MTA: dns; mx.ziel.test\n");
    text.insert(at, "Original-Envelope-Id: QQ12345\n");
    EXPECT_EQ(said(text), "strong permanent");
    text.resize(text.rfind("--b\nContent-Type: text/rfc822-headers"));
    EXPECT_EQ(said(text + "--b\n\nIt was <" + text_ + "@field.test>.\n--b--\n"), "nothing");
}

TEST_F(ReportRules, OurEnvelopeIdAboveSomebodysHeadersIsWeak) {
    // Some servers write Message-IDs anew; but it may be a report that was put together wrongly.
    std::string text = report(about("", "rfc822; target@ziel.test"));
    text.insert(text.find("Reporting-MTA"), "Original-Envelope-Id: " + text_ + "\n");
    EXPECT_EQ(said(text), "strong permanent");
    text.resize(text.rfind("--b\nContent-Type: text/rfc822-headers"));
    text += std::string("--b\nContent-Type: text/rfc822-headers\n\n") + kPersons + "\n--b--\n";
    EXPECT_EQ(said(text), "weak permanent");
    EXPECT_FALSE(may_go(text));
}

TEST_F(ReportRules, ATagThatStandsInTheTextAloneLeavesNeighboursWeakAndTheReportWhereItIs) {
    for (const auto& [end, expected] : {std::pair{"rfc822; target@ziel.test", "strong permanent"},
                                        std::pair{"rfc822; boss@ziel.test", "weak permanent"}}) {
        std::string text = report(about("", end));
        text.resize(text.rfind("--b\nContent-Type: text/rfc822-headers"));
        text += "--b\n\nIt was <" + text_ + "@field.test>.\n--b--\n";
        EXPECT_EQ(said(text), expected) << end;
        EXPECT_FALSE(may_go(text)) << end;
    }
}

TEST_F(ReportRules, OurMailThatAPersonSentOnFailsForAnotherRecipient) {
    std::string text = report(about("", "rfc822; helpdesc@ziel.test"));
    text.insert(text.find("X-Mailprobed-Tag"), "Resent-To: helpdesc@ziel.test\n");
    EXPECT_EQ(said(text), "weak permanent");
    EXPECT_FALSE(may_go(text));
}

TEST_F(ReportRules, AReportOfSeveralMailsStaysAndEachPartSpeaksOfItsOwn) {
    const auto second = [](const std::string& id, const std::string& recipients) {
        return "\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n" +
               (id.empty() ? "" : "Original-Envelope-Id: " + id + "\n") + "\n" + recipients;
    };
    const auto first = [&](const std::string& id, const std::string& more) {
        std::string text =
            report(about("", "rfc822; target@ziel.test", "delivered", "2.0.0") + more);
        if (id.empty()) return text;
        return text.insert(text.find("Reporting-MTA"), "Original-Envelope-Id: " + id + "\n");
    };
    const std::string boss = about("", "rfc822; boss@ziel.test");
    const std::string ours = about("", "rfc822; target@ziel.test");
    EXPECT_EQ(said(first(text_, second("QQ12345", boss))), "other");
    EXPECT_EQ(said(first(text_, second("QQ12345", ours))), "other") << "another mail to ours";
    EXPECT_EQ(said(first("QQ12345", second(text_, boss))), "weak permanent");
    EXPECT_EQ(said(first("QQ12345", second(text_, ours))), "strong permanent");
    for (const char* id : {"", "QQ12345"}) {
        EXPECT_FALSE(may_go(first(text_, second(id, ours)))) << id;
        EXPECT_FALSE(may_go(first("", second(id, ours)))) << id;
        EXPECT_FALSE(may_go(first(text_, second(id, boss)))) << id;
    }
    std::string strangers = report(ours);
    ASSERT_TRUE(may_go(strangers));
    strangers.insert(strangers.rfind("--b--"),
                     std::string("--b\nContent-Type: message/rfc822\n\n") + kPersons + "\nx\n");
    EXPECT_EQ(said(strangers), "strong permanent");
    EXPECT_FALSE(may_go(strangers)) << "somebody's mail came back with it";
}

TEST_F(ReportRules, ReportsAboutReadersAndComplaintsAndDigestsDecideNothing) {
    const std::string head = "Return-Path: <>\nFrom: MAILER-DAEMON@x\nSubject: failure\n";
    const std::string ours = "\n--b\nContent-Type: message/rfc822\n\n" + sent().text();
    for (const std::string& text :
         {head +
              "Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n"
              "\n--b\n\n550 5.1.1 no\n--b\nContent-Type: message/disposition-notification\n\n"
              "Disposition: deleted\n" +
              ours + "\n--b--\n",
          head +
              "Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\n\n"
              "550 rejected\n--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n" +
              ours + "\n--b--\n",
          head +
              "Content-Type: multipart/mixed; boundary=b\n\n--b\n\n550 "
              "rejected\n--b\nContent-Type: "
              "message/feedback-report\n\nFeedback-Type: abuse\n" +
              ours + "\n--b--\n",
          head + "Content-Type: multipart/digest; boundary=b\n" + ours + ours + "\n--b--\n",
          head + "Content-Type: multipart/mixed; boundary=b\n\n--b\n\n550 rejected\n" + ours +
              ours + "\n--b--\n"}) {
        EXPECT_EQ(said(text), "nothing") << text;
    }
}

}  // namespace
}  // namespace mailprobed
