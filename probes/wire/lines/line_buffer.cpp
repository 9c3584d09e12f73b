// SPDX-License-Identifier: Apache-2.0
// The line buffer's bookkeeping.
#include "probes/wire/lines/line_buffer.hpp"

#include <algorithm>
#include <cstring>

namespace mailprobed {

std::span<char> LineBuffer::prepare() {
    if (begin_ > 0) {
        std::memmove(bytes_.data(), bytes_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        searched_ -= begin_;
        begin_ = 0;
    }
    const bool no_room = end_ == bytes_.size();
    if (no_room || (full_ && bytes_.size() < kMostRoom)) {
        bytes_.resize(std::max(kFirstRoom, bytes_.size() * 2));
    }
    full_ = false;
    return std::span<char>(bytes_).subspan(end_);
}

void LineBuffer::commit(std::size_t size) noexcept {
    end_ += std::min(size, bytes_.size() - end_);
    full_ = end_ == bytes_.size();
}

std::size_t LineBuffer::find_lf() noexcept {
    if (searched_ < end_) {
        const void* found = std::memchr(bytes_.data() + searched_, '\n', end_ - searched_);
        if (found != nullptr) {
            searched_ = static_cast<std::size_t>(static_cast<const char*>(found) - bytes_.data());
            return searched_;
        }
        searched_ = end_;
    }
    return end_;
}

LineBuffer::Taken LineBuffer::take(std::size_t lf) noexcept {
    Taken taken{{bytes_.data() + begin_, lf - begin_}, true};
    // The CR of an overlong line may have been held back: it is in `text` all the same.
    if (!taken.text.empty() && taken.text.back() == '\r') {
        taken.text.remove_suffix(1);
        taken.bare_lf = false;
    } else {
        bare_lf_ = true;
    }
    begin_ = lf + 1;
    searched_ = begin_;
    return taken;
}

LineBuffer::Line LineBuffer::next() noexcept {
    const std::size_t lf = find_lf();
    // One octet more than the limit may wait: it may be the CR.
    if (lf - begin_ > kMaxLine + 1) return {Found::too_long, {}};
    if (lf == end_) return {};
    const std::size_t start = begin_;
    const bool cr = lf > start && bytes_[lf - 1] == '\r';
    if (lf - start - (cr ? 1 : 0) > kMaxLine) return {Found::too_long, {}};
    const Taken taken = take(lf);
    return {Found::line, taken.text, taken.bare_lf};
}

LineBuffer::Piece LineBuffer::next_piece() noexcept {
    const std::size_t lf = find_lf();
    const bool begins = !inside_line_;
    if (lf != end_) {
        inside_line_ = false;
        const Taken taken = take(lf);
        return {true, begins, true, taken.text, taken.bare_lf};
    }
    std::string_view text = waiting();
    // A CR at the end may belong to a line end that has not come yet.
    if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
    if (text.size() < kMaxLine) return {};
    begin_ += text.size();
    inside_line_ = true;
    return {true, begins, false, text, false};
}

void LineBuffer::clear() noexcept {
    begin_ = end_ = searched_ = 0;
    inside_line_ = false;
}

}  // namespace mailprobed
