// SPDX-License-Identifier: Apache-2.0
// Hides every form of a session's secrets in what servers say, before anybody sees it.
#pragma once

#include "probes/domain/secret.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed {

/// Knows secrets and finds them in text: plain, in any case, URL-encoded, in hexadecimal, in
/// base64 at any offset, with blanks in between, and broken over the lines of one reply.
class Masker {
  public:
    Masker() = default;
    Masker(const Masker&) = delete;
    Masker(Masker&&) = default;
    Masker& operator=(const Masker&) = delete;
    Masker& operator=(Masker&&) = delete;
    ~Masker() { wipe(forms_.data(), forms_.size()); }

    /// What stands in place of a secret.
    static constexpr std::string_view kMask = "<secret>";

    /// Remembers a secret; an empty one is ignored.
    void add(std::string_view secret);
    /// Remembers base64 text that holds a secret, to be found as it is: its other forms are the
    /// secret's, unless that is too short for them.
    void add_base64(std::string_view text);

    /// `text`, whose lines are separated by LF, with secrets replaced by kMask in each line they
    /// touch. With `open_end` the text may go on, so the start of a secret at its end is masked
    /// too. Takes its time: only for text that will be shown.
    [[nodiscard]] std::string masked(std::string_view text, bool open_end = false);

  private:
    struct Known {
        Secret value;
        bool base64 = false;
    };
    // A folded form within forms_; `base64` if characters beside it may belong to it.
    struct Pattern {
        std::size_t begin = 0;
        std::size_t size = 0;
        bool base64 = false;
    };

    void make_patterns();
    void add_pattern(std::string_view form, bool base64);
    void add_cores(std::string_view secret);

    std::vector<Known> known_;
    // All forms in one block, so that a session makes one allocation for them.
    std::string forms_;
    std::vector<Pattern> patterns_;
    // How many of known_ patterns_ covers; made when a text is masked for the first time.
    std::size_t covered_ = 0;
};

}  // namespace mailprobed
