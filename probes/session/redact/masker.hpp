// SPDX-License-Identifier: Apache-2.0
// Hides every form of a session's secrets in what servers say, before anybody sees it.
#pragma once

#include "probes/base/secret.hpp"
#include "probes/session/redact/secret_forms.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed {

/// Knows secrets and finds them in text: plain, in any case, in hexadecimal, in base64 at any
/// offset, with blanks in between, broken over the lines of one reply, and in any of these behind
/// up to three of the escapes that servers use (URL, HTML, C, JSON, SQL, shell, quoted-printable,
/// lists of octets, base64). What is not in ASCII is also found in another charset, or replaced by
/// other characters where enough of the secret is left. Copies that were cut are found from six
/// characters on, if half of the secret is there, or its beginning or end where the text ends or
/// dots stand.
class Masker {
  public:
    Masker() = default;
    Masker(const Masker&) = delete;
    Masker(Masker&&) = default;
    Masker& operator=(const Masker&) = delete;
    Masker& operator=(Masker&&) = delete;
    ~Masker() = default;

    /// What stands in place of a secret.
    static constexpr std::string_view kMask = "<secret>";

    /// Remembers a secret; an empty one is ignored.
    void add(std::string_view secret);
    /// Remembers base64 text that holds a secret, to be found as it is: its other forms are the
    /// secret's, unless that is too short for them.
    void add_base64(std::string_view text);

    /// `text`, whose lines are separated by LF, with secrets replaced by kMask in each line they
    /// touch. With `open_end` the text may go on, so a shorter start of a secret at its end is
    /// masked too, if it is half of it. Takes its time: only for text that will be shown.
    [[nodiscard]] std::string masked(std::string_view text, bool open_end = false);

  private:
    struct Known {
        Secret value;
        bool base64 = false;
    };

    void make_forms();

    std::vector<Known> known_;
    SecretForms forms_;
    // How many of known_ forms_ covers; made when a text is masked for the first time.
    std::size_t covered_ = 0;
};

}  // namespace mailprobed
