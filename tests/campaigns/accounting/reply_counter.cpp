// SPDX-License-Identifier: Apache-2.0
// Lines to replies.
#include "tests/campaigns/accounting/reply_counter.hpp"

namespace mailprobed::accounting {
namespace {

/// A long line is no reply worth keeping.
constexpr std::size_t kKept = 100;

bool may_list(std::string_view command) {
    for (const std::string_view word : {"CAPA\r", "UIDL\r", "LIST\r", "TOP ", "RETR "}) {
        if (command.starts_with(word)) return true;
    }
    return false;
}

}  // namespace

void ReplyCounter::written(std::string_view bytes) {
    for (std::size_t end = bytes.find('\n'); end != std::string_view::npos;
         end = bytes.find('\n')) {
        expected_.push_back(may_list(bytes.substr(0, end)));
        bytes.remove_prefix(end + 1);
    }
}

void ReplyCounter::read(std::string_view bytes) {
    for (const char c : bytes) {
        if (c == '\n') {
            line(partial_);
            partial_.clear();
        } else if (partial_.size() < kKept) {
            partial_ += c;
        }
    }
}

void ReplyCounter::line(std::string_view text) {
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (in_list_) {
        if (text != ".") return;
        in_list_ = false;
    } else {
        // What the server says unasked answers nothing.
        if (expected_.empty()) return;
        if (!pop3_ && text.size() > 3 && text[3] == '-') return;
        const bool list = pop3_ && expected_.front() && text.starts_with("+OK");
        expected_.pop_front();
        if (list) {
            in_list_ = true;
            return;
        }
    }
    ++count_;
}

}  // namespace mailprobed::accounting
