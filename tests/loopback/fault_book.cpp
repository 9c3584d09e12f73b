// SPDX-License-Identifier: Apache-2.0
// Which rule strikes when.
#include "tests/loopback/fault_book.hpp"

#include "tests/loopback/codec.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace mailprobed::loopback {
namespace {

constexpr std::array<std::string_view, kSteps> kNames{
    "connect", "tls",  "greeting", "EHLO", "HELO", "STARTTLS", "AUTH", "AUTH-RESPONSE",
    "LOGIN",   "MAIL", "RCPT",     "DATA", "DOT",  "RSET",     "NOOP", "QUIT",
    "VRFY",    "CAPA", "STLS",     "USER", "PASS", "APOP",     "STAT", "LIST",
    "UIDL",    "TOP",  "RETR",     "DELE", "?"};

bool needs_dot(Action action) {
    return action == Action::lose || action == Action::duplicate || action == Action::alter ||
           action == Action::delay_delivery || action == Action::keep_and_drop ||
           action == Action::discard_and_drop || action == Action::bounce;
}

bool needs_reply(Action action) {
    return action == Action::drip || action == Action::split || action == Action::cut_short;
}

void check(const Fault& fault, Step step) {
    const auto reject = [&](std::string_view why) {
        throw std::invalid_argument("fault '" + fault.name + "': " + std::string(why));
    };
    if (needs_dot(fault.action) && step != Step::dot) reject("this action is for DOT only");
    if (step == Step::dot && fault.protocol == Protocol::pop3) reject("POP3 has no DOT");
    if (fault.action == Action::lock_held && step != Step::login) reject("lock_held is for LOGIN");
    if (!fault.status.empty() && !is_failure_status(fault.status)) reject("no failure status");
    const bool own_text = fault.action == Action::drip && !fault.text.empty();
    if (needs_reply(fault.action) && !own_text && (step == Step::connect || step == Step::tls)) {
        reject("there is no reply at this step");
    }
    if ((fault.action == Action::reply || fault.action == Action::reply_then_close ||
         fault.action == Action::inject) &&
        fault.text.empty()) {
        reject("a text is missing");
    }
}

bool matches(const Fault& fault, const Situation& situation) {
    const auto fits = [](const std::string& wanted, std::string_view given) {
        return wanted.empty() || same_word(wanted, given);
    };
    const bool right_peer = fault.peer.ends_with('.') ? situation.peer.starts_with(fault.peer)
                                                      : fits(fault.peer, situation.peer);
    if (!right_peer || !fits(fault.username, situation.username) ||
        !fits(fault.sender, situation.sender)) {
        return false;
    }
    if (fault.recipient.empty()) return true;
    return situation.recipients != nullptr &&
           std::any_of(situation.recipients->begin(), situation.recipients->end(),
                       [&](const auto& given) { return same_word(fault.recipient, given); });
}

}  // namespace

std::string_view name(Step step) noexcept {
    return kNames.at(static_cast<std::size_t>(step));
}

std::optional<Step> find_step(std::string_view text) noexcept {
    const auto* const found = std::find(kNames.begin(), kNames.end(), text);
    if (found == kNames.end()) return std::nullopt;
    return static_cast<Step>(found - kNames.begin());
}

std::uint64_t FaultBook::add(Fault fault) {
    const auto step = find_step(fault.at);
    if (!step) throw std::invalid_argument("fault: unknown step '" + fault.at + "'");
    if (fault.name.empty()) {
        fault.name = std::string(loopback::name(fault.protocol)) + ' ' + fault.at + ' ' +
                     std::string(loopback::name(fault.action));
    }
    check(fault, *step);
    auto rule = std::make_shared<Rule>();
    rule->number = ++last_number_;
    const auto protocol = fault.protocol;
    rule->fault = std::make_shared<const Fault>(std::move(fault));
    for (const auto served : {Protocol::smtp, Protocol::pop3}) {
        if (protocol == served || protocol == Protocol::any) {
            rules_[slot(served)][static_cast<std::size_t>(*step)].push_back(rule);
        }
    }
    return last_number_;
}

void FaultBook::remove(std::uint64_t number) {
    for (auto& protocol : rules_) {
        for (auto& rules : protocol) {
            std::erase_if(rules, [&](const auto& rule) { return rule->number == number; });
        }
    }
}

void FaultBook::clear() {
    for (auto& protocol : rules_) {
        for (auto& rules : protocol)
            rules.clear();
    }
}

std::uint64_t FaultBook::count(std::string_view fault_name) const {
    const auto found = counts_.find(fault_name);
    return found == counts_.end() ? 0 : found->second;
}

Struck FaultBook::strike(const Situation& situation, Dice& dice, std::uint64_t after) {
    const auto& rules = rules_[slot(situation.protocol)][static_cast<std::size_t>(situation.step)];
    for (const auto& rule : rules) {
        const auto& fault = *rule->fault;
        if (rule->number <= after || rule->fired >= fault.max || !matches(fault, situation)) {
            continue;
        }
        if (++rule->matched <= fault.skip) continue;
        if (fault.probability < 1.0 && dice.unit() >= fault.probability) continue;
        ++rule->fired;
        ++counts_[fault.name];
        return {rule->fault, rule->number};
    }
    return {};
}

}  // namespace mailprobed::loopback
