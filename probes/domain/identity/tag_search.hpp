// SPDX-License-Identifier: Apache-2.0
// Searching free text for tags.
#pragma once

#include "probes/domain/identity/tag.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace mailprobed {

/// What was found in one mail or more places of one: copies of one tag, or why there is none.
class TagEvidence {
  public:
    /// Takes one reading into account; `at` is where it stood.
    void add(const TagReading& reading, std::size_t at = 0);

    /// The tag, if at least one copy verified and no two verified copies differ.
    [[nodiscard]] std::optional<Tag> tag() const;
    /// Why there is none: `conflicting`, or the reason of the first copy; nothing if there is a tag
    /// or no copy at all.
    [[nodiscard]] std::optional<TagReject> reject() const;
    /// Where the first verified copy stood.
    [[nodiscard]] std::size_t position() const noexcept { return position_; }

  private:
    std::optional<Tag> tag_;
    std::optional<TagReject> reject_;
    bool conflicting_ = false;
    std::size_t position_ = 0;
};

/// Reads all words of `text` that look like a tag of version 1 or 2, and whatever stands behind our
/// own header's name; at most 64 of them.
[[nodiscard]] TagEvidence search_tags(std::string_view text, const TagCodec& codec);

}  // namespace mailprobed
