// SPDX-License-Identifier: Apache-2.0
// Delivery, visibility and removal.
#include "tests/loopback/mailbox_store.hpp"

#include "tests/loopback/codec.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace mailprobed::loopback {

MailboxStore::MailboxStore(const std::vector<Account>& accounts, std::uint64_t seed,
                           std::function<void(const std::shared_ptr<const MailFacts>&)> on_visible)
    : on_visible_(std::move(on_visible)) {
    // Two servers in one test must not give out the same ids; 15 characters stay off the heap.
    std::array<char, 16> prefix{};
    std::snprintf(prefix.data(), prefix.size(), "L%05x-",
                  static_cast<unsigned>((seed * 0x9e3779b97f4a7c15U) >> 44U));
    uidl_prefix_ = prefix.data();
    for (const auto& account : accounts) {
        const auto& username = account.username.empty() ? account.address : account.username;
        auto& mailbox = by_user_[username];
        if (!mailbox) {
            mailbox = std::make_unique<Mailbox>();
            mailbox->username = username;
            mailbox->password = account.password;
        }
        by_address_[to_lower(account.address)] = mailbox.get();
        for (const auto& alias : account.aliases)
            by_address_[to_lower(alias)] = mailbox.get();
    }
}

Mailbox* MailboxStore::by_address(std::string_view address) const {
    const auto found = by_address_.find(to_lower(address));
    return found == by_address_.end() ? nullptr : found->second;
}

Mailbox* MailboxStore::by_user(std::string_view username) const {
    const auto found = by_user_.find(std::string(username));
    return found == by_user_.end() ? nullptr : found->second.get();
}

std::string MailboxStore::next_uidl() {
    std::array<char, 20> digits{};
    std::snprintf(digits.data(), digits.size(), "%08llx",
                  static_cast<unsigned long long>(++last_uidl_));
    return uidl_prefix_ + digits.data();
}

void MailboxStore::deliver(Mailbox& mailbox, Entry entry) {
    const auto visible = entry.message->facts->visible_ns;
    mailbox.under_way.emplace(visible, std::move(entry));
    due_.emplace(visible, &mailbox);
}

void MailboxStore::mature(std::int64_t now) {
    while (!due_.empty() && due_.top().first <= now) {
        auto& mailbox = *due_.top().second;
        due_.pop();
        // Mails may have been cleared meanwhile, then there is nothing due.
        const auto next = mailbox.under_way.begin();
        if (next == mailbox.under_way.end() || next->first > now) continue;
        mailbox.entries.push_back(std::move(next->second));
        mailbox.under_way.erase(next);
        on_visible_(mailbox.entries.back().message->facts);
    }
}

std::optional<std::int64_t> MailboxStore::next_due() const {
    if (due_.empty()) return std::nullopt;
    return due_.top().first;
}

bool MailboxStore::remove(Mailbox& mailbox, std::uint64_t id) {
    const auto under_way = std::find_if(mailbox.under_way.begin(), mailbox.under_way.end(),
                                        [&](const auto& item) { return item.second.id() == id; });
    if (under_way != mailbox.under_way.end()) {
        mailbox.under_way.erase(under_way);
        return true;
    }
    const bool found =
        std::erase_if(mailbox.entries, [&](const auto& entry) { return entry.id() == id; }) > 0;
    if (found && mailbox.lock_holder != 0) mailbox.gone.insert(id);
    return found;
}

void MailboxStore::clear(Mailbox& mailbox) {
    if (mailbox.lock_holder != 0) {
        for (const auto& entry : mailbox.entries)
            mailbox.gone.insert(entry.id());
    }
    mailbox.entries.clear();
    mailbox.under_way.clear();
}

}  // namespace mailprobed::loopback
