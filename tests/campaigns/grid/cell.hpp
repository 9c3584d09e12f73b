// SPDX-License-Identifier: Apache-2.0
// The fault grid as data: one cell is one fault at one place and the one right answer to it.
#pragma once

#include "probes/domain/outcome/failure.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace mailprobed::grid {

/// What is said of a conversation: words as the data files spell them.
struct Answer {
    /// The stage and cause of the failure; "-" if there was none.
    std::string stage;
    std::string cause;
    /// send_failed, unconfirmed, accepted; look_failed, not_deleted, looked, gone.
    std::string outcome;
    friend bool operator==(const Answer&, const Answer&) = default;
};

/// One line of the data.
struct Cell {
    /// file:line, for people.
    std::string where;
    Side side = Side::sending;
    TlsMode tls = TlsMode::none;
    /// Where the server goes wrong: the conversation's stage and the server's step in it.
    std::string stage;
    std::string step;
    /// How it goes wrong.
    std::string kind;
    Answer expected;
};

/// Reads cells; throws std::runtime_error that names the line which is none.
[[nodiscard]] std::vector<Cell> read_cells(const std::filesystem::path& file);

/// What is wrong with the data itself: cells given twice, answers that cannot exist, and places of
/// the grid that a kind can meet but no cell tries.
[[nodiscard]] std::vector<std::string> flaws(const std::vector<Cell>& cells);

/// "smtp none accept/DOT reset"
[[nodiscard]] std::string name(const Cell& cell);

/// "accept reset unconfirmed"
[[nodiscard]] std::string text(const Answer& answer);

}  // namespace mailprobed::grid
