// SPDX-License-Identifier: Apache-2.0
// Counts the complete replies that a client has read, so that it is known what it can have heard
// when it gives up. Shares nothing with the parsers of the clients.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

namespace mailprobed::accounting {

/// Follows one conversation, greeting first.
class ReplyCounter {
  public:
    /// With `pop3`, +OK to some commands is followed by lines up to a dot; with SMTP a hyphen after
    /// the code promises another line.
    explicit ReplyCounter(bool pop3) : pop3_(pop3) {}

    /// The client writes command lines.
    void written(std::string_view bytes);
    /// The client writes something else that has one reply.
    void written_data() { expected_.push_back(false); }
    /// The client has read.
    void read(std::string_view bytes);
    /// Complete replies so far, the greeting being the first.
    [[nodiscard]] std::size_t count() const noexcept { return count_; }

  private:
    void line(std::string_view text);

    bool pop3_;
    /// For each reply that is to come: whether it may be a list.
    std::deque<bool> expected_{false};
    bool in_list_ = false;
    std::string partial_;
    std::size_t count_ = 0;
};

}  // namespace mailprobed::accounting
