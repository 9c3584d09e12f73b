// SPDX-License-Identifier: Apache-2.0
// The scene of the soak: the server's dice and the settings of its probes.
#pragma once

#include "probes/domain/outcome/verdict.hpp"
#include "probes/domain/settings/settings.hpp"
#include "tests/loopback/server.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace mailprobed::soak {

/// How a strike of a rule shows in the verdicts.
enum class Effect : std::uint8_t {
    /// Not at all, or not always.
    none,
    lost,
    send_failed,
    bounced,
    /// May end a submission, if the further attempt is struck as well.
    maybe_send_failed,
};

/// A rule of the server (tests/loopback/README.md) and what it does to a mail.
struct Die {
    const char* name;
    const char* rule;
    Effect effect = Effect::none;
};

constexpr auto kDeadline = std::chrono::seconds{3};
constexpr auto kGrace = std::chrono::seconds{2};
/// A look may hang for longer than deadline and grace: then nobody has looked in time.
constexpr auto kLongestLook = std::chrono::seconds{7};
/// For how long a mail is remembered after its verdict; so short that the run is much longer.
constexpr auto kEvidence = std::chrono::seconds{30};

/// About one mail in twenty meets one of them. Each verdict and each kind of later evidence is
/// among what they bring about.
inline constexpr std::array kDice{
    Die{"lose", "smtp DOT lose p=0.005", Effect::lost},
    Die{"duplicate", "smtp DOT duplicate p=0.005"},
    Die{"alter", "smtp DOT alter p=0.005"},
    Die{"keep and drop", "smtp DOT keep_and_drop p=0.003"},
    Die{"discard and drop", "smtp DOT discard_and_drop p=0.003", Effect::send_failed},
    Die{"refuse", "smtp DOT refuse p=0.005", Effect::send_failed},
    // A liar: the mail comes although it was refused.
    Die{"refuse and keep", "smtp DOT refuse carry_out p=0.002", Effect::send_failed},
    Die{"refuse for now and keep",
        "smtp DOT refuse carry_out text=\"451 4.3.0 try again\" p=0.002"},
    Die{"bounce", "smtp DOT bounce p=0.005", Effect::bounced},
    // After the deadline: lost, and later a bounce.
    Die{"late bounce", "smtp DOT bounce p=0.002 delivery=6s", Effect::lost},
    // A tenth of the deadline: an overloaded machine may take the rest of it for the submission.
    Die{"slow", "smtp DOT delay_delivery p=0.005 delivery=300ms"},
    Die{"late", "smtp DOT delay_delivery p=0.002 delivery=6s", Effect::lost},
    // When it comes, nobody remembers it.
    Die{"forgotten", "smtp DOT delay_delivery p=0.002 delivery=40s", Effect::lost},
    Die{"try again", "smtp RCPT reply p=0.005 text=\"450 4.2.0 try again\"",
        Effect::maybe_send_failed},
    Die{"drop at MAIL", "smtp MAIL drop p=0.003", Effect::send_failed},
    Die{"reset", "smtp connect reset p=0.003", Effect::send_failed},
    Die{"garbage", "smtp EHLO garbage p=0.003", Effect::send_failed},
    Die{"locked", "pop3 LOGIN lock_held p=0.01"},
    Die{"hung look", "pop3 LOGIN stall p=0.0002"},
    Die{"list cut short", "pop3 UIDL cut_short p=0.003"},
    Die{"no answer to QUIT", "pop3 QUIT drop p=0.003"},
    Die{"no mailbox", "pop3 connect drop p=0.003"},
};

/// Names of users, one per probe.
[[nodiscard]] std::vector<std::string> users_for(std::size_t count);

/// A server with these users.
[[nodiscard]] loopback::Options server_options(const std::vector<std::string>& users);

/// Gives the dice to a server.
void throw_dice(loopback::Server& server);

/// One account and probe for each user of the server.
[[nodiscard]] Settings settings_for(const loopback::Server& server,
                                    const std::vector<std::string>& users, Duration interval,
                                    const std::string& state);

}  // namespace mailprobed::soak
