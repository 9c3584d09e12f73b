// SPDX-License-Identifier: Apache-2.0
// A mail that has its verdict: the verdict as it falls, and what is learnt afterwards.
#pragma once

#include "probes/domain/identity/bounce.hpp"
#include "probes/domain/ledger/mail_state.hpp"
#include "probes/domain/outcome/verdict.hpp"

#include <cstdint>
#include <optional>

namespace mailprobed {

/// A verdict as it falls, with all that was known of the mail. `attempt` is the one that the
/// verdict is about, `failure` is there for send_failed only, `detail` for all but delivered.
struct Judgement : MailState {
    ProbeIndex index = 0;
    Verdict verdict = Verdict::lost;
    /// For bounced.
    std::optional<StatusClass> status_class;
    /// For delivered: the mail became visible in [lower, upper].
    Instant lower, upper;
    /// For delivered: lower <= deadline < upper.
    bool deadline_uncertain = false;
    /// For delivered: a failed look widened [lower, upper].
    bool unmeasured = false;
    /// For delivered.
    BodyState body = BodyState::unread;

    /// From the start until the mail was seen; 0 unless delivered.
    [[nodiscard]] Duration round_trip() const noexcept { return until_seen(started); }
    /// From the dot until the mail was seen; 0 unless delivered.
    [[nodiscard]] Duration delivery() const noexcept { return until_seen(handed); }
    /// How much earlier than it was seen it may have arrived; 0 unless delivered.
    [[nodiscard]] Duration uncertainty() const noexcept { return until_seen(lower); }

  private:
    [[nodiscard]] Duration until_seen(Instant from) const noexcept {
        return verdict == Verdict::delivered ? upper - from : Duration::zero();
    }
};

/// A judged mail that still may leave evidence; small, because there are many.
struct JudgedMail {
    MailId mail = 0;
    Verdict verdict = Verdict::lost;
    /// False if its instants are converted, not measured.
    bool exact = true;
    /// The server refused the mail for good (as against: never answered).
    bool refused = false;
    bool arrived = false;
    bool bounced = false;
    /// Ours by its tag, but not of the ledger as this run read it: what is learnt of it is
    /// evidence, and no state of it is handed out.
    bool orphan = false;
    /// It is `unobserved`, and a complete look after the deadline did not show it.
    bool absent = false;
    /// The attempt whose copy arrived first; 0 before it did.
    std::uint8_t attempt = 0;
    /// Copies of that attempt beyond the first, and copies of it that were removed; 255 at most.
    std::uint8_t duplicates = 0;
    std::uint8_t removed = 0;
    /// Bit n: a copy of attempt n was counted as a retry copy.
    std::uint32_t retry_copies = 0;
    /// Hash of the unique id of a copy that was removed.
    std::uint64_t removed_entry = 0;
    /// `handed` is raised to the first complete look after the deadline that did not show the mail.
    Instant started, handed, deadline;
};

/// Something learnt after the verdict.
struct AfterVerdict {
    MailId mail = 0;
    ProbeIndex probe = 0;
    Evidence kind = Evidence::late;
    /// For late and found: from the start until the mail was seen.
    std::optional<Duration> latency;
    /// Copies that it is about, and with those that were told before.
    std::uint32_t count = 1;
    std::uint32_t total = 1;
};

}  // namespace mailprobed
