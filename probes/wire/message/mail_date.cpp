// SPDX-License-Identifier: Apache-2.0
// A date from left to right: [weekday ","] day month year hour ":" minute [":" second] [zone].
#include "probes/wire/message/mail_date.hpp"

#include "probes/base/ascii.hpp"
#include "probes/wire/message/comments.hpp"

#include <array>
#include <utility>

namespace mailprobed {
namespace {

using std::chrono::minutes;

constexpr std::array<std::string_view, 7> kDays{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::pair<std::string_view, int>, 8> kZones{{{"EST", -5},
                                                                  {"EDT", -4},
                                                                  {"CST", -6},
                                                                  {"CDT", -5},
                                                                  {"MST", -7},
                                                                  {"MDT", -6},
                                                                  {"PST", -8},
                                                                  {"PDT", -7}}};
// The last whole year that nanoseconds in 64 bits reach.
constexpr unsigned kFirstYear = 1900;
constexpr unsigned kLastYear = 2261;

constexpr bool is_letter(char c) noexcept {
    return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}

/// Takes all digits or all letters off the front, comments before them skipped.
template <class Fits>
std::string_view take(std::string_view& text, Fits fits) {
    if (!skip_comments(text)) return {};
    std::size_t size = 0;
    while (size < text.size() && fits(text[size]))
        ++size;
    const std::string_view word = text.substr(0, size);
    text.remove_prefix(size);
    return word;
}

std::optional<unsigned> take_number(std::string_view& text, std::size_t least, std::size_t most) {
    const std::string_view digits = take(text, ascii_digit);
    if (digits.size() < least || digits.size() > most) return std::nullopt;
    return to_number<unsigned>(digits);
}

bool take_sign(std::string_view& text, char sign) {
    if (!skip_comments(text) || !text.starts_with(sign)) return false;
    text.remove_prefix(1);
    return true;
}

template <std::size_t Size>
std::optional<unsigned> index_of(const std::array<std::string_view, Size>& names,
                                 std::string_view word) {
    for (unsigned i = 0; i < Size; ++i) {
        if (ascii_iequals(names.at(i), word)) return i;
    }
    return std::nullopt;
}

std::optional<std::chrono::sys_days> take_day(std::string_view& text) {
    const std::string_view weekday = take(text, is_letter);
    if (!weekday.empty()) {
        // Whether it is the right one tells nothing that the date does not.
        if (!index_of(kDays, weekday)) return std::nullopt;
        take_sign(text, ',');
    }
    const auto day = take_number(text, 1, 2);
    const auto month = index_of(kMonths, take(text, is_letter));
    const std::string_view digits = take(text, ascii_digit);
    auto year = digits.size() < 2 || digits.size() > 4 ? std::nullopt : to_number<unsigned>(digits);
    if (!day || !month || !year) return std::nullopt;
    // Two digits are of the last fifty years or the next fifty, three count from 1900 (4.3).
    if (digits.size() < 4) *year += digits.size() == 2 && *year < 50 ? 2000U : 1900U;
    if (*year < kFirstYear || *year > kLastYear) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                           std::chrono::month(*month + 1), std::chrono::day(*day)};
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days(date);
}

std::optional<std::chrono::seconds> take_time(std::string_view& text) {
    const auto hour = take_number(text, 1, 2);
    if (!hour || !take_sign(text, ':')) return std::nullopt;
    const auto minute = take_number(text, 2, 2);
    std::optional<unsigned> second = 0U;
    if (take_sign(text, ':')) second = take_number(text, 2, 2);
    // 60 is a leap second.
    if (!minute || !second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
    return std::chrono::hours(*hour) + minutes(*minute) + std::chrono::seconds(*second);
}

/// How far the zone is ahead of UTC; names that nobody knows count as UTC (4.3).
std::optional<minutes> take_zone(std::string_view& text) {
    const bool west = take_sign(text, '-');
    if (west || take_sign(text, '+')) {
        const auto number = take_number(text, 4, 4);
        if (!number || *number % 100 > 59) return std::nullopt;
        const minutes ahead(*number / 100 * 60 + *number % 100);
        return west ? -ahead : ahead;
    }
    const std::string_view name = take(text, is_letter);
    if (name.size() > 5) return std::nullopt;
    for (const auto& [known, hours] : kZones) {
        if (ascii_iequals(known, name)) return std::chrono::hours(hours);
    }
    return minutes(0);
}

}  // namespace

std::optional<WallTime> parse_mail_date(std::string_view text) {
    const auto day = take_day(text);
    if (!day) return std::nullopt;
    const auto time = take_time(text);
    if (!time) return std::nullopt;
    const auto ahead = take_zone(text);
    if (!ahead || !skip_comments(text) || !text.empty()) return std::nullopt;
    return WallTime(*day + *time - *ahead);
}

}  // namespace mailprobed
