// SPDX-License-Identifier: Apache-2.0
// Layouts of a tag, in octets, which both make 37 and 60 characters:
// version 1: version 1, key 1, instance 4, probe 4, mail 8, attempt 1, sent-ms 6, MAC 12;
// version 2: version 1, key 1, instance 4, probe 4, mail 8, attempt 1, run 4, sent-s 4, MAC 10.
// The MAC gives the room for the run: 80 bits are still out of reach of guesses that each cost a
// mail, and RFC 2104 (5) allows no fewer.
#include "probes/domain/identity/tag.hpp"

#include "probes/base/base32.hpp"

#include <algorithm>
#include <span>
#include <vector>

namespace mailprobed {
namespace {

constexpr std::size_t kBytes = 37;

constexpr std::size_t mac_size(bool names_run) {
    return names_run ? 10 : 12;
}

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
    // Not more octets of the same: those of the ledger must not tell those of mails.
    const auto print = hmac_(secret.reveal(), "mailprobed key fingerprint");
    std::span<const std::uint8_t> octets(print);
    const std::uint64_t fingerprint = take(octets, 8);
    return {std::move(secret), id, fingerprint == 0 ? 1 : fingerprint};
}

std::uint64_t TagCodec::fingerprint() const {
    return keys_.front().fingerprint;
}

bool TagCodec::reads(std::uint64_t fingerprint) const {
    return std::ranges::any_of(
        keys_, [fingerprint](const Key& key) { return key.fingerprint == fingerprint; });
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
    const bool names_run = tag.run != 0;
    put(bytes, names_run ? 2 : 1, 1);
    put(bytes, keys_.front().id, 1);
    put(bytes, tag.instance, 4);
    put(bytes, tag.probe, 4);
    put(bytes, tag.mail, 8);
    put(bytes, tag.attempt, 1);
    if (names_run) {
        put(bytes, tag.run, 4);
        put(bytes, tag.sent_ms / 1000, 4);
    } else {
        put(bytes, tag.sent_ms, 6);
    }
    const auto mac = hmac_(keys_.front().secret.reveal(), as_text(bytes));
    bytes.insert(bytes.end(), mac.begin(), mac.begin() + mac_size(names_run));
    return base32_encode(bytes);
}

TagReading TagCodec::read(std::string_view text) const {
    if (text.size() != kTagLength) return {std::nullopt, TagReject::malformed};
    const auto bytes = base32_decode(text);
    if (!bytes || bytes->size() != kBytes) return {std::nullopt, TagReject::malformed};
    std::span<const std::uint8_t> rest(*bytes);
    const std::uint64_t version = take(rest, 1);
    if (version != 1 && version != 2) return {std::nullopt, TagReject::malformed};
    const bool names_run = version == 2;
    const std::size_t mac_length = mac_size(names_run);
    const auto signed_part = std::span(*bytes).first(kBytes - mac_length);
    const auto key_id = static_cast<std::uint8_t>(take(rest, 1));
    Tag tag;
    tag.instance = static_cast<std::uint32_t>(take(rest, 4));
    tag.probe = static_cast<std::uint32_t>(take(rest, 4));
    tag.mail = take(rest, 8);
    tag.attempt = static_cast<std::uint8_t>(take(rest, 1));
    if (names_run) tag.run = static_cast<std::uint32_t>(take(rest, 4));
    tag.sent_ms = names_run ? take(rest, 4) * 1000 : take(rest, 6);
    // It would be read as one that says nothing of its run.
    if (names_run && tag.run == 0) return {std::nullopt, TagReject::malformed};
    TagReject reject = TagReject::unknown_key;
    for (const Key& key : keys_) {
        if (key.id != key_id) continue;
        reject = TagReject::forged;
        const auto mac = hmac_(key.secret.reveal(), as_text(signed_part));
        if (equal_in_constant_time(rest, std::span(mac).first(mac_length)))
            return {tag, std::nullopt};
    }
    return {std::nullopt, reject};
}

}  // namespace mailprobed
