// SPDX-License-Identifier: Apache-2.0
// Unfolding and bounding of header fields.
#include "probes/wire/message/mail_headers.hpp"

#include "probes/base/ascii.hpp"
#include "probes/base/bounded_append.hpp"

#include <algorithm>
#include <array>

namespace mailprobed {

namespace {

// RFC 5322 3.6.8: printable, no colon.
bool is_name(std::string_view name) noexcept {
    return !name.empty() &&
           std::ranges::all_of(name, [](char c) { return c > ' ' && c < '\x7f' && c != ':'; });
}

// Those that tell whose a mail is, what it answers, and how its body is to be read.
bool tells_what_it_is(std::string_view name) noexcept {
    constexpr std::array<std::string_view, 17> kNames{"X-Mailprobed-Tag",
                                                      "Message-ID",
                                                      "Subject",
                                                      "From",
                                                      "Return-Path",
                                                      "MIME-Version",
                                                      "Content-Type",
                                                      "Content-Transfer-Encoding",
                                                      "Auto-Submitted",
                                                      "References",
                                                      "In-Reply-To",
                                                      "X-Failed-Recipients",
                                                      "Precedence",
                                                      "X-Autoreply",
                                                      "X-Autorespond",
                                                      "Sender",
                                                      "Date"};
    return std::ranges::any_of(kNames,
                               [&](std::string_view one) { return ascii_iequals(one, name); });
}

}  // namespace

void MailHeaders::add_line(std::string_view line) {
    if (line.empty()) return;
    if (ascii_blank(line.front())) {
        if (ignoring_ || fields_.empty()) return;
        const std::string_view more = trimmed(line);
        if (more.empty()) return;
        const std::size_t size = std::min(more.size() + 1, limit_ - bytes_);
        std::string& value = fields_.back().value;
        if (value.empty()) {
            value = more.substr(0, size);
        } else if (size > 0) {
            bounded_append(value, " ", kMaxBytes);
            bounded_append(value, more.substr(0, size - 1), kMaxBytes);
        }
        bytes_ += size;
        ignoring_ = bytes_ == limit_;
        return;
    }
    const std::size_t colon = line.find(':');
    // Blanks before the colon are obsolete, not wrong (RFC 5322 4.5.8).
    const std::string_view name =
        trimmed(line.substr(0, colon == std::string_view::npos ? 0 : colon));
    ignoring_ = true;
    if (!is_name(name)) return;
    const bool crowded =
        bytes_ >= kMaxBytes - kKeptBytes || fields_.size() >= kMaxFields - kKeptFields;
    const bool kept = tells_what_it_is(name);
    if (fields_.size() == kMaxFields || (crowded && !kept)) return;
    // Nor may one of them take all that is left to the others.
    limit_ = kept ? std::min(kMaxBytes, bytes_ + kKeptBytes / 4) : kMaxBytes - kKeptBytes;
    std::string_view value = trimmed(line.substr(colon + 1));
    if (name.size() > limit_ - bytes_) return;
    value = value.substr(0, limit_ - bytes_ - name.size());
    fields_.push_back({std::string(name), std::string(value)});
    bytes_ += name.size() + value.size();
    ignoring_ = bytes_ == limit_;
}

std::optional<std::string_view> MailHeaders::get(std::string_view name) const {
    const auto found = std::ranges::find_if(
        fields_, [&](const HeaderField& field) { return ascii_iequals(field.name, name); });
    if (found == fields_.end()) return std::nullopt;
    return found->value;
}

}  // namespace mailprobed
