// SPDX-License-Identifier: Apache-2.0
// What gateways of the field make of our mail: each leaves it an arrival, unless it leaves nothing.
#include "probes/domain/identity/message.hpp"
#include "probes/domain/identity/subject_marks.hpp"
#include "tests/support/mail_kit.hpp"

#include <gtest/gtest.h>

namespace mailprobed {
namespace {

class Gateway : public MailKit {
  protected:
    /// Neither our field nor our Message-ID is left: subject, From and first line must do.
    LooseMail stripped() const {
        LooseMail mail = received();
        mail.drop("X-Mailprobed-Tag");
        mail.drop("X-Auto-Response-Suppress");
        mail.set("Message-ID", "<1.2.3@gw.test>");
        return mail;
    }
};

TEST_F(Gateway, ANullReturnPathOfAForwarderChangesNothing) {
    facts.sender_mailbox = true;
    LooseMail mail = received();
    mail.drop("Return-Path");
    mail.put_first("Return-Path", "<>");
    EXPECT_TRUE(arrives(mail));
}

TEST_F(Gateway, AMessageIdThatWasMovedIntoReferencesChangesNothing) {
    facts.sender_mailbox = true;
    LooseMail mail = received();
    mail.set("Message-ID", "<20261129.1@gw.test>");
    mail.set("References", "<" + text_ + "@field.test>");
    EXPECT_TRUE(arrives(mail));
}

TEST_F(Gateway, TheSameTextInAnyTransferEncodingIsIntact) {
    const std::uint64_t sent_digest = digest(sent().text());
    EXPECT_EQ(sent_digest, body_digest(sent().body));
    std::string crlf;
    for (const char c : sent().body)
        crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
    std::string one_line = in_base64(crlf);
    std::erase(one_line, '\n');
    for (const auto& [encoding, body] :
         {std::pair<std::string, std::string>{"base64", in_base64(crlf)},
          {"BASE64", in_base64(sent().body)},
          {"base64", one_line},
          {"Quoted-Printable", in_quoted_printable(sent().body)},
          {"quoted-printable", in_quoted_printable(crlf)},
          {"8bit", sent().body}}) {
        LooseMail mail = received();
        mail.set("Content-Transfer-Encoding", encoding);
        mail.body = body;
        EXPECT_EQ(digest(mail.text()), sent_digest) << encoding << "\n" << body;
        EXPECT_TRUE(arrives(mail));
        mail.body = encoding.starts_with("b") ? in_base64(crlf + "footer\r\n") : body + "footer\n";
        EXPECT_NE(digest(mail.text()), sent_digest) << encoding;
    }
}

TEST_F(Gateway, FieldsInEncodedWordsAreRead) {
    for (const bool in_b : {false, true}) {
        LooseMail mail = received();
        mail.drop("X-Mailprobed-Tag");
        mail.set("Message-ID", in_encoded_words("<" + text_ + "@field.test>", in_b, 40));
        mail.set("Subject", in_encoded_words("mailprobed " + text_, in_b, 40));
        EXPECT_TRUE(arrives(mail));
        EXPECT_TRUE(own_mark(split_mail(mail.text()).headers, codec));
        mail = stripped();
        mail.set("Subject", in_encoded_words("[Extern] mailprobed " + text_, in_b, 17));
        mail.body = "This mail came from outside. Take care.\n\n" + mail.body;
        EXPECT_TRUE(arrives(mail));
        mail.set("Content-Transfer-Encoding", "base64");
        mail.body = in_base64(mail.body);
        EXPECT_TRUE(arrives(mail));
    }
}

TEST_F(Gateway, AMailThatIsWrappedArrivesByItsOuterMarks) {
    LooseMail mail{
        {"Return-Path: <probe@field.test>", "Received: by x", "From: <probe@field.test>",
         "Subject: *****SPAM***** mailprobed " + text_, "Message-ID: <" + text_ + "@field.test>",
         "Content-Type: multipart/mixed; boundary=\"b1\""},
        "Preamble.\n\n--b1\nContent-Type: text/plain\n\nScanner report.\n\n--b1\n"
        "Content-Type: message/rfc822\n\n" +
            sent().text() + "\n--b1--\n"};
    EXPECT_TRUE(arrives(mail));
    EXPECT_NE(digest(mail.text()), digest(sent().text()));
    LooseMail answer = mail;
    answer.put_first("In-Reply-To", "<" + text_ + "@field.test>");
    EXPECT_FALSE(arrives(answer));
    mail.set("Message-ID", "<1@gw.test>");
    EXPECT_FALSE(arrives(mail)) << "what is inside is no mark of what is outside";
}

TEST_F(Gateway, MarksBeforeTheSubjectAreAClosedListAndBracketedWords) {
    for (const char* mark : {"",
                             "[SPAM] ",
                             "*****SPAM***** ",
                             "*** SPAM *** ",
                             "***SPAM*** ",
                             "{Spam?} ",
                             "(Extern) ",
                             "EXTERNAL: ",
                             "SPAM(6.3): ",
                             "[List] [EXT] ",
                             "SPAM: ",
                             "Spam: ",
                             "[SPAM 12.5] ",
                             "EXT: ",
                             "EXTERN: ",
                             "[EXTERNAL] - ",
                             "JUNK: ",
                             "**SPAM** ",
                             "##SPAM## ",
                             "_SPAM_ ",
                             "SPAM (7.5) ",
                             "[Ticket#123] ",
                             "{Disarmed} ",
                             "(SPAM 5.1) ",
                             "SUSPECTED SPAM: ",
                             "[*EXT*] ",
                             "Spam? ",
                             "[外部] ",
                             "<SPAM> ",
                             "***EXTERNAL*** [x] ",
                             "[SPAM]",
                             "[list:12] "}) {
        LooseMail mail = stripped();
        mail.set("Subject", mark + std::string("mailprobed\n ") + text_);
        mail.body = "This mail came from outside.\n\n" + mail.body;
        EXPECT_TRUE(arrives(mail)) << mark;
        EXPECT_FALSE(begins_as_answer(mark + ("mailprobed " + text_))) << mark;
    }
}

TEST_F(Gateway, WordsOfAnswersInAnyLanguageAreNoMarks) {
    for (const char* word : {"Re: ",
                             "RE[2]: ",
                             "Aw: ",
                             "AW: ",
                             "Antw: ",
                             "Antwort: ",
                             "Sv: ",
                             "VS: ",
                             "Fwd: ",
                             "FW: ",
                             "Wg: ",
                             "WG: ",
                             "TR: ",
                             "Rv: ",
                             "Rif: ",
                             "R: ",
                             "I: ",
                             "Odp: ",
                             "回复: ",
                             "回复：",
                             "答复: ",
                             "转发: ",
                             "返信: ",
                             "転送: ",
                             "Отв: ",
                             "Ответ: ",
                             "Vá: ",
                             "YNT: ",
                             "ΑΠ: ",
                             "Doorst: ",
                             "Enc: ",
                             "[SPAM] Re: ",
                             "EXTERNAL: AW: ",
                             "Re: [List] ",
                             "[Re] ",
                             "(Fwd) ",
                             "[Fwd: x] ",
                             "Re^2: ",
                             "Undelivered: ",
                             "URGENT: ",
                             "Fw : ",
                             "Automatic reply: ",
                             "[Automatische Antwort] ",
                             "hello ",
                             "my"}) {
        LooseMail mail = stripped();
        mail.set("Subject", word + std::string("mailprobed ") + text_);
        EXPECT_FALSE(arrives(mail)) << word;
        EXPECT_EQ(read(mail.text()).reject, TagReject::quoted) << word;
    }
    for (const char* behind : {" (fwd)", " was read", "x", " Re:"}) {
        LooseMail mail = stripped();
        mail.set("Subject", "mailprobed " + text_ + behind);
        EXPECT_FALSE(arrives(mail)) << behind;
    }
    LooseMail mail = stripped();
    mail.set("Subject", "mailprobed " + text_ + " [SPAM]");
    EXPECT_TRUE(arrives(mail));
}

TEST_F(Gateway, WithoutFieldAndMessageIdEachOtherSignMustBeThere) {
    ASSERT_TRUE(arrives(stripped()));
    LooseMail mail = stripped();
    mail.set("From", "\"probe@field.test\" <bob@partner.test>");
    EXPECT_FALSE(arrives(mail)) << "From is somebody else's";
    mail = stripped();
    mail.set("From", "=?utf-8?q?Our_probe?= <PROBE@field.test> (x)");
    EXPECT_TRUE(arrives(mail));
    mail = stripped();
    mail.set("Subject", "hello");
    EXPECT_FALSE(arrives(mail)) << "no tag in the subject";
    mail = stripped();
    mail.body = "> " + mail.body;
    EXPECT_FALSE(arrives(mail)) << "quoted";
    mail = stripped();
    mail.body = "gone\n";
    EXPECT_FALSE(arrives(mail)) << "no text of ours";
    for (const char* field :
         {"References: <x@y>", "In-Reply-To: <x@y>", "Return-Path: <>",
          "Auto-Submitted: auto-replied", "Content-Type: multipart/report; boundary=b",
          "X-Failed-Recipients: a@b"}) {
        mail = stripped();
        const std::string_view text = field;
        mail.drop(text.substr(0, text.find(':')));
        mail.put_first(text.substr(0, text.find(':')), text.substr(text.find(':') + 2));
        EXPECT_FALSE(arrives(mail)) << field;
    }
    configured = false;
    EXPECT_FALSE(arrives(stripped())) << "nobody knows what its From should be";
}

TEST_F(Gateway, APersonWhoseTextBeginsWithTheTagIsNoArrival) {
    const std::string letter =
        "From: Bob <bob@partner.test>\nSubject: what is this?\n"
        "Message-ID: <78@partner.test>\n\n" +
        text_ + " appears in our log every minute, please call me.\n";
    EXPECT_FALSE(read(letter).arrival);
    EXPECT_EQ(read(letter).reject, TagReject::quoted);
    EXPECT_FALSE(read(letter).maybe_report);
}

TEST_F(Gateway, AListsFooterBelowABase64TextHidesNothing) {
    LooseMail mail = received();
    mail.set("Content-Transfer-Encoding", "base64");
    mail.body = in_base64(mail.body) + "_______________\nlist mailing list\n";
    mail.set("References", "<x@y>");
    EXPECT_TRUE(arrives(mail));
    mail.body = sent().body;
    EXPECT_TRUE(arrives(mail)) << "plain text that is called base64";
}

}  // namespace
}  // namespace mailprobed
