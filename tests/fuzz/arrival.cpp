// SPDX-License-Identifier: Apache-2.0
// Fuzz target: mails that claim to be ours; header section, empty line, first body line.
#include "probes/domain/arrival.hpp"

#include "probes/domain/message.hpp"
#include "probes/wire/ascii.hpp"
#include "tests/fuzz/support/fuzz.hpp"
#include "tests/fuzz/support/tags.hpp"

#include <array>
#include <string>

namespace mailprobed::fuzz {
namespace {

constexpr std::array<std::string_view, 8> kDecisive{kTagHeader,       "Subject",      "Message-ID",
                                                    "Auto-Submitted", "Content-Type", "Return-Path",
                                                    "In-Reply-To",    "References"};

bool decisive(std::string_view name) {
    return std::ranges::any_of(kDecisive,
                               [&](std::string_view own) { return ascii_iequals(own, name); });
}

bool same(const Arrival& a, const Arrival& b) {
    return a.tag == b.tag && a.reject == b.reject;
}

bool holds_nocase(std::string_view text, std::string_view part) {
    return !std::ranges::search(text, part, [](char a, char b) {
                return ascii_lower(a) == ascii_lower(b);
            }).empty();
}

struct Mail {
    MailHeaders headers;
    std::string_view first_line;
};

Mail read(std::string_view text) {
    Mail mail;
    PlainLines plain = plain_lines(text);
    plain.lines.push_back(plain.rest);
    for (std::size_t i = 0; i < plain.lines.size(); ++i) {
        if (plain.lines[i].empty()) {
            if (i + 1 < plain.lines.size()) mail.first_line = plain.lines[i + 1];
            break;
        }
        mail.headers.add_line(plain.lines[i]);
    }
    return mail;
}

void add(MailHeaders& headers, std::string_view name, std::string_view value) {
    headers.add_line(std::string(name) + ": " + std::string(value));
}

void check_claim(const Mail& mail) {
    const TagCodec codec = gullible_codec();
    const Arrival arrival = classify(mail.headers, mail.first_line, codec);
    require(!arrival.tag || !arrival.reject, "a mail arrived, or there is a reason");
    require(!classify(mail.headers, mail.first_line, sound_codec("never written with")).tag,
            "nobody forges an arrival");
    if (!arrival.tag) return;
    const std::string text = codec.write(*arrival.tag);
    bool written = holds_nocase(mail.first_line, text);
    for (const std::string_view name : {kDecisive[0], kDecisive[1], kDecisive[2]}) {
        written |= holds_nocase(mail.headers.get(name).value_or(""), text);
    }
    require(written, "the tag stands in one of its four places");
    for (const auto& [name, value] : {std::pair{"Auto-Submitted", "auto-replied"},
                                      {"Content-Type", "multipart/report"},
                                      {"Return-Path", "<>"},
                                      {"In-Reply-To", "<x@y>"},
                                      {"References", "<x@y>"}}) {
        MailHeaders answer;
        add(answer, name, value);
        for (const HeaderField& field : mail.headers.fields())
            add(answer, field.name, field.value);
        require(!classify(answer, mail.first_line, codec).tag, "an answer is no arrival");
    }
}

void check_order(const Mail& mail) {
    const auto& fields = mail.headers.fields();
    MailHeaders sparse;
    MailHeaders backwards;
    for (const HeaderField& field : fields) {
        if (!sparse.get(field.name)) add(sparse, field.name, field.value);
    }
    for (std::size_t i = sparse.fields().size(); i-- > 0;) {
        add(backwards, sparse.fields()[i].name, sparse.fields()[i].value);
    }
    const TagCodec codec = gullible_codec();
    const Arrival arrival = classify(mail.headers, mail.first_line, codec);
    require(same(classify(sparse, mail.first_line, codec), arrival),
            "the first field of a name counts");
    require(same(classify(backwards, mail.first_line, codec), arrival),
            "the order of different fields makes no difference");
}

// A mail of ours with the input's fields in front, as servers add them on the way.
void check_own(const Mail& mail) {
    const TagCodec codec = sound_codec("key");
    const Tag tag{7, 8, 9, 1, 1'700'000'000'000};
    const std::string text = codec.write(tag);
    MessageParts parts;
    parts.probe = "p";
    parts.instance = "i";
    parts.from = parts.to = "me@example.org";
    parts.tag = text;
    parts.id_domain = "example.org";
    MailHeaders headers;
    // Beyond the bound of fields nobody's mail is recognised.
    for (std::size_t i = 0; i < std::min<std::size_t>(mail.headers.fields().size(), 900); ++i) {
        const HeaderField& field = mail.headers.fields()[i];
        if (!decisive(field.name)) add(headers, field.name, field.value);
    }
    const std::string own = compose(parts).text;
    const PlainLines plain = plain_lines(own);
    for (const std::string_view line : plain.lines) {
        if (line.empty()) break;
        headers.add_line(line);
    }
    require(classify(headers, "", codec).tag == tag, "fields of servers do not hide our mail");
    require(classify(headers, mail.first_line, codec).tag == tag, "nor does what the body says");
}

}  // namespace
}  // namespace mailprobed::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mailprobed::fuzz;
    const Mail mail = read(as_text(data, size));
    check_claim(mail);
    check_order(mail);
    check_own(mail);
    return 0;
}
