// SPDX-License-Identifier: Apache-2.0
// The forms in which servers write what they do not want to write as it is, read back.
#pragma once

#include "probes/session/redact/skeleton.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace mailprobed {

/// One way to write octets with other characters.
enum class Escape : std::uint8_t {
    /// %41, %u0041 (URLs).
    percent,
    /// + for a blank (forms).
    plus,
    /// &amp; &#65; &#x41; (HTML, XML).
    entity,
    /// \n \x41 \101 \u0041 \x{41} \" (C, JSON, SQL and their kin).
    backslash,
    /// \ before any character (shells).
    shell,
    /// '\'' and '"'"' for ' (shells).
    shell_quotes,
    /// =41 and = at the end of a line (quoted-printable).
    quoted_printable,
    /// '' "" %% $$ for one of them (SQL, CSV, formats).
    doubled,
    /// 41 42 43, 0x41,0x42, 41:42, \x41\x42, 414243.
    hex_list,
    /// 65 66 67, 65,66,67.
    decimal_list,
    /// 101 102 103, 0101,0102.
    octal_list,
    /// Words of base64, which may hold any of the others.
    base64,
};

/// All of them, those first that servers use most.
inline constexpr Escape kEscapes[] = {
    Escape::percent,  Escape::entity,       Escape::backslash,    Escape::quoted_printable,
    Escape::doubled,  Escape::shell_quotes, Escape::shell,        Escape::base64,
    Escape::hex_list, Escape::plus,         Escape::decimal_list, Escape::octal_list,
};

/// `skeleton` of `text` with everything of this form read back, once; nothing if there is none.
/// Lists and base64 leave nothing but what they read, with kApart between what is apart.
[[nodiscard]] std::optional<Skeleton> unescaped(const Skeleton& skeleton, std::string_view text,
                                                Escape escape);

}  // namespace mailprobed
