// SPDX-License-Identifier: Apache-2.0
// Every reading of a text is searched, and what it finds is marked in the text itself.
#include "probes/session/masker.hpp"

#include "probes/session/escapes.hpp"
#include "probes/wire/ascii.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_set>

namespace mailprobed {

namespace {

// Base64 characters beside a match that may carry some bits of the secret.
constexpr std::size_t kBase64Edge = 3;
// Escapes within escapes that are read back.
constexpr std::size_t kDepth = 3;
// Readings of one text; a text made to have more is no server's echo.
constexpr std::size_t kMostReadings = 96;
constexpr std::size_t kMostOctets = 512UL * 1024UL;

using Marks = std::vector<bool>;

// A text above this is read back in pieces of this size, for the memory that it takes.
constexpr std::size_t kLong = 4096;

// Characters of a skeleton that base64 may hold.
bool in_base64(char c) noexcept {
    const char same = folded(c);
    return (same >= 'a' && same <= 'z') || ascii_digit(same) || same == '+' || same == '/' ||
           same == '=';
}

// Marks in the text what was found in one of its readings.
class Marker {
  public:
    // With `widens` a match in base64 takes its whole word with it. Codes at the start of lines
    // stay, if the text is `prefixed` with them.
    Marker(std::string_view text, const Skeleton& skeleton, bool widens, bool prefixed,
           Marks& marks)
        : text_(text), skeleton_(skeleton), widens_(widens), prefixed_(prefixed), marks_(marks) {}

    void mark(SecretPlace place) {
        if (place.base64 && widens_) {
            // A long word full of secrets must not cost its square.
            if (marked(place.begin) && marked(place.end - 1) && done_at(place.end)) return;
            widen(place.begin, place.end);
        }
        for (std::size_t i = place.begin; i < place.end; ++i) {
            const auto [first, last] = skeleton_.sources[i];
            const bool blank = i > place.begin && gap_after(i - 1) == Gap::blank;
            std::size_t at = blank ? skeleton_.sources[i - 1].second : first;
            for (; at < last; ++at) {
                // The source of "%41" may go over a line end and the code behind it.
                if (text_[at] != '\n') {
                    marks_[at] = true;
                } else if (prefixed_) {
                    at += prefix_at(text_, at + 1);
                    while (at + 1 < last && text_[at + 1] == ' ')
                        ++at;
                }
            }
        }
    }

  private:
    enum class Gap : std::uint8_t { none, blank, line_end };

    [[nodiscard]] bool marked(std::size_t at) const { return marks_[skeleton_.sources[at].first]; }

    // True if what stands at `at` needs no marking on behalf of a word before it.
    [[nodiscard]] bool done_at(std::size_t at) const {
        return at == skeleton_.octets.size() || !in_base64(skeleton_.octets[at]) || marked(at);
    }

    [[nodiscard]] Gap gap_after(std::size_t left) const {
        const std::size_t begin = skeleton_.sources[left].second;
        const std::size_t end = skeleton_.sources[left + 1].first;
        if (begin >= end) return Gap::none;
        const bool line_end = text_.substr(begin, end - begin).find('\n') != std::string_view::npos;
        return line_end ? Gap::line_end : Gap::blank;
    }

    // How many of `count` characters beyond the gap after `gap`, going by `step`, belong to the
    // match's base64 word: all up to a blank, but no more than its edge on another line.
    [[nodiscard]] std::size_t edge(std::size_t gap, std::size_t count, int step) const {
        bool other_line = false;
        std::size_t size = 0;
        for (; size < count; ++size) {
            const Gap here = gap_after(gap);
            other_line |= here == Gap::line_end;
            const char near = skeleton_.octets[step > 0 ? gap : gap + 1];
            const char far = skeleton_.octets[step > 0 ? gap + 1 : gap];
            if (here == Gap::blank || !in_base64(far)) break;
            if (other_line && size >= kBase64Edge) break;
            // Padding is the end.
            if (step > 0 ? near == '=' && far != '=' : far == '=') break;
            gap = step > 0 ? gap + 1 : gap - 1;
        }
        return size;
    }

    // The rest of a base64 word says who logs in; its characters next to the match say more.
    void widen(std::size_t& begin, std::size_t& end) const {
        const std::size_t before = begin == 0 ? 0 : edge(begin - 1, begin, -1);
        end += edge(end - 1, skeleton_.octets.size() - end, 1);
        begin -= before;
    }

    std::string_view text_;
    const Skeleton& skeleton_;
    bool widens_;
    bool prefixed_;
    Marks& marks_;
};

// The readings of a text, the plain ones first, each escape of each of them after those before.
// Only those on the way to the one at hand are kept: a server may send much, and each reading takes
// nine times what it reads.
class Readings {
  public:
    Readings(std::string_view text, bool prefixed, bool blanks)
        : text_(text), prefixed_(prefixed), blanks_(blanks) {}

    // Calls `each` with every reading whose depth is from `least` to `most`, and its depth.
    template <class Each>
    void for_each(std::size_t least, std::size_t most, Each each) {
        for (std::size_t depth = least; depth <= most; ++depth) {
            bool any = descend(skeleton_of(text_, false), 0, depth, each);
            if (prefixed_) any = descend(skeleton_of(text_, true), 0, depth, each) || any;
            if (!any) return;
        }
    }

  private:
    // True if there was a reading at depth `target`.
    template <class Each>
    bool descend(const Skeleton& skeleton, std::size_t depth, std::size_t target, Each& each) {
        if (depth == target) {
            each(skeleton, depth);
            return true;
        }
        bool any = false;
        for (const Escape escape : kEscapes) {
            if (count_ >= kMostReadings || octets_ > kMostOctets) break;
            if (escape == Escape::plus && !blanks_) continue;
            const auto next = unescaped(skeleton, text_, escape);
            if (!next) continue;
            octets_ += next->octets.size();
            if (depth + 1 == target) {
                if (!is_new(*next)) continue;
                ++count_;
            }
            any = descend(*next, depth + 1, target, each) || any;
        }
        return any;
    }

    [[nodiscard]] bool is_new(const Skeleton& skeleton) {
        const std::size_t hash = std::hash<std::string>{}(skeleton.octets);
        return seen_.insert(hash * 2 + (skeleton.without_prefixes ? 1 : 0)).second;
    }

    std::string_view text_;
    bool prefixed_;
    bool blanks_;
    std::size_t count_ = 0;
    std::size_t octets_ = 0;
    std::unordered_set<std::size_t> seen_;
};

}  // namespace

void Masker::add(std::string_view secret) {
    if (!secret.empty()) known_.push_back({Secret(std::string(secret)), false});
}

void Masker::add_base64(std::string_view text) {
    if (!text.empty()) known_.push_back({Secret(std::string(text)), true});
}

void Masker::make_forms() {
    std::size_t octets = 0;
    for (std::size_t i = covered_; i < known_.size(); ++i) {
        octets += known_[i].value.reveal().size();
    }
    if (octets == 0) return;
    forms_.reserve(octets);
    for (; covered_ < known_.size(); ++covered_) {
        const auto& [value, base64] = known_[covered_];
        if (base64) {
            forms_.add_base64(value.reveal());
        } else {
            forms_.add_secret(value.reveal());
        }
    }
    forms_.settle();
}

std::string Masker::masked(std::string_view text, bool open_end) {
    if (known_.empty()) return std::string(text);
    make_forms();
    Marks marks;
    const bool prefixed = has_prefixes(text);
    const bool is_long = text.size() > kLong;
    mark({text, 0, open_end, prefixed}, 0, is_long ? 0 : kDepth, marks, text.size());
    // Each overlaps the one before by half, for what lies across their border.
    for (std::size_t begin = 0; is_long && begin < text.size(); begin += kLong / 2) {
        const std::size_t end = std::min(begin + kLong, text.size());
        mark({text.substr(begin, end - begin), begin, open_end && end == text.size(), prefixed}, 1,
             kDepth, marks, text.size());
        if (end == text.size()) break;
    }
    if (marks.empty()) return std::string(text);
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (!marks[i]) {
            result += text[i];
        } else if (i == 0 || !marks[i - 1]) {
            result += kMask;
        }
    }
    return result;
}

void Masker::mark(const Piece& piece, std::size_t least, std::size_t most, Marks& marks,
                  std::size_t whole) const {
    std::vector<SecretPlace> places;
    Marks here;
    Readings readings(piece.text, piece.prefixed, forms_.with_blanks());
    readings.for_each(least, most, [&](const Skeleton& skeleton, std::size_t depth) {
        places.clear();
        // Where codes stand in between, what they interrupt is whole only without them.
        const bool lines_join = skeleton.without_prefixes || !piece.prefixed;
        forms_.find({skeleton, piece.text, piece.open_end, lines_join}, places);
        if (places.empty()) return;
        here.resize(piece.text.size(), false);
        Marker marker(piece.text, skeleton, depth == 0 && lines_join, piece.prefixed, here);
        for (const SecretPlace& place : places)
            marker.mark(place);
    });
    if (here.empty()) return;
    marks.resize(whole, false);
    for (std::size_t i = 0; i < here.size(); ++i) {
        if (here[i]) marks[piece.begin + i] = true;
    }
}

}  // namespace mailprobed
