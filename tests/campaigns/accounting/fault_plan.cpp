// SPDX-License-Identifier: Apache-2.0
// Dice and addresses.
#include "tests/campaigns/accounting/fault_plan.hpp"

#include <algorithm>

namespace mailprobed::accounting {
namespace {

// First address bytes: submissions from 1 on, looks from 101 on, healthy ones at the end of each.
constexpr std::size_t kFirstLook = 100;
constexpr std::size_t kHealthyMail = 99;
constexpr std::size_t kHealthyLook = 199;
// Some faults are given to conversations that end before they can strike.
constexpr double kPlanned = 1.25;

bool fits(const FaultKind& kind, TlsMode mode) {
    switch (kind.needs) {
        case Needs::anything:
            return true;
        case Needs::tls:
            return mode != TlsMode::none;
        case Needs::starttls:
            return mode == TlsMode::starttls;
    }
    return false;
}

void install_rule(loopback::Server& server, const FaultKind& kind, std::size_t number) {
    if (kind.refused) return;
    auto fault = loopback::parse_fault(kind.rule);
    fault.name = kind.name;
    fault.peer = "127." + std::to_string(number + 1) + '.';
    server.add_fault(std::move(fault));
}

}  // namespace

FaultPlan::FaultPlan(std::vector<TlsMode> modes, std::size_t mails_each, unsigned needed,
                     std::uint64_t seed)
    : modes_(std::move(modes)),
      mails_each_(mails_each),
      needed_(needed),
      planned_(modes_.size() * mails_each),
      dice_(seed),
      smtp_struck_(smtp_.size()),
      pop3_struck_(pop3_.size()),
      addresses_(kHealthyLook + 1) {
    std::size_t given = 0;
    for (std::size_t kind = 0; kind < smtp_.size(); ++kind) {
        const auto wanted = static_cast<unsigned>(needed_ * kPlanned * smtp_[kind].weight);
        for (unsigned copy = 0; copy < wanted && given < planned_.size() / 2;) {
            const std::size_t slot = dice_() % planned_.size();
            if (planned_[slot] || !fits(smtp_[kind], modes_[slot / mails_each])) continue;
            planned_[slot] = kind;
            ++copy;
            ++given;
        }
    }
}

void FaultPlan::install(loopback::Server& server) const {
    for (std::size_t i = 0; i < smtp_.size(); ++i)
        install_rule(server, smtp_[i], i);
    for (std::size_t i = 0; i < pop3_.size(); ++i)
        install_rule(server, pop3_[i], kFirstLook + i);
}

std::string FaultPlan::address(std::size_t kind) {
    const std::uint32_t number = addresses_[kind]++;
    return "127." + std::to_string(kind + 1) + '.' + std::to_string(number / 250 % 250) + '.' +
           std::to_string(number % 250 + 1);
}

std::optional<std::size_t> FaultPlan::rarest(const std::vector<FaultKind>& kinds,
                                             const std::vector<double>& struck, TlsMode mode,
                                             bool blocking) const {
    std::optional<std::size_t> result;
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        if (!fits(kinds[i], mode) || (blocking && !kinds[i].blocks)) continue;
        if (!result || struck[i] < struck[*result]) result = i;
    }
    return result;
}

Assignment FaultPlan::mail(std::size_t probe, std::size_t number) {
    std::optional<std::size_t> kind;
    if (number < mails_each_) {
        kind = planned_[probe * mails_each_ + number];
    } else {
        // Those beyond the plan make up for what did not strike.
        const std::lock_guard lock(mutex_);
        kind = rarest(smtp_, smtp_struck_, modes_[probe], false);
        if (smtp_struck_[*kind] >= needed_) kind.reset();
        if (kind) smtp_struck_[*kind] += 1;
    }
    if (!kind) return {address(kHealthyMail), nullptr};
    return {address(*kind), &smtp_[*kind]};
}

Assignment FaultPlan::look(TlsMode mode, bool down) {
    const std::lock_guard lock(mutex_);
    const std::size_t kind = rarest(pop3_, pop3_struck_, mode, down).value();
    // While the mailbox is up, one look of four fails somehow; three if faults are in arrears.
    const std::uint64_t faulty = pop3_struck_[kind] < due_ ? 3 : 1;
    if (!down && dice_() % 4 >= faulty) return {address(kHealthyLook), nullptr};
    pop3_struck_[kind] += 1;
    return {address(kFirstLook + kind), &pop3_[kind]};
}

void FaultPlan::learn(const loopback::Server& server, double progress) {
    const auto read = [&](const std::vector<FaultKind>& kinds, std::vector<double>& struck) {
        for (std::size_t i = 0; i < kinds.size(); ++i) {
            if (kinds[i].refused) continue;  // the server never sees those; they always strike
            const auto count = static_cast<double>(server.fault_count(kinds[i].name));
            const std::lock_guard lock(mutex_);
            struck[i] = count;
        }
    };
    read(smtp_, smtp_struck_);
    read(pop3_, pop3_struck_);
    const std::lock_guard lock(mutex_);
    due_ = needed_ * kPlanned * progress;
}

bool FaultPlan::satisfied() {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < smtp_.size(); ++i) {
        if (!smtp_[i].refused && smtp_struck_[i] < needed_) return false;
    }
    return std::ranges::all_of(pop3_struck_, [&](double count) { return count >= needed_; });
}

std::vector<std::string> FaultPlan::names() const {
    std::vector<std::string> result;
    for (const FaultKind& kind : smtp_)
        result.push_back(kind.name);
    for (const FaultKind& kind : pop3_)
        result.push_back(kind.name);
    return result;
}

}  // namespace mailprobed::accounting
