// SPDX-License-Identifier: Apache-2.0
// The one interface through which facts leave probes/.
#pragma once

#include "probes/monitor/facts.hpp"

#include <type_traits>
#include <variant>

namespace mailprobed {

/// What costs something to tell, and is told only if somebody wants it.
struct Interest {
    /// TranscriptLine.
    bool lines = false;
    /// AttemptDone and MailWatched.
    bool records = false;
    /// Their conversations shall hold lines, not only stages.
    bool transcripts = false;
};

/// Receives facts on the event loop; must not block and must not throw.
class Observer {
  public:
    Observer() = default;
    Observer(const Observer&) = delete;
    Observer& operator=(const Observer&) = delete;
    virtual ~Observer() = default;

    virtual void on(const Fact& fact) = 0;
    [[nodiscard]] virtual Interest interest() const { return {}; }
};

/// An observer `Self` that has a take() for each fact but those that it ignores by name: one that
/// forgets a fact does not compile.
template <class Self, class... Ignored>
class Sink : public Observer {
  public:
    void on(const Fact& fact) final {
        std::visit(
            [this](const auto& one) {
                using One = std::decay_t<decltype(one)>;
                if constexpr (!(std::is_same_v<One, Ignored> || ...)) {
                    static_cast<Self&>(*this).take(one);
                }
            },
            fact);
    }
};

}  // namespace mailprobed
