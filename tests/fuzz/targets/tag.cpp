// SPDX-License-Identifier: Apache-2.0
// Fuzz target: texts that claim to be our tag.
#include "probes/domain/identity/tag.hpp"

#include "tests/fuzz/support/fuzz.hpp"
#include "tests/fuzz/support/tags.hpp"

#include <cctype>
#include <string>

namespace mailprobed::fuzz {
namespace {

constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";

std::string in_lower_case(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](char c) {
        return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    });
    return result;
}

void read_text(std::string_view text) {
    const TagCodec gullible = gullible_codec();
    const TagReading reading = gullible.read(text);
    require(reading.tag.has_value() != reading.reject.has_value(),
            "a text is a tag, or there is a reason");
    // A key of its own: the fuzzer sees what is compared, tags that k1 wrote among it.
    require(!sound_codec("never written with").read(text).tag, "nobody guesses a tag");
    if (!reading.tag) return;
    require(text.size() == kTagLength, "a tag has 60 characters");
    require(reading.tag->sent_ms >> 48U == 0, "48 bits of time");
    require(gullible.write(*reading.tag) == in_lower_case(text),
            "a tag that verifies is written the same way");
}

void write_tag(std::string_view octets) {
    // The input as the fields of a tag.
    std::string bytes(octets.substr(0, 28));
    bytes.resize(28);
    const auto number = [&](std::size_t at, std::size_t size) {
        std::uint64_t value = 0;
        for (const char c : bytes.substr(at, size))
            value = value << 8U | static_cast<unsigned char>(c);
        return value;
    };
    Tag tag;
    tag.instance = static_cast<std::uint32_t>(number(0, 4));
    tag.probe = static_cast<std::uint32_t>(number(4, 4));
    tag.mail = number(8, 8);
    tag.attempt = static_cast<std::uint8_t>(number(16, 1));
    tag.sent_ms = number(17, 6);
    tag.run = static_cast<std::uint32_t>(number(23, 4));
    if (tag.run != 0) tag.sent_ms = number(17, 4) * 1000;
    const TagCodec codec = sound_codec("k1");
    const std::string text = codec.write(tag);
    require(text.size() == kTagLength && text.find_first_not_of(kAlphabet) == std::string::npos,
            "a tag is 60 characters of lower-case base32");
    require(codec.read(text).tag == tag, "a tag reads back");
    require(!sound_codec("k2").read(text).tag, "another key does not verify it");
    const std::uint64_t dice = hash_of(octets);
    for (unsigned i = 0; i < 4; ++i) {
        std::string altered = text;
        char& c = altered[(dice >> (8U * i)) % kTagLength];
        c = kAlphabet[(kAlphabet.find(c) + 1 + (dice >> (40U + 4U * i)) % 30) % 32];
        require(altered == text || !codec.read(altered).tag, "an altered tag does not verify");
    }
    require(!codec.read(text.substr(1)).tag && !codec.read(text + "a").tag,
            "nor does one of another length");
}

}  // namespace
}  // namespace mailprobed::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mailprobed::fuzz;
    const std::string_view input = as_text(data, size);
    read_text(input);
    read_text(input.substr(0, input.find('\n')));
    write_tag(input);
    return 0;
}
