// SPDX-License-Identifier: Apache-2.0
// One connection to the ledger's database, brought to the schema that this program knows.
#pragma once

#include <cstdint>
#include <functional>
#include <soci/soci.h>
#include <string>

namespace mailprobed {

/// What a connection is for.
enum class LedgerAccess : std::uint8_t { write, read };

/// The version of the schema that this program writes.
inline constexpr int kLedgerVersion = 5;

/// Connects to the database at `path`. For writing it is made or migrated where needed. Throws
/// std::runtime_error, soci::soci_error among them.
void open_ledger(soci::session& sql, const std::string& path, LedgerAccess access);

/// Interrupts queries of an open ledger, which then throw, when `given_up` says so; it is asked as
/// long as the session lives.
void give_up_when(soci::session& sql, std::function<bool()>& given_up);

}  // namespace mailprobed
