// SPDX-License-Identifier: Apache-2.0
// Letters in prose: who must say what, in many languages, before a letter counts as a bounce.
#include "probes/base/ascii.hpp"
#include "tests/support/mail_kit.hpp"

#include <gtest/gtest.h>

#include <array>

namespace mailprobed {
namespace {

class LetterWords : public MailKit {
  protected:
    LetterWords() { facts.sender_mailbox = true; }

    [[nodiscard]] std::string copy() const {
        LooseMail mail = sent();
        mail.drop("Date");
        return mail.text();
    }
    [[nodiscard]] std::string letter(const std::string& head, const std::string& words) const {
        return head + "To: <probe@field.test>\n\n" + words + "\n\n" + copy();
    }
    [[nodiscard]] std::string said(const std::string& text) const {
        const BounceReading reading = bounce(text);
        EXPECT_FALSE(read(text).arrival) << text;
        if (!reading.bounce) return "nothing";
        EXPECT_FALSE(reading.bounce->about_us_alone) << "a letter stays";
        if (reading.bounce->action != BounceAction::failed)
            return std::string(to_string(reading.bounce->action));
        return std::string(reading.bounce->weak ? "weak " : "strong ") +
               std::string(to_string(reading.bounce->status_class));
    }
    /// From a daemon, of this subject.
    static std::string daemon(const std::string& subject) {
        return "Return-Path: <>\nFrom: MAILER-DAEMON@mx.test\nSubject: " + subject + "\n";
    }
};

TEST_F(LetterWords, ACodeOfFailureFromAMailSystemIsStrongIfItNamesNobodyElse) {
    for (const char* words :
         {"550 5.1.1 nobody here", "<target@ziel.test>: 550 nobody by that name", "x (#5.1.1)",
          "host mx[1.2.3.4] said: 550-5.7.1 no\n550 5.7.1 way", "Status: 5.2.2",
          "554 refused, ask <postmaster@mx.test>", "RCPT TO:<target@ziel.test>\n550 no",
          "MAIL FROM:<probe@field.test>\n553 no"}) {
        EXPECT_EQ(said(letter(daemon("x"), words)), "strong permanent") << words;
        EXPECT_EQ(said(letter("Return-Path: <>\nFrom: x@mx.test\nSubject: x\n", words)),
                  "strong permanent")
            << words;
    }
    for (const char* words :
         {"<nobody@far.test>: 550 nobody by that name", "550 5.1.1 k@ziel.test"})
        EXPECT_EQ(said(letter(daemon("x"), words)), "weak permanent") << words;
    EXPECT_EQ(said(letter("From: postmaster@mx.test\nSubject: x\n", "550 5.1.1 nobody here")),
              "weak permanent")
        << "From postmaster alone";
    EXPECT_EQ(said(letter("From: bob@mx.test\nSubject: x\n", "550 5.1.1 nobody here")), "nothing");
}

TEST_F(LetterWords, ALetterThatSpeaksOfFailureInManyLanguagesIsWeak) {
    for (const char* words : {"Your message could not be delivered.",
                              "User unknown",
                              "Der Empfänger ist unbekannt.",
                              "Ihre Nachricht konnte nicht zugestellt werden.",
                              "Le message n'a pas pu être remis.",
                              "No se pudo entregar el mensaje.",
                              "Não foi possível entregar a mensagem.",
                              "Impossibile recapitare il messaggio.",
                              "Uw bericht kon niet worden bezorgd.",
                              "Meddelandet kunde inte levereras.",
                              "Beskeden kunne ikke leveres.",
                              "Viestiä ei voitu toimittaa.",
                              "Nie można dostarczyć wiadomości.",
                              "Zprávu nelze doručit.",
                              "A levél kézbesítése sikertelen.",
                              "Mesajul nu a putut fi livrat.",
                              "İletiniz teslim edilemedi.",
                              "Не удалось доставить сообщение.",
                              "Повідомлення не доставлено.",
                              "您的邮件无法投递。",
                              "您的郵件被退回。",
                              "メールを配信できませんでした。",
                              "메일을 전달할 수 없습니다.",
                              "We have no such man."}) {
        EXPECT_EQ(said(letter(daemon("x"), words)), "weak unknown") << words;
        EXPECT_EQ(said(letter(daemon("x") + "Content-Type: text/html\n",
                              "<p>" + std::string(words) + "</p><pre>")),
                  "weak unknown")
            << words;
        const std::string by_postmaster =
            "Return-Path: <>\nAuto-Submitted: auto-replied\nFrom: postmaster@mx.test\nSubject: ";
        EXPECT_EQ(said(letter(by_postmaster + words + "\n", "x")), "weak unknown") << words;
    }
    EXPECT_EQ(said(letter("Return-Path: <>\nAuto-Submitted: auto-replied\nFrom: "
                          "postmaster@mx.test\nSubject: your mail was refused\n",
                          "No room for target@ziel.test.")),
              "weak unknown");
}

TEST_F(LetterWords, NoticesOfDelayDecideNothingInAnyWords) {
    for (const char* words :
         {"Delivery is delayed.",
          "It will be retried until it is 5 days old.",
          "451 4.4.1 connection refused",
          "THIS IS A WARNING MESSAGE ONLY. You need not send again.",
          "The message has not yet been delivered. Eventually the software will give up.",
          "postponed, the mailbox is full. We will continue to try for some days.",
          "Die Nachricht konnte bisher nicht zugestellt werden; weitere Versuche folgen.",
          "Die Zustellung verzögert sich.",
          "La remise est retardée.",
          "nouvelles tentatives",
          "La entrega se ha retrasado.",
          "Todavía no se pudo entregar.",
          "A entrega está atrasada.",
          "Ainda não foi possível entregar.",
          "La consegna è in ritardo.",
          "Vertraging",
          "Het bericht is nog niet bezorgd.",
          "Leveransen är försenad.",
          "Leveringen er forsinket.",
          "Toimitus viivästyy.",
          "Dostarczenie jest opóźnione.",
          "Doručení se zpozdilo.",
          "A kézbesítés késik.",
          "Livrarea este întârziată.",
          "Teslimat gecikti.",
          "Доставка задерживается.",
          "Сообщение еще не доставлено.",
          "Доставку затримано.",
          "邮件投递延迟",
          "郵件傳送延遲",
          "配信が遅延しています",
          "배달이 지연되고 있습니다",

          "450 4.2.0 greylisted"}) {
        EXPECT_EQ(said(letter(daemon("about your mail"), words)), "delayed") << words;
        // A code in the subject may be that of a failure after all.
        if (ascii_digit(*words)) continue;
        EXPECT_EQ(said(letter(daemon(words), "We could not deliver it.")), "delayed") << words;
    }
    EXPECT_EQ(said(letter(daemon("x"), "Die Zustellung verz\xf6gert sich.")), "delayed")
        << "Latin 1";
    EXPECT_EQ(said(letter(daemon("x"), "Deferred for 5 days: giving up. 421 4.4.1 no")),
              "weak transient");
    EXPECT_EQ(said(letter(daemon("x"), "Status: 4.4.7 message expired")), "weak transient");
    EXPECT_EQ(said(letter(daemon("Undelivered Mail"), "host said: 450 4.2.1 busy")),
              "weak transient");
    EXPECT_NE(said(letter("From: postmaster@ziel.test\nSubject: Note on delivery\n",
                          "target@ziel.test: postponed. We will continue to try.")),
              "weak unknown");
}

TEST_F(LetterWords, NoticesOfSuccessDecideNothing) {
    for (const char* words :
         {"Your message was successfully delivered to target@ziel.test.", "250 2.1.5 ok",
          "Ihre Nachricht wurde erfolgreich zugestellt.", "Le message a bien été remis.",
          "El mensaje se ha entregado con éxito.", "A mensagem foi entregue com sucesso.",
          "Il messaggio è stato consegnato.", "Сообщение успешно доставлено.", "邮件已送达",
          "It was relayed to mx.far.test."}) {
        const std::string result = said(letter(daemon("Delivery Status Notification"), words));
        EXPECT_TRUE(result == "other" || result == "nothing") << words << ": " << result;
    }
}

TEST_F(LetterWords, AbsenceNotesAndAcknowledgementsDecideNothing) {
    for (const char* head :
         {"Return-Path: <>\nFrom: Ann <ann@ziel.test>\nAuto-Submitted: auto-generated\n",
          "Return-Path: <>\nFrom: Ann <ann@ziel.test>\nAuto-Submitted: auto-replied\n",
          "Return-Path: <>\nFrom: support@ziel.test\n", "From: Ann <ann@ziel.test>\n",
          "Return-Path: <ann@ziel.test>\nFrom: Ann <ann@ziel.test>\nX-Autoreply: yes\n",
          "Return-Path: <>\nFrom: postmaster@ziel.test\nAuto-Submitted: auto-replied\n"}) {
        for (const char* words :
             {"I am out of the office until Monday.",
              "Out of office. It could not be delivered to me.",
              "Ich bin bis Montag nicht im Haus.", "Je suis absent jusqu'à lundi.",
              "Estaré fuera de la oficina.", "Sono in ferie.",
              "Thank you for your request. Your ticket is 550.", "Vielen Dank für Ihre Anfrage.",
              "Я в отпуске.", "我在休假。", "本日は休暇をいただいております。",
              "I have left the company; mails to me are not forwarded and cannot be read."}) {
            const std::string text = letter(head + std::string("Subject: note\n"), words);
            EXPECT_EQ(said(text), "nothing") << head << words;
        }
    }
    for (const char* subject :
         {"Automatische Antwort: mailprobed", "Out of Office: x", "Re: mailprobed", "自动回复: x",
          "Réponse automatique : x", "Automatic reply: failure"}) {
        EXPECT_EQ(said(letter("Return-Path: <>\nFrom: Ann <ann@ziel.test>\nSubject: " +
                                  std::string(subject) + "\n",
                              "I cannot read mail. 550 5.1.1 x")),
                  "nothing")
            << subject;
    }
}

TEST_F(LetterWords, NumbersOfTelephonesCasesAmountsAndStreetsAreNoCodes) {
    const std::string head = "Return-Path: <>\nFrom: Ann <ann@ziel.test>\nSubject: Travelling\n";
    for (const char* words : {"In urgent cases please call my colleague: (503) 555-0100.",
                              "Vertretung Tel: 550 12 34.",
                              "Telefon: 551 234 567",
                              "Vorgang #550 wurde angelegt.",
                              "Vorgang: 550 wurde angelegt.",
                              "Tel: 550 (Zentrale)",
                              "Room (550)",
                              "[550]",
                              "Case: 550",
                              "ask for extension (550)",
                              "(503)\n555-0100",
                              "550 12 34",
                              "550, 551 and 552",
                              "450 EUR",
                              "Price: 550 $",
                              "550 Main Street",
                              "Phone: 550 or 551",
                              "5.1.1 of 2026",
                              "#550",
                              "Ext.: 550 is mine",
                              "500 days",
                              "x=550",
                              "551"}) {
        for (const char* mark : {"", "Auto-Submitted: auto-replied\n"})
            EXPECT_EQ(said(letter(head + mark, words)), "nothing") << mark << words;
    }
    for (const char* words :
         {"450 Elm, third door", "550 is where I am", "Raumnummer: 550 im Haus"})
        EXPECT_EQ(said(letter(head + "Auto-Submitted: auto-replied\n", words)), "nothing") << words;
    for (const char* words :
         {"550 no such user", "host said: 550 5.1.1 no", "#550 5.1.1 RESOLVER; not found",
          "mx.far.test replied 550 unknown user", "SMTP error (550), user unknown",
          "550 192.0.2.1 is blocked", "'550-5.7.1 rejected'"}) {
        EXPECT_EQ(said(letter(head + "Auto-Submitted: auto-replied\n", words)), "strong permanent")
            << words;
    }
}

TEST_F(LetterWords, APersonWhoseNameHoldsThatOfASystemIsAPerson) {
    for (const char* from :
         {"\"Bob Smith, Mail Administrator\" <bob@ziel.test>", "Mary Taylor <mtaylor@ziel.test>",
          "Ann <rootman@ziel.test>", "Bob <bob.root@ziel.test>", "system.engineer@ziel.test",
          "Anna Postmaster <anna@ziel.test>", "deliverymen@ziel.test", "Joe Mailer <joe@ziel.test>",
          "bob@ziel.test (Bob, Mail Delivery System)", "smtpuser@ziel.test",
          "Bob Mdaemon-Admin <bob@ziel.test>", "trampostmaster1@ziel.test"}) {
        for (const char* path : {"", "Return-Path: <bob@ziel.test>\n"}) {
            EXPECT_EQ(said(letter(std::string(path) + "From: " + from + "\nSubject: unknown mail\n",
                                  "What is this? 550 5.1.1 is what our log says: unknown.")),
                      "nothing")
                << path << from;
        }
    }
    for (const char* from :
         {"MAILER-DAEMON@mx.test", "Mailer-Daemon-7@mx.test", "MAILER_DAEMON", "MAILER-DAEMON (x)",
          "Mail Delivery System <x@mx.test>", "\"Mail Delivery Subsystem\" <noreply@mx.test>",
          "x@mx.test (Mail Delivery System)", "MDaemon <x@mx.test>", "mail-daemon@mx.test",
          "Mail Delivery Subsystem", "MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@x.test"}) {
        EXPECT_EQ(
            said(letter(std::string("From: ") + from + "\nSubject: x\n", "550 5.1.1 unknown")),
            "strong permanent")
            << from;
    }
    for (const char* from :
         {"postmaster@mx.test", "mta-3@mx.test", "Mail Administrator <x@mx.test>", "root@mx.test",
          "list-bounces+x@mx.test", "bounce-12-34@mx.test", "System Administrator <x@mx.test>"}) {
        EXPECT_EQ(
            said(letter(std::string("From: ") + from + "\nSubject: x\n", "550 5.1.1 unknown")),
            "weak permanent")
            << from;
    }
}

TEST_F(LetterWords, AHumanPostmasterDecidesNothing) {
    for (const char* head :
         {"Return-Path: <postmaster@ziel.test>\nFrom: Anna Postmaster <postmaster@ziel.test>\n",
          "From: Anna Postmaster <postmaster@ziel.test>\nIn-Reply-To: <x@y>\n",
          "From: Anna Postmaster <postmaster@ziel.test>\n"}) {
        for (const char* words :
             {"Our filter asks about mails like the one below. Are they wanted?",
              "Our filter rejects such mails and I have refused some. Please call me.",
              "Your mails fail here. Why do you send them?"}) {
            EXPECT_EQ(said(letter(head + std::string("Subject: Question about your test mails\n"),
                                  words)),
                      "nothing")
                << head << words;
        }
    }
    EXPECT_EQ(said(letter("Return-Path: <postmaster@ziel.test>\nFrom: postmaster@ziel.test\n"
                          "Subject: refused\n",
                          "550 5.7.1 is what our filter says. Why?")),
              "nothing");
}

TEST_F(LetterWords, AnswersOfDaemonsThatSayWhatTheyAnswerStillAreReports) {
    const std::string head =
        "Return-Path: <>\nFrom: mailer-daemon@field.test\nSubject: Message undeliverable: "
        "mailprobed " +
        text_ + "\nIn-Reply-To: <" + text_ + "@field.test>\nReferences: <" + text_ +
        "@field.test>\nAuto-Submitted: auto-replied\n\n";
    EXPECT_EQ(said(head +
                   "Your message did not reach some recipients.\n\n   Sent: today\n"
                   "   Subject: mailprobed " +
                   text_ +
                   "\n\nnobody@far.test\n   Error Type: SMTP\n   Remote server replied: 550 5.1.1 "
                   "unknown\n"),
              "weak permanent");
    const std::string mixed =
        "Return-Path: <MAILER-DAEMON>\nFrom: MAILER-DAEMON@relay.test (Mail Delivery System)\n"
        "Subject: Undelivered Mail\nAuto-Submitted: auto-replied\nContent-Type: multipart/mixed; "
        "boundary=oo\n\n--oo\nContent-Type: multipart/alternative; boundary=ii\n\n--ii\n"
        "Content-Type: text/plain\n\n<nobody@far.test>: host said: 550 5.1.1 unknown\n\n--ii--\n\n"
        "--oo\nContent-Type: message/rfc822\n\n" +
        sent().text() + "\n--oo--\n";
    EXPECT_EQ(said(mixed), "weak permanent");
}

TEST_F(LetterWords, OurMailWithABannerIsNoReportWhoeverIsSaidToHaveSentIt) {
    for (const char* from : {"MAILER-DAEMON@x", "postmaster@x", "probe@field.test"}) {
        LooseMail mail = received();
        mail.drop("Return-Path");
        mail.put_first("Return-Path", "<>");
        mail.set("From", from);
        mail.body = "Warning: DMARC check failed, 550 rejected, unknown sender!\n\n" + mail.body;
        EXPECT_FALSE(read(mail.text()).arrival) << from;
        EXPECT_FALSE(bounce(mail.text()).bounce) << from;
    }
}

}  // namespace
}  // namespace mailprobed
