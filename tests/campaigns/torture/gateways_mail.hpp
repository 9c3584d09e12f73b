// SPDX-License-Identifier: Apache-2.0
// One of our mails on its way through gateways, and what an independent oracle knows of it.
#pragma once

#include "probes/domain/identity/arrival.hpp"
#include "tests/support/loose_mail.hpp"

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace mailprobed::gateways {

/// What became of our text.
enum class Text : std::uint8_t {
    /// As sent, in whatever transfer encoding.
    intact,
    /// Below a banner, above a footer, in HTML or in a part: it still is ours.
    follows,
    /// Quoted, attached or gone.
    away,
};

/// What became of the subject.
enum class Title : std::uint8_t { ours, answer, gone };

/// What the oracle tracks; it never looks at the mail.
struct Known {
    bool field = true;
    bool message_id = true;
    bool from_ours = true;
    bool null_path = false;
    bool auto_replied = false;
    /// References, In-Reply-To, auto-forwarded and their kind.
    bool other_mark = false;
    bool received = false;
    Text text = Text::intact;
    Title title = Title::ours;
    friend bool operator==(const Known&, const Known&) = default;
};

/// A mail and how its body is to be written.
struct Travelling {
    LooseMail mail;
    /// The body without its transfer encoding; of a multipart its whole text.
    std::string content;
    enum class Form : std::uint8_t { plain, html, parts } form = Form::plain;
    std::string encoding = "7bit";
    int depth = 0;
    Known known;
    /// The names of what was done.
    std::vector<std::string> way;

    /// The mail as it lies in the mailbox.
    [[nodiscard]] std::string text() const;
};

/// The dice of a chain.
class Dice {
  public:
    explicit Dice(std::uint64_t seed) : engine_(seed) {}
    std::size_t below(std::size_t count) { return static_cast<std::size_t>(engine_() % count); }
    bool one_in(std::size_t count) { return below(count) == 0; }
    template <typename List>
    const auto& of(const List& list) {
        return list[below(std::size(list))];
    }

  private:
    std::mt19937_64 engine_;
};

/// One of ours as sent.
[[nodiscard]] Travelling as_sent(const std::string& tag, const RouteFacts& facts);

/// Does one transformation, drawn by dice.
void transform(Travelling& mail, const std::string& tag, Dice& dice);

/// Does one of those that change nothing of what a mail is.
void transform_harmlessly(LooseMail& mail, Dice& dice);

/// Whether the mail must arrive.
[[nodiscard]] bool arrives(const Known& known, const RouteFacts& facts);

}  // namespace mailprobed::gateways
