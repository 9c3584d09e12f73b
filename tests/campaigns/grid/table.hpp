// SPDX-License-Identifier: Apache-2.0
// The table that people read: cells and passed cells by kind and stage, and every disagreement.
#pragma once

#include "tests/campaigns/grid/cell.hpp"
#include "tests/campaigns/grid/visit.hpp"

#include <iosfwd>
#include <vector>

namespace mailprobed::grid {

/// Prints the table; returns the number of cells that failed.
std::size_t report(std::ostream& out, const std::vector<Cell>& cells,
                   const std::vector<Visit>& visits);

}  // namespace mailprobed::grid
