// SPDX-License-Identifier: Apache-2.0
// The ground that the cells are tried on: one server for each certificate, ports where nobody
// answers, and names that do not resolve.
#pragma once

#include "probes/domain/settings/settings.hpp"
#include "tests/campaigns/grid/cell.hpp"
#include "tests/e2e/monitor/dead_ports.hpp"
#include "tests/e2e/monitor/hanging_names.hpp"
#include "tests/loopback/server.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mailprobed::grid {

/// Servers and everything else that cells need; each cell has its own client address and mailbox.
class Ground {
  public:
    explicit Ground(const std::vector<Cell>& cells);

    /// The user of a cell, who has one mail in the mailbox if the cell reads.
    [[nodiscard]] static std::string user(std::size_t cell);
    /// The password of that user.
    [[nodiscard]] static std::string password(std::size_t cell);
    /// Where the cell's client is to connect.
    [[nodiscard]] Endpoint endpoint(const std::vector<Cell>& cells, std::size_t cell) const;
    /// The names of the cells that are about names.
    [[nodiscard]] LookupFunction names();
    /// Lets hanging look-ups go.
    void release() { hanging_.release(); }

    /// How many mails lie in the cell's mailbox.
    [[nodiscard]] std::size_t mails(const Cell& cell, std::size_t number) const;
    /// True if every rule of the cell struck.
    [[nodiscard]] bool struck(const Cell& cell, std::size_t number) const;

  private:
    static std::string address(std::size_t cell);
    [[nodiscard]] const loopback::Server& server(const Cell& cell) const;

    std::map<loopback::CertificateKind, std::unique_ptr<loopback::Server>> servers_;
    test::DeadPort dead_;
    test::DeafPort deaf_;
    test::HangingNames hanging_;
};

}  // namespace mailprobed::grid
