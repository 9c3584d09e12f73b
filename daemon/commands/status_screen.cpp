// SPDX-License-Identifier: Apache-2.0
// Lines on a screen; a frame is one write, so that it does not flicker.
#include "daemon/commands/status_screen.hpp"

#include "daemon/commands/status_table.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <unistd.h>
#include <utility>

namespace mailprobed {
namespace {

constexpr std::string_view kOpen = "\x1b[?1049h\x1b[?25l";
constexpr std::string_view kClose = "\x1b[?25h\x1b[?1049l";
constexpr std::string_view kHome = "\x1b[H";
constexpr std::string_view kRestOfLine = "\x1b[K";
constexpr std::string_view kRestOfScreen = "\x1b[J";
constexpr std::size_t kMostProblem = 400;

std::string line_of(const std::string& text, Colour colour, const TextStyle& style) {
    const std::size_t most = style.width == 0 ? kMostProblem : style.width;
    return painted(fitted(text, most, style), colour, style);
}

}  // namespace

std::vector<std::string> status_lines(const StatusAnswer& answer, const TextStyle& style) {
    std::vector<std::string> lines{status_sentence(answer, style)};
    if (!answer.journal_healthy) {
        lines.push_back(
            line_of("the daemon cannot write its ledger; its log says why", Colour::yellow, style));
    }
    const std::vector<std::string> table = status_table(answer, style);
    if (!table.empty()) lines.emplace_back();
    lines.insert(lines.end(), table.begin(), table.end());
    return lines;
}

void WatchedStatus::take(StatusPoll poll, Instant now) {
    problem_ = std::move(poll.problem);
    if (poll.answer) {
        last_ = std::move(*poll.answer);
        answered_ = now;
        silent_since_.reset();
    } else if (!silent_since_) {
        silent_since_ = now;
    }
}

std::vector<std::string> WatchedStatus::lines(const std::string& url, const TextStyle& style,
                                              std::size_t height, Instant now) const {
    std::string head = "mailprobed";
    if (answered_) head += " " + last_.version + " \"" + last_.instance + "\"";
    std::vector<std::string> lines{line_of(head + " at " + url, Colour::dim, style)};
    if (silent_since_) {
        std::string text = "no answer";
        if (now - *silent_since_ >= std::chrono::seconds{1})
            text += " for " + short_age(to_seconds(now - *silent_since_));
        lines.push_back(line_of(text + ": " + problem_, Colour::red, style));
        if (answered_) {
            const std::string age = short_age(to_seconds(now - *answered_));
            lines.push_back(line_of("what it said " + age + " ago:", Colour::dim, style));
        }
    }
    if (!answered_ && !silent_since_) lines.push_back(line_of("asking", Colour::dim, style));
    if (answered_) {
        const std::vector<std::string> rest = status_lines(last_, style);
        lines.insert(lines.end(), rest.begin(), rest.end());
    }
    if (height != 0 && lines.size() > height) {
        const std::size_t hidden = lines.size() - height + 1;
        lines.resize(height - 1);
        lines.push_back(line_of(fmt::format("and {} more", hidden), Colour::dim, style));
    }
    return lines;
}

TextStyle StatusScreen::style() const {
    TextStyle style = style_of(descriptor_);
    if (charset_ == Charset::unicode) style.unicode = true;
    if (charset_ == Charset::ascii) style.unicode = false;
    return style;
}

void StatusScreen::write(const std::string& text) const {
    for (std::string_view rest = text; !rest.empty();) {
        const ssize_t size = ::write(descriptor_, rest.data(), rest.size());
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) return;
        rest.remove_prefix(static_cast<std::size_t>(size));
    }
}

void StatusScreen::print(const StatusAnswer& answer) {
    std::string text;
    for (const std::string& line : status_lines(answer, style()))
        text += line + "\n";
    write(text);
}

void StatusScreen::open() {
    if (open_ || !is_screen(descriptor_)) return;
    open_ = true;
    write(std::string(kOpen));
}

void StatusScreen::close() {
    if (!open_) return;
    open_ = false;
    write(std::string(kClose));
}

void StatusScreen::draw(Instant now) {
    const std::vector<std::string> lines =
        watched_.lines(url_, style(), open_ ? lines_of(descriptor_) : 0, now);
    std::string frame(open_ ? kHome : "");
    for (std::size_t i = 0; i < lines.size(); ++i) {
        // A line end in the last line would move everything up.
        frame += lines[i];
        if (open_) frame += kRestOfLine;
        if (!open_ || i + 1 < lines.size()) frame += "\n";
    }
    frame += open_ ? kRestOfScreen : "\n";
    write(frame);
}

}  // namespace mailprobed
