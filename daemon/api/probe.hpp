// SPDX-License-Identifier: Apache-2.0
// A probe's history as JSON.
#pragma once

#include "daemon/api/json_writer.hpp"
#include "daemon/api/probe_table.hpp"
#include "daemon/api/target.hpp"
#include "daemon/store/reader.hpp"

namespace mailprobed {

/// The members of schema ProbeSummary, without the braces.
void write_summary(JsonWriter& json, LedgerReader& ledger, const ProbeRow& row, WallTime now);
/// The members that schema Probe has beside those.
void write_window(JsonWriter& json, LedgerReader& ledger, const ApiTarget& target, WallTime now);
/// Schema Points.
void write_points(JsonWriter& json, LedgerReader& ledger, const ApiTarget& target,
                  const ProbeRow& row, WallTime now);

}  // namespace mailprobed
