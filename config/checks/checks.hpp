// SPDX-License-Identifier: Apache-2.0
// What is checked when all sections of a configuration have been read.
#pragma once

#include "config/load/draft.hpp"

namespace mailprobed {

/// Checks what needs more than one section: names, references, mailboxes (validate.cpp); completes
/// `to_address`.
void validate(Draft& draft, ProblemList& problems);
/// Warns where known providers allow less than the schedule does (provider_check.cpp); only for a
/// draft without errors.
void check_providers(const Draft& draft, ProblemList& problems);

}  // namespace mailprobed
