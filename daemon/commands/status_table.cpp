// SPDX-License-Identifier: Apache-2.0
// Cells first, then widths, then lines: escape sequences and characters of several bytes have no
// part in the arithmetic.
#include "daemon/commands/status_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <iterator>
#include <tuple>

namespace mailprobed {
namespace {

constexpr std::size_t kMostName = 64;
constexpr std::size_t kMostWhy = 80;
constexpr std::size_t kMostSpark = 30;
constexpr std::size_t kMostSentence = 1000;
constexpr double kGoodRatio = 0.99;
constexpr std::size_t kNamedInSentence = 3;
constexpr std::string_view kGap = "  ";

struct Cell {
    std::string text;
    Colour colour = Colour::none;
    /// Painted already: only its length counts.
    std::optional<std::size_t> length;
};

struct Column {
    std::string_view title;
    bool right = false;
    std::vector<Cell> cells;
    std::size_t width = 0;
    /// It may shrink to this; equal to `width`: not at all.
    std::size_t least = 0;
    bool kept = true;
};

enum : std::size_t { kState, kRoute, kFor, k1h, k24h, k30d, kRecent, kRoundTrip, kPending, kWhy };

std::size_t width_of(const Cell& cell) noexcept {
    return cell.length.value_or(length_of(cell.text));
}

std::string seconds_text(double value) {
    const int digits = value < 10 ? 3 : value < 100 ? 2 : value < 1000 ? 1 : 0;
    return fmt::format("{:.{}f}", value, digits);
}

std::string_view word_of(ProbeState state) noexcept {
    switch (state) {
        case ProbeState::down:
            return "down";
        case ProbeState::fresh:
            return "new";
        case ProbeState::up:
            break;
    }
    return "up";
}

Colour colour_of(ProbeState state) noexcept {
    switch (state) {
        case ProbeState::down:
            return Colour::red;
        case ProbeState::fresh:
            return Colour::dim;
        case ProbeState::up:
            break;
    }
    return Colour::green;
}

Cell ratio_cell(std::optional<double> ratio) {
    return {percentage(ratio), ratio && *ratio < kGoodRatio ? Colour::yellow : Colour::none, {}};
}

Cell round_trip_cell(const StatusProbe& probe, const TextStyle& style) {
    if (!probe.last_round_trip) return {"-", Colour::none, {}};
    std::string text = seconds_text(*probe.last_round_trip);
    if (probe.last_uncertainty)
        text += (style.unicode ? " ±" : " +-") + seconds_text(*probe.last_uncertainty);
    const bool slow = probe.slo_latency && *probe.last_round_trip > *probe.slo_latency;
    return {std::move(text), slow ? Colour::yellow : Colour::none, {}};
}

Cell why_cell(const StatusProbe& probe, const TextStyle& style) {
    if (probe.state != ProbeState::down) return {};
    std::string text = why(probe);
    if (probe.bad_streak > 1) text += fmt::format(" ({} in a row)", probe.bad_streak);
    return {fitted(text, kMostWhy, style), Colour::none, {}};
}

Cell spark_cell(const StatusProbe& probe, std::size_t most, const TextStyle& style) {
    return {sparkline(probe.recent, most, style), Colour::none,
            std::min(most, probe.recent.size())};
}

void fill(std::vector<Column>& columns, const StatusAnswer& answer,
          const std::vector<const StatusProbe*>& probes, const TextStyle& style) {
    for (const StatusProbe* probe : probes) {
        const auto add = [&columns](std::size_t column, Cell cell) {
            columns[column].cells.push_back(std::move(cell));
        };
        const bool waits = probe->pending > 0;
        add(kState, {std::string(word_of(probe->state)), colour_of(probe->state), {}});
        add(kRoute, {fitted(probe->name, kMostName, style), Colour::none, {}});
        add(kFor, {probe->since ? short_age(answer.now - *probe->since) : "-", Colour::none, {}});
        add(k1h, ratio_cell(probe->success_1h));
        add(k24h, ratio_cell(probe->success_24h));
        add(k30d, ratio_cell(probe->success_30d));
        add(kRecent, spark_cell(*probe, kMostSpark, style));
        add(kRoundTrip, round_trip_cell(*probe, style));
        add(kPending, {fmt::format("{}", probe->pending), waits ? Colour::none : Colour::dim, {}});
        add(kWhy, why_cell(*probe, style));
    }
}

void measure(Column& column) {
    column.width = column.title.size();
    bool any = false;
    for (const Cell& cell : column.cells) {
        column.width = std::max(column.width, width_of(cell));
        any = any || width_of(cell) > 0;
    }
    // A column in which nothing stands tells nothing.
    column.kept = any;
}

std::size_t total(const std::vector<Column>& columns) noexcept {
    std::size_t sum = 0;
    for (const Column& column : columns) {
        if (column.kept) sum += column.width + (sum == 0 ? 0 : kGap.size());
    }
    return sum;
}

/// Takes from a column what is too much, down to `least`.
void shrink(std::vector<Column>& columns, std::size_t which, std::size_t least, std::size_t width) {
    Column& column = columns[which];
    const std::size_t all = total(columns);
    if (!column.kept || all <= width || column.width <= least) return;
    column.width -= std::min(column.width - least, all - width);
}

void drop(std::vector<Column>& columns, std::size_t which, std::size_t width) {
    if (total(columns) > width) columns[which].kept = false;
}

void fit(std::vector<Column>& columns, std::size_t width) {
    shrink(columns, kRecent, 10, width);
    shrink(columns, kWhy, 30, width);
    drop(columns, k30d, width);
    shrink(columns, kWhy, 24, width);
    drop(columns, kPending, width);
    drop(columns, k24h, width);
    shrink(columns, kWhy, 16, width);
    shrink(columns, kRoute, 20, width);
    drop(columns, kRecent, width);
    shrink(columns, kRoute, 12, width);
    drop(columns, kRoundTrip, width);
    drop(columns, k1h, width);
    shrink(columns, kRoute, 4, width);
    drop(columns, kWhy, width);
    drop(columns, kFor, width);
}

std::string line_of(const std::vector<Column>& columns, const TextStyle& style,
                    const std::function<Cell(const Column&)>& cell_of) {
    std::string line;
    std::size_t blanks = 0;
    bool first = true;
    for (const Column& column : columns) {
        if (!column.kept) continue;
        if (!first) blanks += kGap.size();
        first = false;
        Cell cell = cell_of(column);
        if (width_of(cell) > column.width) cell.text = fitted(cell.text, column.width, style);
        const std::size_t pad = column.width - std::min(column.width, width_of(cell));
        if (column.right) blanks += pad;
        if (width_of(cell) > 0) {
            line.append(blanks, ' ');
            line += painted(cell.text, cell.colour, style);
            blanks = 0;
        }
        if (!column.right) blanks += pad;
    }
    return line;
}

/// The first few of `probes` with what is wrong.
std::string named(const std::vector<const StatusProbe*>& probes, const TextStyle& style) {
    std::string text;
    for (std::size_t i = 0; i < std::min(probes.size(), kNamedInSentence); ++i) {
        text += (i == 0 ? "" : ", ") + fitted(probes[i]->name, kMostName, style) + " (" +
                fitted(why(*probes[i]), kMostWhy, style) + ")";
    }
    if (probes.size() > kNamedInSentence)
        text += fmt::format(" and {} more", probes.size() - kNamedInSentence);
    return text;
}

}  // namespace

bool any_down(const StatusAnswer& answer) noexcept {
    return std::ranges::any_of(
        answer.probes, [](const StatusProbe& probe) { return probe.state == ProbeState::down; });
}

std::vector<const StatusProbe*> worst_first(const StatusAnswer& answer) {
    std::vector<const StatusProbe*> probes;
    probes.reserve(answer.probes.size());
    for (const StatusProbe& probe : answer.probes)
        probes.push_back(&probe);
    // Alike ones stay in the order of the configuration: the pointers are.
    const auto key = [](const StatusProbe* probe) {
        const double streak =
            probe->state == ProbeState::down ? -static_cast<double>(probe->bad_streak) : 0.0;
        return std::make_tuple(probe->state, streak, probe->success_1h.value_or(1),
                               probe->success_24h.value_or(1), probe->success_30d.value_or(1),
                               probe);
    };
    std::ranges::sort(probes, std::ranges::less{}, key);
    return probes;
}

std::string why(const StatusProbe& probe) {
    // A stage says that sending failed.
    if (probe.stage.empty()) return probe.verdict;
    return probe.stage + ": " + probe.cause;
}

std::string short_age(double seconds) {
    const auto whole = static_cast<std::uint64_t>(std::clamp(seconds, 0.0, 1e12));
    constexpr std::uint64_t kMinute = 60;
    constexpr std::uint64_t kHour = 60 * kMinute;
    constexpr std::uint64_t kDay = 24 * kHour;
    if (whole < kMinute) return fmt::format("{}s", whole);
    if (whole < kHour) return fmt::format("{}m", whole / kMinute);
    if (whole < kDay) return fmt::format("{}h{:02}m", whole / kHour, whole % kHour / kMinute);
    if (whole < 100 * kDay) return fmt::format("{}d{:02}h", whole / kDay, whole % kDay / kHour);
    return fmt::format("{}d", whole / kDay);
}

std::string percentage(std::optional<double> ratio) {
    if (!ratio) return "-";
    if (*ratio >= 1) return "100%";
    if (*ratio <= 0) return "0%";
    return fmt::format("{:.1f}%", std::clamp(std::floor(*ratio * 1000) / 10, 0.1, 99.9));
}

std::string sparkline(const std::vector<StatusMail>& mails, std::size_t most,
                      const TextStyle& style) {
    constexpr std::array<std::string_view, 8> kBlocks{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    constexpr std::string_view kRamp = "_.-:=+*#";
    const std::size_t first = mails.size() - std::min(most, mails.size());
    std::vector<double> times;
    for (std::size_t i = first; i < mails.size(); ++i)
        if (mails[i].round_trip) times.push_back(std::max(*mails[i].round_trip, 0.0));
    double median = 0;
    if (!times.empty()) {
        const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
        std::ranges::nth_element(times, middle);
        median = *middle;
    }
    std::string line;
    for (std::size_t i = first; i < mails.size(); ++i) {
        const StatusMail& mail = mails[i];
        if (mail.verdict == "unobserved") {
            line += painted("?", Colour::yellow, style);
        } else if (mail.verdict != "delivered") {
            line += painted(style.unicode ? "×" : "x", Colour::red, style);
        } else {
            const double part = mail.round_trip && median > 0 ? *mail.round_trip / median : 1.0;
            const auto level =
                static_cast<std::size_t>(std::clamp(std::round(part * 4) - 1, 0.0, 7.0));
            line += style.unicode ? kBlocks[level] : kRamp.substr(level, 1);
        }
    }
    return line;
}

std::string status_sentence(const StatusAnswer& answer, const TextStyle& style) {
    const std::size_t all = answer.probes.size();
    const std::size_t width = style.width == 0 ? kMostSentence : style.width;
    if (all == 0) return fitted("no routes are configured", width, style);
    std::vector<const StatusProbe*> down = worst_first(answer);
    const auto fresh = static_cast<std::size_t>(
        std::ranges::count(answer.probes, ProbeState::fresh, &StatusProbe::state));
    std::erase_if(down, [](const StatusProbe* p) { return p->state != ProbeState::down; });
    const std::string waiting =
        fresh == 0 ? "" : fmt::format("{} {} no verdict yet", fresh, fresh == 1 ? "has" : "have");
    if (down.empty()) {
        std::string text;
        if (fresh == all) {
            text = all == 1 ? "the route has no verdict yet"
                            : fmt::format("all {} routes have no verdict yet", all);
        } else if (fresh > 0) {
            text = fmt::format("{} of {} routes deliver, {}", all - fresh, all, waiting);
        } else {
            text = all == 1 ? "the route delivers" : fmt::format("all {} routes deliver", all);
        }
        return painted(fitted(text, width, style), fresh == all ? Colour::bold : Colour::green,
                       style);
    }
    // A mailbox that cannot be read says nothing about delivery.
    const auto unseen = [](const StatusProbe* p) { return p->verdict == "unobserved"; };
    std::vector<const StatusProbe*> blind;
    std::ranges::copy_if(down, std::back_inserter(blind), unseen);
    std::erase_if(down, unseen);
    std::string text;
    if (!down.empty()) {
        text = all == 1 ? "the route does not deliver: "
                        : fmt::format("{} of {} routes {} not deliver: ", down.size(), all,
                                      down.size() == 1 ? "does" : "do");
        text += named(down, style);
    }
    if (!blind.empty()) {
        if (!text.empty()) {
            text += fmt::format("; {} cannot be observed: ", blind.size());
        } else {
            text = all == 1
                       ? "the route cannot be observed: "
                       : fmt::format("{} of {} routes cannot be observed: ", blind.size(), all);
        }
        text += named(blind, style);
    }
    if (!waiting.empty()) text += "; " + waiting;
    return painted(fitted(text, width, style), Colour::red, style);
}

std::vector<std::string> status_table(const StatusAnswer& answer, const TextStyle& style) {
    if (answer.probes.empty()) return {};
    std::vector<Column> columns{{"STATE", false, {}},  {"ROUTE", false, {}},
                                {"FOR", true, {}},     {"1 H", true, {}},
                                {"24 H", true, {}},    {"30 D", true, {}},
                                {"RECENT", false, {}}, {"ROUND TRIP s", true, {}},
                                {"PENDING", true, {}}, {"LAST FAILURE", false, {}}};
    const std::vector<const StatusProbe*> probes = worst_first(answer);
    fill(columns, answer, probes, style);
    std::ranges::for_each(columns, measure);
    if (style.width != 0) {
        fit(columns, style.width);
        Column& recent = columns[kRecent];
        recent.cells.clear();
        for (const StatusProbe* probe : probes)
            recent.cells.push_back(spark_cell(*probe, recent.width, style));
    }
    std::vector<std::string> lines;
    lines.push_back(line_of(columns, style, [](const Column& column) {
        return Cell{std::string(column.title), Colour::bold, {}};
    }));
    for (std::size_t row = 0; row < probes.size(); ++row) {
        lines.push_back(
            line_of(columns, style, [row](const Column& column) { return column.cells[row]; }));
    }
    return lines;
}

}  // namespace mailprobed
