// SPDX-License-Identifier: Apache-2.0
// Details as rows of the ledger.
#pragma once

#include "daemon/store/detail_record.hpp"
#include "daemon/store/schema.hpp"

#include <memory>

namespace mailprobed {

/// Writes details through the ledger's own connection, within its transactions.
class LedgerDetails {
  public:
    explicit LedgerDetails(soci::session& sql);
    LedgerDetails(const LedgerDetails&) = delete;
    LedgerDetails& operator=(const LedgerDetails&) = delete;
    ~LedgerDetails();

    void write(const DetailRecord& record);
    /// Deletes what is no longer kept at `now`; returns false if there is more to delete.
    bool prune(WallTime now);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace mailprobed
