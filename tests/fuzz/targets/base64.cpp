// SPDX-License-Identifier: Apache-2.0
// Fuzz target: base64 as servers send it in SASL challenges.
#include "probes/base/base64.hpp"

#include "tests/fuzz/support/fuzz.hpp"

#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mailprobed;
    using fuzz::require;
    const std::string_view input = fuzz::as_text(data, size);
    const std::string text = base64(input);
    require(text.size() == (size + 2) / 3 * 4, "three octets make four characters");
    require(text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                   "0123456789+/=") == std::string::npos,
            "base64 is of its alphabet");
    require(from_base64(text) == input, "what is encoded decodes to itself");

    const auto octets = from_base64(input);
    if (!octets) return 0;
    require(input.size() % 4 == 0 && octets->size() <= input.size() / 4 * 3,
            "decoding never makes more of it");
    const std::string again = base64(*octets);
    require(again.size() == input.size() && from_base64(again) == octets,
            "what decodes encodes to the same length and decodes again");
    // Only the spare bits before the padding may differ.
    const std::size_t firm = octets->size() * 8 / 6;
    require(again.substr(0, firm) == input.substr(0, firm), "all decided characters are the same");
    return 0;
}
