// SPDX-License-Identifier: Apache-2.0
// How an event becomes one line of text.
#pragma once

#include "daemon/log/log.hpp"

#include <span>
#include <string>
#include <string_view>

namespace mailprobed {

/// Bytes of one value that are printed; what is cut off is marked with an ellipsis.
inline constexpr std::size_t kLogValueLimit = 4096;

/// Appends `key=value` pairs separated by spaces; values are quoted where needed.
void append_logfmt(std::string& out, std::span<const Field> fields);
/// Appends a value on one line, with controls escaped and malformed UTF-8 repaired, not quoted.
void append_unquoted(std::string& out, const Field::Value& value);
/// Appends a JSON string (RFC 8259), however long, with malformed UTF-8 repaired.
void append_json_text(std::string& out, std::string_view value);
/// Appends one JSON object (RFC 8259).
void append_json(std::string& out, std::span<const Field> fields);

}  // namespace mailprobed
