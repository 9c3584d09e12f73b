// SPDX-License-Identifier: Apache-2.0
// Auto-replies, bounces, forgeries, replays.
#include "tests/campaigns/accounting/strangers.hpp"

#include "probes/net/crypto.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace mailprobed::accounting {
namespace {

constexpr std::string_view kTagField = "\r\nX-Mailprobed-Tag: ";
constexpr std::size_t kEveryDoomed = 3;

enum class Kind : std::uint8_t {
    vacation,
    bounce,
    answer,
    forged_mac,
    forged_id,
    conflicting,
    other_instance,
    wrong_mailbox,
    plain,
    orphan,
};
constexpr std::array<std::string_view, 10> kNames{
    "vacation",    "bounce",         "answer",        "forged_mac", "forged_id",
    "conflicting", "other_instance", "wrong_mailbox", "plain",      "orphan"};

std::string tag_in(std::string_view octets) {
    const auto at = octets.find(kTagField);
    if (at == std::string_view::npos) return {};
    return std::string(octets.substr(at + kTagField.size(), kTagLength));
}

std::string message(std::string_view headers, std::string_view tag) {
    std::string text = "From: <stranger@test.invalid>\r\n";
    text += headers;
    text += "\r\n";
    text += tag;
    text += "\r\n\r\nThis is what came to us.\r\n";
    return text;
}

std::string tagged(std::string_view tag) {
    std::string headers = "Subject: mailprobed ";
    headers += tag;
    headers += kTagField;
    headers += tag;
    headers += "\r\n";
    return message(headers, tag);
}

/// Another letter at `at`; the tag stays well-formed.
std::string changed(std::string tag, std::size_t at) {
    tag[at] = tag[at] == 'b' ? 'c' : 'b';
    return tag;
}

}  // namespace

Strangers::Strangers(const Settings& settings, const std::filesystem::path& path)
    : codec_(settings.tag_key, hmac_sha256), file_(path) {
    for (const AccountSettings& account : settings.accounts) {
        if (account.mailbox) mailboxes_.push_back(account.name);
    }
}

void Strangers::doomed(const std::string& mailbox, std::string_view octets) {
    const std::lock_guard lock(mutex_);
    if (doomed_++ % kEveryDoomed != 0) return;
    waiting_.push_back(make(doomed_ / kEveryDoomed, mailbox, octets));
    last_tag_ = tag_in(octets);
}

Strangers::Stranger Strangers::make(std::size_t number, const std::string& mailbox,
                                    std::string_view octets) const {
    const auto kind = static_cast<Kind>(number % kNames.size());
    Stranger result{std::string(kNames.at(number % kNames.size())), mailbox, {}};
    const std::string tag = tag_in(octets);
    std::string_view mail = octets;
    mail.remove_suffix(3);
    Tag decoded = codec_.read(tag).tag.value();
    switch (kind) {
        case Kind::vacation:
            result.raw = message(
                "Subject: mailprobed " + tag + "\r\nAuto-Submitted: auto-replied (vacation)\r\n",
                tag);
            break;
        case Kind::bounce:
            result.raw =
                "Return-Path: <>\r\nContent-Type: multipart/report; boundary=x\r\n" + tagged(tag);
            break;
        case Kind::answer:
            result.raw = "In-Reply-To: <" + tag + "@test.invalid>\r\n" + tagged(tag);
            break;
        case Kind::forged_mac:
            result.raw = tagged(changed(tag, tag.size() - 3));
            break;
        case Kind::forged_id:
            result.raw = tagged(changed(tag, 20));
            break;
        case Kind::conflicting: {
            // Two true tags of ours: it cannot be told which mail this is.
            decoded.mail ^= 1U;
            result.raw = "Message-ID: <" + (last_tag_.empty() ? codec_.write(decoded) : last_tag_) +
                         "@test.invalid>\r\n" + tagged(tag);
            break;
        }
        case Kind::other_instance:
            decoded.instance = name_id("somebody else");
            result.raw = tagged(codec_.write(decoded));
            break;
        case Kind::wrong_mailbox: {
            const auto here = std::ranges::find(mailboxes_, mailbox) - mailboxes_.begin();
            const auto other = (static_cast<std::size_t>(here) + 1) % mailboxes_.size();
            result.mailbox = mailboxes_[other];
            result.raw = mail;
            break;
        }
        case Kind::plain:
            result.raw = message("Subject: lunch?\r\n", "See you at noon.");
            break;
        case Kind::orphan:
            decoded.mail ^= 0x5555'5555'5555'5555U;
            result.raw = tagged(codec_.write(decoded));
            break;
    }
    return result;
}

void Strangers::inject(loopback::Server& server) {
    std::vector<Stranger> waiting;
    {
        const std::lock_guard lock(mutex_);
        waiting.swap(waiting_);
    }
    for (Stranger& stranger : waiting) {
        const std::string raw = stranger.raw;
        const std::uint64_t id = server.inject(stranger.mailbox, std::move(stranger.raw));
        file_.write({{"id", static_cast<std::int64_t>(id)},
                     {"kind", std::string_view(stranger.kind)},
                     {"mailbox", std::string_view(stranger.mailbox)},
                     {"tag", std::string_view(tag_in("\r\n" + raw))}});
    }
}

}  // namespace mailprobed::accounting
