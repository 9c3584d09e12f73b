// SPDX-License-Identifier: Apache-2.0
// Asking for a line of the listing once more, to see that the dialogue is in step.
#include "probes/session/pop3/fetch.hpp"

#include <random>
#include <utility>

namespace mailprobed {

namespace {

constexpr std::uint64_t kPrime = 1099511628211ULL;
/// How long the rest of an answer may take that began as none should.
constexpr Duration kOddAnswer = std::chrono::seconds{5};

std::uint64_t mixed(std::uint64_t digest, std::string_view text) noexcept {
    for (const char c : text)
        digest = (digest ^ static_cast<unsigned char>(c)) * kPrime;
    return (digest ^ 0xffU) * kPrime;
}

// The digest of a list that is read now; nothing if it is none.
Awaitable<std::optional<std::uint64_t>> digest_of_list(Pop3Dialogue& pop3, bool by_uidl) {
    ListingSample again;
    const std::function<void(const ListedEntry&)> each = [&again](const ListedEntry& entry) {
        again.add(entry, [](std::uint64_t) { return 0U; });
    };
    pop3.talk().shorten_deadline(kOddAnswer);
    try {
        co_await read_listing(pop3, by_uidl, each);
    } catch (const ChannelError&) {
        co_return std::nullopt;
    }
    pop3.talk().relax();
    co_return again.digest();
}

}  // namespace

std::uint64_t draw_at_random(std::uint64_t bound) {
    thread_local std::mt19937_64 generator{std::random_device{}()};
    // A listing draws for each line; the bias of a remainder is nothing beside 64 bits.
    return generator() % bound;
}

void ListingSample::add(const ListedEntry& entry, const Draw& draw) {
    digest_ = mixed(digest_, std::to_string(entry.number));
    digest_ = mixed(digest_, entry.id);
    if (entry.size) digest_ = mixed(digest_, std::to_string(*entry.size));
    if (draw(++lines_) != 0) return;
    number_ = entry.number;
    uidl_ = entry.id;
    size_ = entry.size;
}

bool ListingSample::is(std::string_view text, bool by_uidl) const {
    const auto line = by_uidl ? pop3_uidl_line(text) : pop3_list_line(text);
    if (!line || line->number != number_) return false;
    // An id that is none is printed by some servers as it came.
    if (by_uidl) return line->uidl == uidl_;
    // Listed by UIDL, its size was not told.
    return !uidl_.empty() || line->size == size_;
}

Awaitable<bool> ask_again(Pop3Dialogue& pop3, const ListingSample& sample, bool by_uidl) {
    const std::string_view command = by_uidl ? "UIDL " : "LIST ";
    pop3.talk().queue({command, std::to_string(sample.number())});
    const Pop3Answer answer = co_await pop3.exchange(false);
    if (answer.status == Pop3Status::err) co_return false;
    bool same = answer.ok() && sample.is(answer.text, by_uidl);
    if (same) {
        pop3.talk().flush_trace();
        co_return true;
    }
    const bool other_line = pop3.talk().input().empty() && pop3_list_line(answer.text).has_value();
    if (answer.ok() && !other_line) {
        const std::optional<std::uint64_t> digest = co_await digest_of_list(pop3, by_uidl);
        same = digest == sample.digest();
    }
    if (!same) {
        throw DialogueError(Cause::protocol_error,
                            "asked again for entry " + std::to_string(sample.number()) +
                                " of the listing the server answers something else: " + answer.text,
                            DialogueError::Step::out);
    }
    co_return true;
}

}  // namespace mailprobed
