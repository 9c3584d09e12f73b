// SPDX-License-Identifier: Apache-2.0
// A person who writes about our mail quotes its tag: a report on that person's mail holds it as
// well.
#include "probes/domain/identity/report_evidence.hpp"

#include "probes/base/ascii.hpp"
#include "probes/domain/identity/arrival.hpp"
#include "probes/domain/identity/bounce_origin.hpp"
#include "probes/domain/identity/message.hpp"
#include "probes/domain/identity/tag_places.hpp"

#include <algorithm>
#include <vector>

namespace mailprobed {
namespace {

MailHeaders headers_of(std::string_view section) {
    MailHeaders headers;
    while (!section.empty())
        headers.add_line(take_line(section));
    return headers;
}

/// Somebody sent it on by hand: what became of that copy says nothing of ours (RFC 5322 3.6.6).
bool is_resent(const MailHeaders& headers) {
    return std::ranges::any_of(headers.fields(), [](const HeaderField& field) {
        return starts_with_nocase(field.name, "Resent-");
    });
}

class Reader {
  public:
    explicit Reader(const TagCodec& codec) : codec_(codec) {}

    void envelope(const std::string& id) {
        if (id.empty() || id == last_id_) return;
        last_id_ = id;
        TagEvidence read;
        if (looks_like_tag(id)) {
            read.add(codec_.read(id));
        } else {
            read = search_tags(id, codec_);
        }
        take(read);
        if (read.tag()) {
            found.certain = true;
            found.envelope_id = id;
        } else if (!read.reject()) {
            // Mail programs that send as our account use envelope ids of their own.
            foreign_ = true;
        }
    }

    void returned(const ReturnedMail& mail) {
        const MailHeaders headers = headers_of(mail.headers);
        const TagEvidence own = own_evidence(headers, codec_);
        if (own.tag() || own.reject()) {
            take(own);
            found.certain = found.certain || own.tag();
            found.mixed = found.mixed || is_resent(headers);
            own_came_back_ = true;
        } else if (headers.get("Message-ID")) {
            foreign_ = other_came_back_ = found.mixed = true;
        } else if (const TagEvidence all = original_tag(headers, mail.first_line, codec_);
                   !loose_.tag() && !loose_.reject()) {
            loose_ = all;
        }
    }

    /// What is less than certain counts only where nothing says that it is about another mail.
    void settle(const TagEvidence& in_text) {
        const bool silent = !found.tags.tag() && !found.tags.reject();
        if (!silent) return;
        const TagEvidence& rest = loose_.tag() || loose_.reject() ? loose_ : in_text;
        if (!foreign_) {
            take(rest);
        } else if (rest.tag()) {
            found.tags.add({std::nullopt, TagReject::quoted});
        }
    }

    [[nodiscard]] bool foreign() const noexcept { return foreign_; }
    [[nodiscard]] bool other_came_back() const noexcept {
        return other_came_back_ && !own_came_back_;
    }

    ReportEvidence found;

  private:
    void take(const TagEvidence& evidence) {
        if (evidence.tag() || evidence.reject())
            found.tags.add({evidence.tag(), evidence.reject()});
    }

    const TagCodec& codec_;
    std::string last_id_;
    /// Subject or first line of a header section without any Message-ID.
    TagEvidence loose_;
    bool foreign_ = false;
    bool own_came_back_ = false;
    bool other_came_back_ = false;
};

}  // namespace

ReportEvidence evidence_of(const MailHeaders& headers, const Letter& letter,
                           const std::optional<DeliveryStatus>& report, const TagCodec& codec) {
    Reader reader(codec);
    if (report) {
        reader.envelope(report->original_envelope_id);
        for (const RecipientStatus& recipient : report->recipients)
            reader.envelope(recipient.envelope_id);
        reader.found.mixed = report->several_parts;
    }
    std::vector<ReturnedMail> mails = returned_among(letter.leaves);
    if (mails.empty() && !letter.copied.empty()) mails.push_back({letter.copied, {}});
    for (const ReturnedMail& mail : mails)
        reader.returned(mail);
    // In a report of several mails it is that of another one.
    reader.found.other_header = reader.other_came_back() && !(report && report->several_parts);
    // A report is matched by its text only if a mail system wrote that text.
    if (!report || is_from_mail_system(headers)) {
        const TagEvidence in_text = search_tags(letter.all, codec);
        // Two tags in one letter disagree, whichever of them came back.
        if (!report && !reader.foreign() && in_text.reject() == TagReject::conflicting)
            reader.found.tags = in_text;
        reader.settle(in_text);
    }
    return reader.found;
}

}  // namespace mailprobed
