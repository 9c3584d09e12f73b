// SPDX-License-Identifier: Apache-2.0
// Reports on a mail of ours in the shapes that mail systems give them, in our own wording.
#pragma once

#include "probes/domain/identity/bounce.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mailprobed {

/// A mail as it lies in the sender's mailbox, header and body.
struct BounceSample {
    std::string name;
    std::string text;
    /// What it should be read as; no action means that it is no bounce.
    std::optional<BounceAction> action;
    std::string status;
    /// The reason told where it is no bounce.
    std::optional<TagReject> reject;
    /// It decides only in place of `lost`.
    bool weak = false;
    /// It may be deleted.
    bool alone = false;
};

/// A mail split as the look splits it.
struct SplitMail {
    MailHeaders headers;
    std::string body;
};
[[nodiscard]] SplitMail split_mail(std::string_view text);

/// The mail reported on: header section and first body line.
[[nodiscard]] std::string original_headers(const std::string& tag);

/// All samples, about the mail with this tag; line ends are LF.
[[nodiscard]] std::vector<BounceSample> bounce_samples(const std::string& tag);

}  // namespace mailprobed
