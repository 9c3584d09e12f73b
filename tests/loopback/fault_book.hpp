// SPDX-License-Identifier: Apache-2.0
// The rules in force, sorted by step, with their dice and counters. Server's thread only.
#pragma once

#include "tests/loopback/dice.hpp"
#include "tests/loopback/fault.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed::loopback {

/// The points of a session at which a fault may strike.
enum class Step : std::uint8_t {
    connect,
    tls,
    greeting,
    ehlo,
    helo,
    starttls,
    auth,
    auth_response,
    login,
    mail,
    rcpt,
    data,
    dot,
    rset,
    noop,
    quit,
    vrfy,
    capa,
    stls,
    user,
    pass,
    apop,
    stat,
    list,
    uidl,
    top,
    retr,
    dele,
    unknown,
};
inline constexpr std::size_t kSteps = static_cast<std::size_t>(Step::unknown) + 1;

/// The name of a step as rules and log spell it.
[[nodiscard]] std::string_view name(Step step) noexcept;
/// Inverse of name().
[[nodiscard]] std::optional<Step> find_step(std::string_view text) noexcept;

/// Whom a rule is matched against.
struct Situation {
    Protocol protocol = Protocol::smtp;
    Step step = Step::unknown;
    std::string_view peer;
    std::string_view username;
    std::string_view sender;
    const std::vector<std::string>* recipients = nullptr;
};

/// A rule that struck; `fault` is null if none did.
struct Struck {
    std::shared_ptr<const Fault> fault;
    /// Its number, to go on behind it.
    std::uint64_t number = 0;
};

/// All rules of a server.
class FaultBook {
  public:
    /// Throws std::invalid_argument for a rule that makes no sense.
    std::uint64_t add(Fault fault);
    void remove(std::uint64_t number);
    void clear();
    /// Firings by name.
    [[nodiscard]] std::uint64_t count(std::string_view fault_name) const;

    /// False if no rule has this step: the fast way past everything else here.
    [[nodiscard]] bool watches(Protocol protocol, Step step) const {
        return !rules_[slot(protocol)][static_cast<std::size_t>(step)].empty();
    }
    /// The first rule numbered above `after` that matches and whose dice say so.
    Struck strike(const Situation& situation, Dice& dice, std::uint64_t after);

  private:
    struct Rule {
        std::uint64_t number = 0;
        std::shared_ptr<const Fault> fault;
        std::uint64_t matched = 0;
        std::uint64_t fired = 0;
    };
    using Rules = std::vector<std::shared_ptr<Rule>>;

    static std::size_t slot(Protocol protocol) { return protocol == Protocol::pop3 ? 1U : 0U; }

    std::uint64_t last_number_ = 0;
    std::array<std::array<Rules, kSteps>, 2> rules_;
    std::map<std::string, std::uint64_t, std::less<>> counts_;
};

}  // namespace mailprobed::loopback
