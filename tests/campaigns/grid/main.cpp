// SPDX-License-Identifier: Apache-2.0
// Tries every cell of the fault grid with the real sessions over real sockets and prints a table;
// exits 1 unless every cell got its one right answer.
#include "probes/net/task_group.hpp"
#include "tests/campaigns/grid/faults.hpp"
#include "tests/campaigns/grid/ground.hpp"
#include "tests/campaigns/grid/table.hpp"
#include "tests/campaigns/grid/visit.hpp"
#include "tests/campaigns/torture/summary.hpp"

#include <cstdio>
#include <exception>
#include <iostream>
#include <string>

namespace mailprobed::grid {
namespace {

/// Cells tried at the same time.
constexpr std::size_t kAtOnce = 64;

class Run {
  public:
    explicit Run(std::vector<Cell> cells)
        : cells_(std::move(cells)),
          ground_(cells_),
          visits_(cells_.size()),
          connector_(io_.get_executor(), ground_.names()),
          tasks_(io_.get_executor(), [this](std::exception_ptr error) { problem_ = error; }) {}

    void go() {
        for (std::size_t i = 0; i < kAtOnce; ++i)
            tasks_.spawn(work());
        io_.run();
        ground_.release();
        if (problem_) std::rethrow_exception(problem_);
        for (std::size_t i = 0; i < cells_.size(); ++i)
            ask_server(i);
    }

    [[nodiscard]] const std::vector<Cell>& cells() const noexcept { return cells_; }
    [[nodiscard]] const std::vector<Visit>& visits() const noexcept { return visits_; }

  private:
    Awaitable<void> work() {
        while (next_ < cells_.size()) {
            const std::size_t i = next_++;
            const Visitor visitor{ground_.endpoint(cells_, i), Ground::user(i), Ground::password(i),
                                  timeouts_of(cells_[i])};
            if (cells_[i].side == Side::sending) {
                co_await send(connector_, visitor, visits_[i]);
            } else {
                co_await look(connector_, visitor, visits_[i]);
            }
        }
    }

    // The server knows whether it went wrong, and what lies in the mailbox.
    void ask_server(std::size_t i) {
        Visit& visit = visits_[i];
        if (!ground_.struck(cells_[i], i)) visit.complaints.emplace_back("the fault never struck");
        const std::string& outcome = visit.answer.outcome;
        const std::size_t mails = ground_.mails(cells_[i], i);
        const bool sending = cells_[i].side == Side::sending;
        // Then nothing was claimed, so whatever is there is right.
        if (outcome == "unconfirmed" || outcome == "not_deleted") return;
        const bool removed = outcome == "looked" || outcome == "gone";
        const std::size_t due = sending ? (outcome == "accepted" ? 1 : 0) : (removed ? 0 : 1);
        if (mails != due) {
            visit.complaints.push_back(std::to_string(mails) + " mails in the mailbox, not " +
                                       std::to_string(due));
        }
    }

    std::vector<Cell> cells_;
    Ground ground_;
    std::vector<Visit> visits_;
    std::size_t next_ = 0;
    asio::io_context io_{1};
    Connector connector_;
    TaskGroup tasks_;
    std::exception_ptr problem_;
};

int run(int argc, char** argv) {
    std::vector<Cell> cells;
    for (int i = 1; i < argc; ++i) {
        for (Cell& cell : read_cells(argv[i]))
            cells.push_back(std::move(cell));
    }
    const std::vector<std::string> wrong = flaws(cells);
    for (const std::string& flaw : wrong)
        std::cout << "the data: " << flaw << '\n';
    Run all(std::move(cells));
    all.go();
    const std::size_t failed = report(std::cout, all.cells(), all.visits());
    test::summarize("fault grid", std::to_string(all.cells().size()) + " cells, " +
                                      std::to_string(failed) + " failed");
    return failed == 0 && wrong.empty() ? 0 : 1;
}

}  // namespace
}  // namespace mailprobed::grid

int main(int argc, char** argv) {
    if (argc < 2) {
        std::fputs("usage: mailprobed-grid CELLS...\n", stderr);
        return 2;
    }
    try {
        return mailprobed::grid::run(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "mailprobed-grid: %s\n", error.what());
        return 2;
    }
}
