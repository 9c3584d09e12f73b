// SPDX-License-Identifier: Apache-2.0
// The transformations. Each tells the oracle what it took away.
#include "tests/campaigns/torture/gateways_mail.hpp"

#include "probes/domain/identity/message.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace mailprobed::gateways {
namespace {

using Form = Travelling::Form;

constexpr std::array kMarks{"[SPAM] ",   "*****SPAM***** ", "*** SPAM *** ", "{Spam?} ",
                            "(Extern) ", "EXTERNAL: ",      "SPAM(6.3): ",   "[List] [EXT] ",
                            "SPAM: ",    "[外部] ",         "{Disarmed} ",   "[EXTERNAL] - "};
constexpr std::array kAnswers{"Re: ", "AW: ",      "Fwd: ", "WG: ",  "Antw: ",  "回复: ",
                              "Sv: ", "[Fwd: x] ", "TR: ",  "Odp: ", "Re[2]: ", "Ответ: "};
constexpr std::array kBanners{"CAUTION. This mail came from outside the organisation.",
                              "Diese Nachricht kommt von außen!\nBitte keine Anhänge öffnen.",
                              "======== EXTERNAL ========",
                              "----- EXTERNAL EMAIL -----",
                              "** Checked: no virus found **",
                              "[This sender is new to you]",
                              "CAUTION: sent from outside. Text of the message:"};
constexpr std::array kFooters{"-- \nlist@lists.test mailing list", "Scanned by a gateway.",
                              "_______________\nhttps://lists.test/listinfo"};

std::string quoted(const std::string& text) {
    std::string result = "> ";
    for (const char c : text) {
        result += c;
        if (c == '\n') result += "> ";
    }
    return result;
}

std::string as_html(const std::string& text) {
    std::string result = "<html><head><style>p { color: red }</style></head><body>\n<div>";
    for (const char c : text) {
        if (c == '\n') {
            result += "</div>\n<div>";
        } else if (c == '<') {
            result += "&lt;";
        } else if (c == '&') {
            result += "&amp;";
        } else {
            result += c;
        }
    }
    return result + "</div></body></html>\n";
}

/// As gateways do that keep the lines as they are.
std::string as_preformatted(const std::string& text) {
    std::string result = "<html><body>\n<div></div><pre>";
    for (const char c : text)
        result += c == '<' ? "&lt;" : c == '&' ? "&amp;" : std::string(1, c);
    return result + "</pre></body></html>\n";
}

std::string encoded(const std::string& text, const std::string& encoding) {
    if (encoding == "base64") return in_base64(text);
    return encoding == "quoted-printable" ? in_quoted_printable(text) : text;
}

/// What a header field and a part say of the body.
std::vector<std::string> described(const Travelling& mail) {
    if (mail.form == Form::parts) return {};
    const std::string type = mail.form == Form::html ? "text/html" : "text/plain";
    return {"Content-Type: " + type + "; charset=utf-8",
            "Content-Transfer-Encoding: " + mail.encoding};
}

/// Makes the body one part between others.
void wrap(Travelling& mail, const std::string& before, const std::string& behind, Dice& dice) {
    const std::string boundary =
        "=_b" + std::to_string(mail.depth) + "/(" + std::to_string(dice.below(1000)) + ")";
    std::string inner;
    for (const std::string& line : described(mail))
        inner += line + "\n";
    if (mail.form == Form::parts) inner = "Content-Type: " + mail.mail.value("Content-Type") + "\n";
    std::string body = dice.one_in(2) ? "This is a multi-part message in MIME format.\n" : "";
    if (!before.empty()) body += "--" + boundary + "\nContent-Type: text/plain\n\n" + before + "\n";
    body += "--" + boundary + "\n" + inner + "\n" +
            (mail.form == Form::parts ? mail.content : encoded(mail.content, mail.encoding)) + "\n";
    if (!behind.empty()) body += "--" + boundary + "\nContent-Type: text/plain\n\n" + behind + "\n";
    mail.content = body + "--" + boundary + "--\n";
    mail.form = Form::parts;
    ++mail.depth;
    mail.mail.set("Content-Type", "multipart/mixed;\n\tboundary=\"" + boundary + "\"");
    mail.mail.drop("Content-Transfer-Encoding");
}

void worse(Text& text, Text than) {
    text = std::max(text, than);
}

void banner(Travelling& mail, Dice& dice) {
    const std::string text = dice.of(kBanners);
    if (mail.form == Form::parts) {
        if (mail.depth > 5) return;
        wrap(mail, text, "", dice);
    } else if (mail.form == Form::html) {
        mail.content.insert(mail.content.find("<div>"), "<p>" + text + "</p>\n");
    } else {
        mail.content.insert(0, text + "\n\n");
    }
    worse(mail.known.text, Text::follows);
}

void footer(Travelling& mail, Dice& dice) {
    const std::string text = dice.of(kFooters);
    if (mail.form == Form::parts) {
        if (mail.depth > 5) return;
        wrap(mail, "", text, dice);
    } else if (mail.form == Form::html) {
        mail.content.insert(mail.content.rfind("</body>"), "<p>" + text + "</p>\n");
    } else {
        mail.content += text + "\n";
    }
    worse(mail.known.text, Text::follows);
}

void attach(Travelling& mail, const std::string& words) {
    const std::string boundary = "attached" + std::to_string(mail.depth);
    mail.content = "--" + boundary + "\nContent-Type: text/plain\n\n" + words + "\n--" + boundary +
                   "\nContent-Type: message/rfc822\n\n" + mail.text() + "\n--" + boundary + "--\n";
    mail.form = Form::parts;
    mail.depth += 1;
    mail.mail.set("Content-Type", "multipart/mixed; boundary=" + boundary);
    mail.mail.drop("Content-Transfer-Encoding");
    mail.known.text = Text::away;
}

void lose_message_id(Travelling& mail, Dice& dice) {
    mail.known.message_id = false;
    if (dice.one_in(2) && mail.mail.value("References").empty()) {
        mail.mail.set("References", mail.mail.value("Message-ID"));
        mail.known.other_mark = true;
    }
    mail.mail.set("Message-ID", "<" + std::to_string(dice.below(1000000)) + "@gw.test>");
}

void retitle(Travelling& mail, const std::string& before) {
    std::string subject = mail.mail.value("Subject");
    // Who puts words in front writes them before a coded word, or decodes it first.
    mail.mail.set("Subject", before + subject);
}

}  // namespace

Travelling as_sent(const std::string& tag, const RouteFacts& facts) {
    MessageParts parts;
    parts.probe = "p";
    parts.instance = "i";
    parts.from = facts.from;
    parts.to = facts.recipient;
    parts.tag = tag;
    parts.id_domain = "field.test";
    parts.interval = std::chrono::minutes{1};
    Travelling mail;
    mail.mail = loose_mail(compose(parts).text);
    mail.content = mail.mail.body;
    return mail;
}

std::string Travelling::text() const {
    LooseMail whole = mail;
    for (const std::string& field : described(*this))
        whole.set(field.substr(0, field.find(':')), field.substr(field.find(':') + 2));
    whole.body = form == Form::parts ? content : encoded(content, encoding);
    return whole.text();
}

void transform_harmlessly(LooseMail& mail, Dice& dice) {
    switch (dice.below(5)) {
        case 0:
            std::shuffle(mail.fields.begin(), mail.fields.end(),
                         std::minstd_rand(static_cast<std::uint32_t>(dice.below(1U << 30U))));
            break;
        case 1:
            mail.put_first("Received",
                           "from a.test by b.test\n\tid 1; Mon, 22 Apr 2013 16:22:01 "
                           "+0000");
            break;
        case 2:
            for (std::string& field : mail.fields) {
                if (!dice.one_in(3)) continue;
                for (std::size_t at = 0; at < field.find(':'); ++at) {
                    const auto c = static_cast<unsigned char>(field[at]);
                    field[at] =
                        static_cast<char>(dice.one_in(2) ? std::toupper(c) : std::tolower(c));
                }
            }
            break;
        case 3:
            mail.put_first("X-Spam-Status", "No, score=1.1\n tests=550 5.1.1");
            break;
        default:
            // Folds anew; a field of our kind always has a blank behind its colon.
            for (std::string& field : mail.fields) {
                if (!dice.one_in(4)) continue;
                const std::size_t blank = field.find(": ") + 1;
                if (blank > 0 && blank + 1 < field.size() && field[blank + 1] != '\n')
                    field.replace(blank, 1, dice.one_in(2) ? "\n\t" : "\n  ");
            }
    }
}

void transform(Travelling& mail, const std::string& tag, Dice& dice) {
    Known& known = mail.known;
    const std::size_t which = dice.below(28);
    const auto name = [&](const char* text) { mail.way.emplace_back(text); };
    if (which < 5) {
        name("harmless");
        const std::size_t before = mail.mail.fields.size();
        transform_harmlessly(mail.mail, dice);
        known.received |=
            mail.mail.fields.size() > before && mail.mail.fields.front().starts_with("Received");
    } else if (which == 5) {
        name("received");
        mail.mail.drop("Return-Path");
        mail.mail.put_first("Received", "from x by y; Mon, 22 Apr 2013 16:22:01 +0000");
        mail.mail.put_first("Return-Path", "<srs0=probe@gw.test>");
        known.received = true;
        known.null_path = false;
    } else if (which == 6) {
        name("null path");
        mail.mail.drop("Return-Path");
        mail.mail.put_first("Return-Path", dice.one_in(2) ? "<>" : "< >");
        known.null_path = known.received = true;
    } else if (which == 7) {
        name("mark of an answer");
        static constexpr std::array kFields{"References: <1@x.test>", "In-Reply-To: <1@x.test>",
                                            "X-Autoreply: yes"};
        mail.mail.fields.emplace_back(dice.of(kFields));
        known.other_mark = true;
    } else if (which == 8 && dice.one_in(2)) {
        name("auto-forwarded");
        mail.mail.set("Auto-Submitted", "auto-forwarded");
        known.auto_replied = false;
        known.other_mark = true;
    } else if (which == 8) {
        name("auto-replied");
        mail.mail.set("Auto-Submitted", "auto-replied");
        known.auto_replied = true;
    } else if (which == 9 && dice.one_in(2)) {
        name("field lost");
        mail.mail.drop("X-Mailprobed-Tag");
        known.field = false;
    } else if (which == 10 && dice.one_in(2)) {
        name("Message-ID lost");
        lose_message_id(mail, dice);
    } else if (which == 11) {
        name("other fields lost");
        mail.mail.drop("X-Auto-Response-Suppress");
        mail.mail.drop("MIME-Version");
        mail.mail.drop("To");
    } else if (which == 12 || which == 13) {
        name("mark of a filter");
        retitle(mail, dice.of(kMarks));
    } else if (which == 14 && dice.one_in(4)) {
        name("word of an answer");
        retitle(mail, dice.of(kAnswers));
        if (known.title == Title::ours) known.title = Title::answer;
    } else if (which == 15) {
        name("encoded subject");
        const std::string subject = mail.mail.value("Subject");
        if (subject.find("=?") != std::string::npos) return;
        std::string flat;
        for (const char c : subject)
            if (c != '\n') flat += c == '\t' ? ' ' : c;
        mail.mail.set("Subject", in_encoded_words(flat, dice.one_in(2), 12 + 3 * dice.below(9)));
    } else if (which == 16 && known.message_id) {
        name("encoded Message-ID");
        mail.mail.set("Message-ID",
                      in_encoded_words("<" + tag + "@field.test>", dice.one_in(2), 39));
    } else if (which == 17 && known.field) {
        name("encoded field");
        mail.mail.set("X-Mailprobed-Tag", in_encoded_words(tag, dice.one_in(2), 30));
    } else if (which == 18 || which == 19) {
        name("recoded");
        static constexpr std::array kEncodings{"base64", "quoted-printable", "8bit", "7bit"};
        if (mail.form != Form::parts) mail.encoding = dice.of(kEncodings);
    } else if (which == 20) {
        name("banner");
        banner(mail, dice);
    } else if (which == 21) {
        name("footer");
        footer(mail, dice);
    } else if (which == 22 && dice.one_in(6)) {
        name("quoted");
        if (mail.form == Form::parts) return;
        mail.content = mail.form == Form::html ? "<blockquote>" + mail.content + "</blockquote>"
                                               : "Bob wrote:\n" + quoted(mail.content);
        known.text = Text::away;
    } else if (which == 23 && dice.one_in(6)) {
        name("attached");
        if (mail.depth < 5) attach(mail, "Scanner report.");
    } else if (which == 24 && mail.depth < 5) {
        name("in parts");
        wrap(mail, "", "", dice);
        worse(known.text, Text::follows);
    } else if (which == 25 && mail.form == Form::plain) {
        name("in HTML");
        mail.content = dice.one_in(2) ? as_html(mail.content) : as_preformatted(mail.content);
        mail.form = Form::html;
        worse(known.text, Text::follows);
    } else if (which == 26 && dice.one_in(3)) {
        name("list");
        mail.mail.set("From", "\"probe@field.test via list\" <list@lists.test>");
        mail.mail.set("List-Id", "<list.lists.test>");
        mail.mail.set("Precedence", "list");
        known.from_ours = false;
    } else if (which == 27 && dice.one_in(8)) {
        name("body gone");
        mail.content = "This mail was quarantined.\n";
        mail.form = Form::plain;
        mail.depth = 0;
        known.text = Text::away;
    }
}

bool arrives(const Known& known, const RouteFacts& facts) {
    const bool own = known.field || known.message_id;
    const bool marked =
        known.null_path || known.auto_replied || known.other_mark || known.title == Title::answer;
    if (facts.sender_mailbox && facts.leads_outside && !known.received) return false;
    if (own && !marked) return true;
    if (!own) {
        return known.from_ours && known.title == Title::ours && !marked && known.text != Text::away;
    }
    const bool strict = facts.sender_mailbox && (known.null_path || known.auto_replied);
    return known.text == Text::intact || (!strict && known.text == Text::follows);
}

}  // namespace mailprobed::gateways
