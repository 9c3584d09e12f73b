// SPDX-License-Identifier: Apache-2.0
// Layout of a tag: version 1, key 1, instance 4, probe 4, mail 8, attempt 1, sent-ms 6, MAC 12.
#include "probes/domain/tag.hpp"

#include "probes/domain/base32.hpp"

#include <algorithm>
#include <span>
#include <vector>

namespace mailprobed {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kSigned = 25;
constexpr std::size_t kMac = 12;
constexpr std::size_t kBytes = kSigned + kMac;

void put(std::vector<std::uint8_t>& out, std::uint64_t value, unsigned bytes) {
    for (unsigned i = bytes; i-- > 0;) {
        out.push_back(static_cast<std::uint8_t>((value >> (8U * i)) & 0xffU));
    }
}

std::uint64_t take(std::span<const std::uint8_t>& in, std::size_t bytes) {
    std::uint64_t value = 0;
    for (const std::uint8_t byte : in.first(bytes))
        value = (value << 8U) | byte;
    in = in.subspan(bytes);
    return value;
}

std::string_view as_text(std::span<const std::uint8_t> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Takes as long for a wrong first byte as for a wrong last one.
bool equal_in_constant_time(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b) {
    std::uint8_t difference = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        difference = static_cast<std::uint8_t>(difference | (a[i] ^ b[i]));
    }
    return difference == 0;
}

}  // namespace

std::uint32_t name_id(std::string_view name) noexcept {
    std::uint32_t hash = 2166136261U;
    for (const char c : name)
        hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
    // Names that differ in the last letter only would otherwise differ in few bits.
    hash ^= hash >> 16U;
    hash *= 0x7feb352dU;
    hash ^= hash >> 15U;
    return hash;
}

TagCodec::TagCodec(Secret key, HmacFunction hmac, Secret previous) : hmac_(std::move(hmac)) {
    keys_.reserve(2);
    keys_.push_back(with_id(std::move(key)));
    if (!previous.empty()) keys_.push_back(with_id(std::move(previous)));
}

// Derived, so that an operator who rotates keys has no numbers to keep.
TagCodec::Key TagCodec::with_id(Secret secret) const {
    const std::uint8_t id = hmac_(secret.reveal(), "mailprobed key id")[0];
    return {std::move(secret), id};
}

void TagCodec::know_keys_of(const TagCodec& earlier) {
    for (const Key& key : earlier.keys_) {
        const bool known = std::ranges::any_of(
            keys_, [&key](const Key& other) { return other.secret == key.secret; });
        if (!known) keys_.push_back(key);
    }
}

std::string TagCodec::write(const Tag& tag) const {
    std::vector<std::uint8_t> bytes;
    bytes.reserve(kBytes);
    put(bytes, kVersion, 1);
    put(bytes, keys_.front().id, 1);
    put(bytes, tag.instance, 4);
    put(bytes, tag.probe, 4);
    put(bytes, tag.mail, 8);
    put(bytes, tag.attempt, 1);
    put(bytes, tag.sent_ms, 6);
    const auto mac = hmac_(keys_.front().secret.reveal(), as_text(bytes));
    bytes.insert(bytes.end(), mac.begin(), mac.begin() + kMac);
    return base32_encode(bytes);
}

TagReading TagCodec::read(std::string_view text) const {
    if (text.size() != kTagLength) return {std::nullopt, TagReject::malformed};
    const auto bytes = base32_decode(text);
    if (!bytes || bytes->size() != kBytes) return {std::nullopt, TagReject::malformed};
    std::span<const std::uint8_t> rest(*bytes);
    const auto signed_part = rest.first(kSigned);
    if (take(rest, 1) != kVersion) return {std::nullopt, TagReject::malformed};
    const auto key_id = static_cast<std::uint8_t>(take(rest, 1));
    Tag tag;
    tag.instance = static_cast<std::uint32_t>(take(rest, 4));
    tag.probe = static_cast<std::uint32_t>(take(rest, 4));
    tag.mail = take(rest, 8);
    tag.attempt = static_cast<std::uint8_t>(take(rest, 1));
    tag.sent_ms = take(rest, 6);
    TagReject reject = TagReject::unknown_key;
    for (const Key& key : keys_) {
        if (key.id != key_id) continue;
        reject = TagReject::forged;
        const auto mac = hmac_(key.secret.reveal(), as_text(signed_part));
        if (equal_in_constant_time(rest, std::span(mac).first(kMac))) return {tag, std::nullopt};
    }
    return {std::nullopt, reject};
}

}  // namespace mailprobed
