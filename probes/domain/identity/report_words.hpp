// SPDX-License-Identifier: Apache-2.0
// What the prose of a letter speaks of, by words of many languages.
#pragma once

#include <string_view>

namespace mailprobed {

/// What was found in a text; all can be true of one.
struct Speech {
    bool failure = false;
    /// It denies something; too little by itself but for those who write about failures only.
    bool denial = false;
    bool delay = false;
    /// It says that nobody tries any longer.
    bool given_up = false;
    bool success = false;
    /// Somebody is away, or has received a request, or wants a confirmation.
    bool answer = false;
};

/// Searches `folded`, which folded_letters() made.
[[nodiscard]] Speech speech_of(std::string_view folded) noexcept;

}  // namespace mailprobed
