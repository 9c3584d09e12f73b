// SPDX-License-Identifier: Apache-2.0
// What a look reads from a mailbox: the listing, headers, whole mails; bounded and streamed.
#pragma once

#include "probes/session/pop3/dialogue.hpp"
#include "probes/session/pop3/session.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace mailprobed {

/// Entries that a listing may have.
inline constexpr std::uint32_t kMaxListed = 1'000'000;
/// Octets of a body that are kept.
inline constexpr std::size_t kMaxBody = 256UL * 1024UL;
/// Octets of a mail that are read and thrown away before the look is given up.
inline constexpr std::uint64_t kMaxRead = 16ULL * 1024 * 1024;
/// Commands sent at once.
inline constexpr std::size_t kBatch = 16;

/// Reads the lines of UIDL or LIST after its +OK, in the open stage.
Awaitable<void> read_listing(Pop3Dialogue& pop3, bool uidl,
                             const std::function<void(const ListedEntry&)>& each);

/// One line of a listing and a digest of all of them: what the server must say again when asked.
class ListingSample {
  public:
    /// Takes a line; each has the same chance to be the sample.
    void add(const ListedEntry& entry, const Draw& draw);
    /// The line drawn; its number is 0 before the first add().
    [[nodiscard]] std::uint32_t number() const noexcept { return number_; }
    /// True if `text`, behind +OK, is the line drawn; `by_uidl` says which command it answers.
    /// Where the size was not listed any size will do.
    [[nodiscard]] bool is(std::string_view text, bool by_uidl) const;
    /// The digest of the lines, order included.
    [[nodiscard]] std::uint64_t digest() const noexcept { return digest_; }

  private:
    std::uint32_t number_ = 0;
    std::string uidl_;
    std::optional<std::uint64_t> size_;
    std::uint64_t lines_ = 0;
    std::uint64_t digest_ = 0;
};

/// UIDL n or LIST n of the sample, in the open stage: an answer that is exactly the line of before
/// shows that answers and questions still belong together. A server that answers with the whole
/// list may do so if it is the same. False if it is refused; throws DialogueError, out of step.
Awaitable<bool> ask_again(Pop3Dialogue& pop3, const ListingSample& sample, bool by_uidl);

/// Gives `message` to `each`; throws DialogueError afterwards if it is cut. So a mail that nobody
/// can read to its end is known to the look that it ends, and need not end the next one.
void hand_over(FetchedMessage message, const std::function<void(FetchedMessage&&)>& each);

/// TOP n 1 for each number in the open stage, `batch` at a time. False, with nothing read, if the
/// first answer leaves open whether the server knows TOP at all; `sure` rules that out.
Awaitable<bool> top(Pop3Dialogue& pop3, std::span<const std::uint32_t> numbers, std::size_t batch,
                    bool sure, const std::function<void(FetchedMessage&&)>& each);

/// RETR n in the open stage; the first kMaxBody octets of the body are kept, or with `strict`
/// DialogueError thrown beyond them.
Awaitable<FetchedMessage> retr(Pop3Dialogue& pop3, std::uint32_t number, bool strict);

/// DELE n for each number in the open stage, all at once; adds those that were marked to `marked`.
/// `refused` becomes the first refusal.
Awaitable<void> dele(Pop3Dialogue& pop3, std::span<const std::uint32_t> numbers,
                     std::vector<std::uint32_t>& marked, std::optional<DialogueError>& refused);

}  // namespace mailprobed
