// SPDX-License-Identifier: Apache-2.0
// The forms of secrets and where a skeleton of text holds one of them, whole or cut.
#pragma once

#include "probes/session/redact/skeleton.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed {

/// Part of a skeleton that holds a form of a secret.
struct SecretPlace {
    std::size_t begin = 0;
    std::size_t end = 0;
    /// Characters of base64 beside it may belong to it.
    bool base64 = false;
};

/// The text that is searched; what stands at its ends may be cut.
struct SearchedText {
    const Skeleton& skeleton;
    std::string_view text;
    /// The text may go on.
    bool open_end = false;
    /// Cut copies are searched too.
    bool parts = true;
};

/// Folded forms, found in one pass over a text by runs of three octets, which any part of a form
/// that counts has at some multiple of three.
class SecretForms {
  public:
    SecretForms() = default;
    SecretForms(const SecretForms&) = delete;
    SecretForms(SecretForms&&) = default;
    SecretForms& operator=(const SecretForms&) = delete;
    SecretForms& operator=(SecretForms&&) = delete;
    ~SecretForms();

    /// Makes room for forms of so many octets in all: growing would leave copies behind.
    void reserve(std::size_t octets);
    /// Adds the forms of a secret: itself, hexadecimal, base64; of a digest in both cases; of one
    /// that is not in ASCII what servers make of it that take it for another charset or for none.
    void add_secret(std::string_view secret);
    /// Adds base64 text.
    void add_base64(std::string_view text);
    /// Must be called after the last of them.
    void settle();

    /// True if a secret holds a blank.
    [[nodiscard]] bool with_blanks() const noexcept { return blanks_; }

    /// True if there are forms that only gapped() texts hold.
    [[nodiscard]] bool with_gaps() const noexcept { return gaps_; }

    /// The places of all forms in `searched`, appended to `places`.
    void find(const SearchedText& searched, std::vector<SecretPlace>& places) const;

  private:
    struct Form {
        std::size_t begin = 0;
        std::size_t size = 0;
        /// As many octets of it are a part that may be masked.
        std::size_t least = 0;
        bool base64 = false;
    };
    struct Anchor {
        std::uint32_t run = 0;
        std::uint32_t form = 0;
        std::uint32_t offset = 0;
    };
    static constexpr std::size_t kBloomWords = 64;

    void add_form(std::string_view form, std::size_t least, bool base64);
    void add_cores(std::string_view secret);
    void add_other_charsets(std::string_view secret);
    void add_anchors(std::size_t form);
    [[nodiscard]] std::string_view octets_of(const Form& form) const noexcept {
        return std::string_view(octets_).substr(form.begin, form.size);
    }

    /// All forms in one block, so that a session makes one allocation for them.
    std::string octets_;
    std::vector<Form> forms_;
    std::vector<Anchor> anchors_;
    std::array<std::uint64_t, kBloomWords> bloom_{};
    bool blanks_ = false;
    bool gaps_ = false;
    bool short_forms_ = false;
};

}  // namespace mailprobed
