// SPDX-License-Identifier: Apache-2.0
// Translates what the YAML parser complains of into what an operator can act on.
#pragma once

#include "config/load/problem.hpp"

#include <string>
#include <string_view>

namespace mailprobed {

/// Notes the parser's `message` about `place` of `text`, with what usually helps and without any
/// piece of the file.
void note_yaml_error(std::string message, ConfigPlace place, std::string_view text,
                     ProblemList& problems);

}  // namespace mailprobed
