// SPDX-License-Identifier: Apache-2.0
// The tag that identifies a mail: 37 bytes as 60 characters, authenticated so that nobody can
// forge an arrival.
#pragma once

#include "probes/base/secret.hpp"
#include "probes/domain/outcome/verdict.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed {

/// Identifies one mail of one daemon; random, so never used twice.
using MailId = std::uint64_t;

/// What a tag says.
struct Tag {
    std::uint32_t instance = 0;
    std::uint32_t probe = 0;
    MailId mail = 0;
    std::uint8_t attempt = 1;
    /// Unix time in milliseconds, 48 bits; whole seconds in tags that name their run.
    std::uint64_t sent_ms = 0;
    /// The run of the daemon that sent it; 0 in tags of version 1, which do not say.
    std::uint32_t run = 0;
    friend bool operator==(const Tag&, const Tag&) = default;
};

/// Characters of a written tag.
inline constexpr std::size_t kTagLength = 60;

/// A 32-bit id of a name (FNV-1a with a final mix), used for instances and probes in tags.
[[nodiscard]] std::uint32_t name_id(std::string_view name) noexcept;
/// The id of a probe in tags; two probes of one configuration must differ.
[[nodiscard]] inline std::uint32_t probe_id(std::string_view name) noexcept {
    return name_id(name);
}

/// HMAC-SHA-256, handed in because this floor knows no cryptography.
using HmacFunction =
    std::function<std::array<std::uint8_t, 32>(std::string_view key, std::string_view text)>;

/// The result of reading a tag: the tag, or why it is none.
struct TagReading {
    std::optional<Tag> tag;
    /// Set if `tag` is not.
    std::optional<TagReject> reject;
};

/// Writes tags with one key; verifies them with it and, during a rotation, with the one before.
class TagCodec {
  public:
    /// `previous` only reads; empty means that there is none.
    TagCodec(Secret key, HmacFunction hmac, Secret previous = {});

    /// Reads what `earlier` could read, too.
    void know_keys_of(const TagCodec& earlier);
    /// 8 octets that tell the key that writes from others; never 0.
    [[nodiscard]] std::uint64_t fingerprint() const;
    /// True if tags of the key with this fingerprint can be read.
    [[nodiscard]] bool reads(std::uint64_t fingerprint) const;
    /// The 60 characters of `tag`, lower case; of version 1 if it names no run.
    [[nodiscard]] std::string write(const Tag& tag) const;
    /// Reads 60 characters in either case and verifies them in constant time.
    [[nodiscard]] TagReading read(std::string_view text) const;

  private:
    struct Key {
        Secret secret;
        /// Tells apart what tags were written with; two keys may share one by chance.
        std::uint8_t id = 0;
        std::uint64_t fingerprint = 0;
    };

    [[nodiscard]] Key with_id(Secret secret) const;

    HmacFunction hmac_;
    /// The one that writes, then those before.
    std::vector<Key> keys_;
};

}  // namespace mailprobed
