// SPDX-License-Identifier: Apache-2.0
// What `status` shows, once or always in the same place.
#pragma once

#include "daemon/commands/options.hpp"
#include "daemon/commands/status_answer.hpp"
#include "daemon/commands/terminal.hpp"
#include "probes/base/time.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mailprobed {

/// An answer of the daemon, or why there is none.
struct StatusPoll {
    std::optional<StatusAnswer> answer;
    std::string problem;
};

/// What is watched: the last answer, and since when there is none.
class WatchedStatus {
  public:
    /// Takes what came at `now`.
    void take(StatusPoll poll, Instant now);
    /// At most `height` lines (0: all): a head that names `url`, what is wrong if something is, and
    /// the table of the last answer.
    [[nodiscard]] std::vector<std::string> lines(const std::string& url, const TextStyle& style,
                                                 std::size_t height, Instant now) const;

  private:
    StatusAnswer last_;
    std::optional<Instant> answered_;
    std::string problem_;
    std::optional<Instant> silent_since_;
};

/// The sentence, warnings and the table of one answer.
[[nodiscard]] std::vector<std::string> status_lines(const StatusAnswer& answer,
                                                    const TextStyle& style);

/// An output that shows lines: a terminal in place, other things one after the other.
class StatusScreen {
  public:
    StatusScreen(int descriptor, std::string url, std::optional<Charset> charset)
        : descriptor_(descriptor), url_(std::move(url)), charset_(charset) {}
    StatusScreen(const StatusScreen&) = delete;
    StatusScreen& operator=(const StatusScreen&) = delete;
    ~StatusScreen() { close(); }

    /// Prints an answer.
    void print(const StatusAnswer& answer);
    /// Takes the terminal's other screen and hides the cursor, if it is a terminal.
    void open();
    /// Gives both back.
    void close();
    /// Takes an answer for draw().
    void take(StatusPoll poll, Instant now) { watched_.take(std::move(poll), now); }
    /// Shows what is known.
    void draw(Instant now);

  private:
    [[nodiscard]] TextStyle style() const;
    void write(const std::string& text) const;

    int descriptor_;
    std::string url_;
    std::optional<Charset> charset_;
    WatchedStatus watched_;
    bool open_ = false;
};

}  // namespace mailprobed
