// SPDX-License-Identifier: Apache-2.0
// From a cell's words to rules of the embedded server.
#pragma once

#include "tests/campaigns/grid/cell.hpp"
#include "tests/loopback/fault.hpp"
#include "tests/loopback/options.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace mailprobed::grid {

/// What a stage may take where the cell is about running out of time; other stages have plenty.
inline constexpr auto kShort = std::chrono::seconds{2};
/// Octets of a dripped reply, and how far apart: together more than ten times kShort.
inline constexpr std::size_t kDripOctets = 100;
inline constexpr auto kDripPause = std::chrono::milliseconds{250};

/// The rules that make the server go wrong for the client at `peer` as the cell says; empty if the
/// cell is not about what a server says. Throws std::runtime_error for words that mean nothing.
[[nodiscard]] std::vector<loopback::Fault> faults_of(const Cell& cell, const std::string& peer);

/// The certificate of the server that the cell is tried on.
[[nodiscard]] loopback::CertificateKind certificate_of(const Cell& cell);

/// True if the cell is about something that takes too long.
[[nodiscard]] bool takes_too_long(const Cell& cell);

}  // namespace mailprobed::grid
