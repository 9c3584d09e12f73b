// SPDX-License-Identifier: Apache-2.0
// Which conversation meets which fault: a catalogue of fault kinds, and who gets the next one.
//
// The client's address carries the choice to the server: a conversation of kind k comes from an
// address 127.k.x.y of its own, and the rule of kind k strikes whoever comes from 127.k.
#pragma once

#include "probes/base/tls_mode.hpp"
#include "tests/loopback/server.hpp"

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed::accounting {

/// Which conversations a kind makes sense for.
enum class Needs : std::uint8_t { anything, tls, starttls };

/// One way in which a conversation goes wrong.
struct FaultKind {
    /// As in `smtp DOT lose`; names the rule in the server's log.
    std::string name;
    /// The rest of the server's rule; empty and `refused` for a port where nobody listens.
    std::string rule;
    Needs needs = Needs::anything;
    /// How often, in units of the usual number.
    double weight = 1;
    /// No look gets past it.
    bool blocks = false;
    bool refused = false;
    /// The server throws the mail away although it says otherwise, or nothing.
    bool loses = false;
};

/// All kinds of submissions and of looks; the fault of a mail is fixed beforehand by seeded dice.
[[nodiscard]] std::vector<FaultKind> smtp_faults();
[[nodiscard]] std::vector<FaultKind> pop3_faults();

/// What one conversation is given.
struct Assignment {
    std::string peer;
    /// Null for a healthy one.
    const FaultKind* fault = nullptr;
};

/// Hands out kinds and addresses.
class FaultPlan {
  public:
    /// `modes` are those of the probes in their order, each of which sends `mails_each` or a few
    /// more; each kind shall strike `needed` times, a quarter more of them are planned.
    FaultPlan(std::vector<TlsMode> modes, std::size_t mails_each, unsigned needed,
              std::uint64_t seed);

    /// Adds the rules of all kinds.
    void install(loopback::Server& server) const;
    /// How the `number`-th mail of a probe fares.
    [[nodiscard]] Assignment mail(std::size_t probe, std::size_t number);
    /// How the next look into a mailbox fares; `down` if it must not succeed.
    [[nodiscard]] Assignment look(TlsMode mode, bool down);
    /// Looks at the server's counters, so that looks get the kinds that struck least so far, and
    /// more of them if they lag behind the `progress` (0 to 1) of the run. Any thread.
    void learn(const loopback::Server& server, double progress);
    /// True if every kind struck as often as it should, as far as is known. Any thread.
    [[nodiscard]] bool satisfied();

    /// Names of all kinds, for the judge.
    [[nodiscard]] std::vector<std::string> names() const;

  private:
    std::string address(std::size_t kind);
    [[nodiscard]] std::optional<std::size_t> rarest(const std::vector<FaultKind>& kinds,
                                                    const std::vector<double>& struck, TlsMode mode,
                                                    bool blocking) const;

    std::vector<FaultKind> smtp_ = smtp_faults();
    std::vector<FaultKind> pop3_ = pop3_faults();
    std::vector<TlsMode> modes_;
    std::size_t mails_each_;
    double needed_;
    /// Kind of each mail, probe after probe.
    std::vector<std::optional<std::size_t>> planned_;
    std::mt19937_64 dice_;
    std::mutex mutex_;
    /// By kind: how often it struck, as far as is known, plus how often it was given since.
    std::vector<double> smtp_struck_;
    std::vector<double> pop3_struck_;
    /// How often each kind of look should have struck by now.
    double due_ = 0;
    std::vector<std::uint32_t> addresses_;
};

}  // namespace mailprobed::accounting
