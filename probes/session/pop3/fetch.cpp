// SPDX-License-Identifier: Apache-2.0
// Streaming of multi-line responses.
#include "probes/session/pop3/fetch.hpp"

#include "probes/base/bounded_append.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace mailprobed {

namespace {

/// Splits a mail into header and body as its pieces come.
class Collector {
  public:
    Collector(FetchedMessage& message, bool with_body) : message_(message) {
        if (with_body) message_.body.emplace();
    }

    void add(const MultiLineReader::Piece& piece) {
        const bool line_start = std::exchange(line_start_, piece.ends_line);
        if (in_body_) {
            add_body(piece);
        } else if (line_start && piece.ends_line && piece.text.empty()) {
            in_body_ = message_.header_ended = true;
        } else if (line_start) {
            // What exceeds a line of 4 KiB is of no use to anybody.
            message_.headers.add_line(piece.text);
        }
    }

  private:
    void add_body(const MultiLineReader::Piece& piece) {
        if (first_line_) {
            message_.first_line += piece.text.substr(0, kMaxFirstLine - message_.first_line.size());
        }
        if (piece.ends_line) first_line_ = false;
        if (!message_.body) return;
        if (message_.body_cut || message_.body->size() + piece.text.size() + 2 > kMaxBody) {
            message_.body_cut = true;
            return;
        }
        bounded_append(*message_.body, piece.text, kMaxBody);
        if (piece.ends_line) bounded_append(*message_.body, "\r\n", kMaxBody);
    }

    FetchedMessage& message_;
    bool line_start_ = true;
    bool in_body_ = false;
    bool first_line_ = true;
};

// Reads the content after +OK; false if that was given up.
Awaitable<bool> read_content(Pop3Dialogue& pop3, Collector& collector,
                             const FetchedMessage& message, bool strict) {
    MultiLineReader reader = pop3.reader();
    for (;;) {
        const MultiLineReader::Piece piece = reader.next(pop3.talk().input());
        if (piece.found == MultiLineReader::Found::nothing) {
            co_await pop3.fill(reader);
            continue;
        }
        if (piece.found == MultiLineReader::Found::end) break;
        pop3.talk().trace_received(piece.text);
        collector.add(piece);
        if (strict && message.body_cut) {
            throw DialogueError(Cause::too_big, "a body of more than 256 KiB");
        }
        if (reader.octets() > kMaxRead) co_return false;
    }
    pop3.talk().trace_received(".");
    pop3.talk().flush_trace();
    co_return true;
}

// -ERR to a message's number concerns that message, be it gone or damaged; other codes concern the
// mailbox.
bool is_unreadable(const Pop3Answer& answer) noexcept {
    return answer.status == Pop3Status::err &&
           (answer.code == Pop3Code::none || answer.code == Pop3Code::sys_temp ||
            answer.code == Pop3Code::sys_perm);
}

}  // namespace

void hand_over(FetchedMessage message, const std::function<void(FetchedMessage&&)>& each) {
    const bool cut = message.cut;
    each(std::move(message));
    if (cut) throw DialogueError(Cause::limit_exceeded, "a mail of more than 16 MiB");
}

Awaitable<void> read_listing(Pop3Dialogue& pop3, bool uidl,
                             const std::function<void(const ListedEntry&)>& each) {
    MultiLineReader reader = pop3.reader();
    LineBuffer& input = pop3.talk().input();
    std::uint32_t entries = 0;
    for (;;) {
        const MultiLineReader::Piece line = reader.next(input);
        if (line.found == MultiLineReader::Found::nothing) {
            co_await pop3.fill(reader);
            continue;
        }
        if (line.found == MultiLineReader::Found::end) break;
        if (!line.ends_line) {
            throw DialogueError(Cause::limit_exceeded, "a line of the listing above 4096 octets");
        }
        pop3.talk().trace_received(line.text);
        const auto entry = uidl ? pop3_uidl_line(line.text) : pop3_list_line(line.text);
        if (!entry && reader.doubtful_end()) throw mixed_line_ends();
        if (!entry) {
            throw DialogueError(Cause::protocol_error,
                                "not a line of a listing: " + std::string(line.text),
                                DialogueError::Step::out);
        }
        if (++entries > kMaxListed) {
            throw DialogueError(Cause::limit_exceeded, "a listing of more than 1,000,000 entries");
        }
        each({entry->number, entry->uidl, entry->size, pop3.talk().filled_at()});
    }
    pop3.talk().trace_received(".");
    pop3.talk().flush_trace();
}

Awaitable<bool> top(Pop3Dialogue& pop3, std::span<const std::uint32_t> numbers, std::size_t batch,
                    bool sure, const std::function<void(FetchedMessage&&)>& each) {
    while (!numbers.empty()) {
        const auto some = numbers.first(std::min(batch, numbers.size()));
        numbers = numbers.subspan(some.size());
        pop3.talk().restart_stage_timer();
        for (const std::uint32_t number : some) {
            pop3.talk().queue({"TOP ", std::to_string(number), " 1"});
        }
        pop3.expect_silence();
        co_await pop3.talk().flush();
        for (const std::uint32_t number : some) {
            const Pop3Answer answer = co_await pop3.answer(false);
            const bool unclear = !sure && answer.code == Pop3Code::none;
            if (is_unreadable(answer) && unclear) co_return false;
            FetchedMessage message;
            message.number = number;
            message.present = answer.ok();
            if (answer.ok()) {
                sure = true;
                Collector collector(message, false);
                const bool whole = co_await read_content(pop3, collector, message, false);
                message.cut = !whole;
            } else if (!is_unreadable(answer)) {
                pop3.expect_ok(answer, "TOP refused");
            } else {
                message.refusal = pop3.talk().presentable("TOP refused: -ERR " + answer.text);
            }
            hand_over(std::move(message), each);
        }
    }
    co_return true;
}

Awaitable<void> dele(Pop3Dialogue& pop3, std::span<const std::uint32_t> numbers,
                     std::vector<std::uint32_t>& marked, std::optional<DialogueError>& refused) {
    pop3.talk().restart_stage_timer();
    for (const std::uint32_t number : numbers) {
        pop3.talk().queue({"DELE ", std::to_string(number)});
    }
    pop3.expect_silence();
    co_await pop3.talk().flush();
    for (const std::uint32_t number : numbers) {
        const Pop3Answer answer = co_await pop3.answer();
        if (answer.ok()) {
            marked.push_back(number);
        } else if (answer.status != Pop3Status::err) {
            pop3.expect_ok(answer, "DELE refused");
        } else if (!refused) {
            refused.emplace(pop3_refusal(Stage::remove, answer, "DELE refused"));
        }
    }
}

Awaitable<FetchedMessage> retr(Pop3Dialogue& pop3, std::uint32_t number, bool strict) {
    FetchedMessage message;
    message.number = number;
    pop3.talk().queue({"RETR ", std::to_string(number)});
    const Pop3Answer answer = co_await pop3.exchange(false);
    if (is_unreadable(answer)) {
        message.refusal = pop3.talk().presentable("RETR refused: -ERR " + answer.text);
        co_return message;
    }
    pop3.expect_ok(answer, "RETR refused");
    message.present = true;
    Collector collector(message, true);
    const bool whole = co_await read_content(pop3, collector, message, strict);
    message.cut = !whole;
    co_return message;
}

}  // namespace mailprobed
