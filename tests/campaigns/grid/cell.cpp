// SPDX-License-Identifier: Apache-2.0
// Reading the data, and holding it to its own promises.
#include "tests/campaigns/grid/cell.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>

namespace mailprobed::grid {
namespace {

constexpr std::size_t kLeastCells = 150;
constexpr std::size_t kWords = 9;

// The kinds that every stage of a dialogue can meet, and every handshake.
constexpr auto kDialogue =
    std::to_array<const char*>({"reset", "close", "half_close", "stall", "drip", "garbage",
                                "wrong_order", "early", "4yz", "5yz", "421"});
constexpr auto kHandshake =
    std::to_array<const char*>({"reset", "half_close", "stall", "drip", "tls_alert", "expired",
                                "not_yet_valid", "wrong_name", "self_signed", "unknown_ca"});
constexpr auto kConnect = std::to_array<const char*>({"refused", "syn_dropped"});
constexpr auto kResolve =
    std::to_array<const char*>({"no_such_name", "empty_name", "name_error", "hung_name"});

std::string_view word(TlsMode mode) {
    if (mode == TlsMode::implicit) return "implicit";
    return mode == TlsMode::starttls ? "starttls" : "none";
}

std::optional<TlsMode> tls_mode(const std::string& text) {
    for (const TlsMode mode : {TlsMode::none, TlsMode::implicit, TlsMode::starttls}) {
        if (text == word(mode)) return mode;
    }
    return std::nullopt;
}

bool outcome_fits(Side side, const std::string& outcome) {
    if (side == Side::sending) {
        return outcome == "send_failed" || outcome == "unconfirmed" || outcome == "accepted";
    }
    return outcome == "look_failed" || outcome == "not_deleted" || outcome == "looked" ||
           outcome == "gone";
}

std::optional<Cell> cell_of(const std::vector<std::string>& words) {
    const bool sending = words[0] == "smtp";
    const auto mode = tls_mode(words[1]);
    if ((!sending && words[0] != "pop3") || !mode || words[5] != "=") return std::nullopt;
    Cell cell;
    cell.side = sending ? Side::sending : Side::mailbox;
    cell.tls = *mode;
    cell.stage = words[2];
    cell.step = words[3];
    cell.kind = words[4];
    cell.expected = {words[6], words[7], words[8]};
    if (!outcome_fits(cell.side, cell.expected.outcome)) return std::nullopt;
    return cell;
}

bool can_be(const Cell& cell) {
    const Answer& answer = cell.expected;
    // What happens in SMTP's QUIT changes nothing and is not counted, so it is in no table.
    if (answer.outcome == "accepted") return answer.stage == "quit" || answer.stage == "-";
    if (answer.outcome == "looked" || answer.outcome == "gone") return answer.stage == "-";
    const auto pairs = possible_failures(cell.side, cell.tls);
    return std::ranges::any_of(pairs, [&](const StageCause& pair) {
        return to_string(pair.stage) == answer.stage && to_string(pair.cause) == answer.cause;
    });
}

// Every stage of the grid with every kind it can meet, in whatever TLS mode.
template <class Demand>
void demand_all(Side side, Demand demand) {
    const auto all = [&](std::string_view stage, const auto& kinds) {
        for (const char* kind : kinds)
            demand(std::string(stage), kind);
    };
    for (const TlsMode mode : {TlsMode::implicit, TlsMode::starttls}) {
        for (const Stage stage : stages_of(side, mode)) {
            const bool within = stage == Stage::starttls;
            if (stage == Stage::resolve) {
                all(to_string(stage), kResolve);
            } else if (stage == Stage::connect) {
                all(to_string(stage), kConnect);
            } else if (stage == Stage::tls) {
                all(to_string(stage), kHandshake);
            } else {
                all(to_string(stage), kDialogue);
                if (within) all(to_string(stage), kHandshake);
                if (!within) demand(std::string(to_string(stage)), "tls_alert");
            }
        }
    }
}

}  // namespace

std::string name(const Cell& cell) {
    return std::string(cell.side == Side::sending ? "smtp " : "pop3 ") +
           std::string(word(cell.tls)) + ' ' + cell.stage + '/' + cell.step + ' ' + cell.kind;
}

std::string text(const Answer& answer) {
    return answer.stage + ' ' + answer.cause + ' ' + answer.outcome;
}

std::vector<Cell> read_cells(const std::filesystem::path& file) {
    std::ifstream input(file);
    if (!input) throw std::runtime_error("cannot read " + file.string());
    std::vector<Cell> cells;
    std::string line;
    for (int number = 1; std::getline(input, line); ++number) {
        std::istringstream columns(line.substr(0, line.find('#')));
        std::vector<std::string> words;
        for (std::string one; columns >> one;)
            words.push_back(one);
        if (words.empty()) continue;
        const std::string where = file.filename().string() + ':' + std::to_string(number);
        auto cell = words.size() == kWords ? cell_of(words) : std::nullopt;
        if (!cell) throw std::runtime_error(where + ": not a cell of the grid");
        cell->where = where;
        cells.push_back(*std::move(cell));
    }
    return cells;
}

std::vector<std::string> flaws(const std::vector<Cell>& cells) {
    std::vector<std::string> found;
    std::set<std::string> names;
    std::set<std::string> tried;
    for (const Cell& cell : cells) {
        if (!names.insert(name(cell)).second) found.push_back(cell.where + ": given twice");
        if (!can_be(cell)) found.push_back(cell.where + ": no such answer: " + text(cell.expected));
        tried.insert(std::string(cell.side == Side::sending ? "smtp " : "pop3 ") + cell.stage +
                     ' ' + cell.kind);
    }
    std::set<std::string> holes;
    for (const Side side : {Side::sending, Side::mailbox}) {
        demand_all(side, [&](const std::string& stage, const std::string& kind) {
            const std::string place =
                std::string(side == Side::sending ? "smtp " : "pop3 ") + stage + ' ' + kind;
            if (!tried.contains(place)) holes.insert("no cell tries " + place);
        });
    }
    found.insert(found.end(), holes.begin(), holes.end());
    if (cells.size() < kLeastCells) found.emplace_back("fewer than 150 cells");
    return found;
}

}  // namespace mailprobed::grid
