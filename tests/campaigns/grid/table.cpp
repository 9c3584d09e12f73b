// SPDX-License-Identifier: Apache-2.0
// Rows are kinds, columns are stages, both in the order of the data.
#include "tests/campaigns/grid/table.hpp"

#include <algorithm>
#include <iomanip>
#include <map>
#include <ostream>
#include <string>
#include <utility>

namespace mailprobed::grid {
namespace {

struct Count {
    int passed = 0;
    int cells = 0;
};

std::string figure(const Count& count) {
    if (count.cells == 0) return ".";
    if (count.passed == count.cells) return std::to_string(count.cells);
    return std::to_string(count.passed) + '/' + std::to_string(count.cells);
}

void note(std::vector<std::string>& order, const std::string& word) {
    if (std::ranges::find(order, word) == order.end()) order.push_back(word);
}

class Table {
  public:
    void add(const Cell& cell, bool passed) {
        note(kinds_, cell.kind);
        note(stages_, cell.stage);
        for (const auto& [kind, stage] :
             {std::pair{cell.kind, cell.stage}, std::pair{cell.kind, std::string()},
              std::pair{std::string(), cell.stage}, std::pair{std::string(), std::string()}}) {
            Count& count = counts_[{kind, stage}];
            ++count.cells;
            if (passed) ++count.passed;
        }
    }

    void print(std::ostream& out, const char* title) {
        std::vector<std::string> kinds = kinds_;
        std::vector<std::string> stages = stages_;
        kinds.emplace_back();
        stages.emplace_back();
        out << std::left << std::setw(15) << title << std::right;
        for (const std::string& stage : stages)
            out << std::setw(9) << (stage.empty() ? "all" : stage);
        out << '\n';
        for (const std::string& kind : kinds) {
            out << std::left << std::setw(15) << (kind.empty() ? "all" : kind) << std::right;
            for (const std::string& stage : stages)
                out << std::setw(9) << figure(counts_[{kind, stage}]);
            out << '\n';
        }
        out << '\n';
    }

  private:
    std::vector<std::string> kinds_;
    std::vector<std::string> stages_;
    std::map<std::pair<std::string, std::string>, Count> counts_;
};

void tell(std::ostream& out, const Cell& cell, const Visit& visit) {
    out << "FAILED " << cell.where << ": " << name(cell) << "\n  expected " << text(cell.expected)
        << "\n  came     " << text(visit.answer);
    if (!visit.detail.empty()) out << "  (" << visit.detail << ')';
    out << '\n';
    for (const std::string& complaint : visit.complaints)
        out << "  moreover " << complaint << '\n';
    out << visit.transcript << '\n';
}

}  // namespace

std::size_t report(std::ostream& out, const std::vector<Cell>& cells,
                   const std::vector<Visit>& visits) {
    Table sending;
    Table mailbox;
    std::size_t failed = 0;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const bool passed = visits[i].answer == cells[i].expected && visits[i].complaints.empty();
        (cells[i].side == Side::sending ? sending : mailbox).add(cells[i], passed);
        if (passed) continue;
        ++failed;
        tell(out, cells[i], visits[i]);
    }
    sending.print(out, "SMTP");
    mailbox.print(out, "POP3");
    out << cells.size() << " cells, " << cells.size() - failed << " passed\n";
    return failed;
}

}  // namespace mailprobed::grid
