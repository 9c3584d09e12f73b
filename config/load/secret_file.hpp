// SPDX-License-Identifier: Apache-2.0
// Reads a small file that only its owner should be able to read.
#pragma once

#include "config/load/problem.hpp"
#include "config/load/syntax.hpp"
#include "probes/base/secret.hpp"

#include <optional>
#include <string>

namespace mailprobed {

/// Whether a file's mode matters: the service manager looks after that of credentials.
enum class ModeCheck : unsigned char { owner_only, none };

/// Reads all of `path` into `out`, or tells what is wrong with the file.
[[nodiscard]] std::optional<Complaint> read_secret_file(const std::string& path, ModeCheck check,
                                                        Secret& out);

/// `secret` without one line end at its end.
[[nodiscard]] Secret without_newline(const Secret& secret);

/// What makes `secret` useless as a password, which has to fit into one line of a protocol.
[[nodiscard]] std::optional<Complaint> check_password(const Secret& secret);

}  // namespace mailprobed
