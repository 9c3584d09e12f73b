// SPDX-License-Identifier: Apache-2.0
// Every reading of a text is searched, and what it finds is marked in the text itself.
#include "probes/session/redact/masker.hpp"

#include "probes/base/ascii.hpp"
#include "probes/session/redact/escape_hints.hpp"
#include "probes/session/redact/escapes.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace mailprobed {

namespace {

// Base64 characters beside a match that may carry some bits of the secret.
constexpr std::size_t kBase64Edge = 3;
// Escapes within escapes that are read back.
constexpr std::size_t kDepth = 3;
// Readings of one text; a text made to have more is no server's echo.
constexpr std::size_t kMostReadings = 96;
constexpr std::size_t kMostOctets = 24UL * 1024UL;
// Longer texts are read back piece by piece, each half over the one before: that bounds the memory
// and is more than an escaped secret takes.
constexpr std::size_t kWindow = 4096;

using Marks = std::vector<bool>;

// Characters of a skeleton that base64 may hold.
bool in_base64(char c) noexcept {
    const char same = folded(c);
    return (same >= 'a' && same <= 'z') || ascii_digit(same) || same == '+' || same == '/' ||
           same == '=';
}

// `size` octets of `skeleton` from `begin` on.
Skeleton part_of(const Skeleton& skeleton, std::size_t begin, std::size_t size) {
    Skeleton part;
    part.without_prefixes = skeleton.without_prefixes;
    part.octets = skeleton.octets.substr(begin, size);
    const auto first = skeleton.sources.begin() + static_cast<std::ptrdiff_t>(begin);
    part.sources.assign(first, first + static_cast<std::ptrdiff_t>(part.octets.size()));
    return part;
}

// Marks in the text what was found in one of its readings.
class Marker {
  public:
    // With `widens` a match in base64 takes its whole word with it.
    Marker(std::string_view text, const Skeleton& skeleton, bool widens, Marks& marks)
        : text_(text), skeleton_(skeleton), widens_(widens), marks_(marks) {}

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
                } else if (skeleton_.without_prefixes) {
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
    Marks& marks_;
};

// What escapes hide in a text, one within the other; each reading after those that it is made of.
class Readings {
  public:
    Readings(std::string_view text, bool blanks) : text_(text), blanks_(blanks) {}

    // Calls `each` with all readings of `plain` but itself.
    template <class Each>
    void for_each(const Skeleton& plain, Each each) {
        read_back(plain, 1);
        for (std::size_t i = 0; i < all_.size(); ++i) {
            each(all_[i].skeleton);
            if (all_[i].depth < kDepth) read_back(i);
        }
    }

  private:
    struct One {
        Skeleton skeleton;
        std::size_t depth;
    };

    void read_back(std::size_t from) {
        const EscapeHints hints(all_[from].skeleton, text_);
        for (const Escape escape : kEscapes) {
            if (hints.may_hold(escape)) add(all_[from].skeleton, escape, all_[from].depth + 1);
        }
    }
    void read_back(const Skeleton& plain, std::size_t depth) {
        const EscapeHints hints(plain, text_);
        for (const Escape escape : kEscapes) {
            if (hints.may_hold(escape)) add(plain, escape, depth);
        }
    }

    void add(const Skeleton& from, Escape escape, std::size_t depth) {
        if (all_.size() >= kMostReadings || octets_ > kMostOctets) return;
        if (escape == Escape::plus && !blanks_) return;
        auto next = unescaped(from, text_, escape);
        if (!next || next->octets == from.octets || known(*next)) return;
        octets_ += next->octets.size();
        all_.push_back({std::move(*next), depth});
    }

    [[nodiscard]] bool known(const Skeleton& skeleton) const {
        return std::ranges::any_of(
            all_, [&skeleton](const One& one) { return one.skeleton.octets == skeleton.octets; });
    }

    std::string_view text_;
    bool blanks_;
    std::size_t octets_ = 0;
    std::vector<One> all_;
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
    std::vector<SecretPlace> places;
    const auto search_one = [&](const Skeleton& skeleton, bool parts, bool widens) {
        places.clear();
        forms_.find({skeleton, text, open_end, parts}, places);
        if (places.empty()) return;
        marks.resize(text.size(), false);
        Marker marker(text, skeleton, widens, marks);
        for (const SecretPlace& place : places)
            marker.mark(place);
    };
    const auto search = [&](const Skeleton& skeleton, bool parts, bool widens) {
        search_one(skeleton, parts, widens);
        if (forms_.with_gaps()) search_one(gapped(skeleton), parts, false);
    };
    const bool prefixed = has_prefixes(text);
    // Where codes stand in between, what they interrupt is whole only without them.
    if (prefixed) search(skeleton_of(text, false), false, false);
    const Skeleton plain = skeleton_of(text, prefixed);
    search(plain, true, true);
    for (std::size_t begin = 0; begin < plain.octets.size(); begin += kWindow / 2) {
        const bool whole = plain.octets.size() <= kWindow;
        const Skeleton part = whole ? Skeleton{} : part_of(plain, begin, kWindow);
        const Skeleton& window = whole ? plain : part;
        Readings readings(text, forms_.with_blanks());
        readings.for_each(window, [&](const Skeleton& one) { search(one, true, false); });
        if (begin + kWindow >= plain.octets.size()) break;
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

}  // namespace mailprobed
