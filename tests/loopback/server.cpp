// SPDX-License-Identifier: Apache-2.0
// The server: its thread, its listeners, and the door through which tests reach into it.
#include "tests/loopback/server.hpp"

#include "tests/loopback/certificate.hpp"
#include "tests/loopback/codec.hpp"
#include "tests/loopback/server_impl.hpp"

#include <algorithm>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace mailprobed::loopback {

Server::Server(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}

Server::~Server() {
    stop();
}

void Server::start() {
    impl_->start();
}

void Server::stop() {
    impl_->stop();
}

Ports Server::ports() const {
    return impl_->ports;
}

std::string Server::ca_pem() const {
    return impl_->ca_pem;
}

std::filesystem::path Server::ca_file() const {
    return impl_->directory / "ca.pem";
}

std::uint64_t Server::add_fault(Fault fault) {
    return impl_->call([&] { return impl_->faults.add(std::move(fault)); });
}

void Server::remove_fault(std::uint64_t number) {
    impl_->call([&] { impl_->faults.remove(number); });
}

void Server::clear_faults() {
    impl_->call([&] { impl_->faults.clear(); });
}

std::uint64_t Server::fault_count(std::string_view fault_name) const {
    return impl_->call([&] { return impl_->faults.count(fault_name); });
}

void Server::set_delay(DelayModel delay) {
    impl_->call([&] { impl_->shared.delay = delay; });
}

std::vector<StoredMail> Server::mailbox(std::string_view username) const {
    return impl_->call([&] {
        std::vector<StoredMail> mails;
        const auto* const mailbox = impl_->store.by_user(username);
        if (mailbox == nullptr) return mails;
        impl_->store.mature(boot_now());
        const auto add = [&](const Entry& entry, bool visible) {
            const auto& facts = *entry.message->facts;
            mails.push_back(
                {facts.id, entry.uidl, facts.tag, entry.message->raw, facts.visible_ns, visible});
        };
        for (const auto& entry : mailbox->entries)
            add(entry, true);
        for (const auto& [due, entry] : mailbox->under_way)
            add(entry, false);
        return mails;
    });
}

std::uint64_t Server::inject(std::string_view username, std::string raw, Nanoseconds delay,
                             std::string uidl) {
    return impl_->call([&] {
        auto* const mailbox = impl_->store.by_user(username);
        if (mailbox == nullptr) throw std::invalid_argument("no such user");
        if (!raw.ends_with("\r\n")) raw += "\r\n";
        MailFacts facts;
        facts.id = impl_->store.next_id();
        facts.mailbox = username;
        facts.uidl = uidl.empty() ? impl_->store.next_uidl() : std::move(uidl);
        facts.tag = header_value(raw, "X-Mailprobed-Tag");
        facts.message_id = header_value(raw, "Message-ID");
        facts.bytes = raw.size();
        facts.dot_ns = boot_now();
        facts.visible_ns = facts.dot_ns + delay.count();
        facts.kept = true;
        auto message = std::make_shared<Message>();
        message->body = body_offset(raw);
        message->raw = std::move(raw);
        message->facts = std::make_shared<const MailFacts>(facts);
        impl_->store.deliver(*mailbox, {std::move(message), facts.uidl});
        impl_->store.mature(boot_now());
        impl_->rearm();
        return facts.id;
    });
}

bool Server::remove_mail(std::string_view username, std::uint64_t id) {
    return impl_->call([&] {
        auto* const mailbox = impl_->store.by_user(username);
        return mailbox != nullptr && impl_->store.remove(*mailbox, id);
    });
}

void Server::clear_mailbox(std::string_view username) {
    impl_->call([&] {
        auto* const mailbox = impl_->store.by_user(username);
        if (mailbox != nullptr) impl_->store.clear(*mailbox);
    });
}

void Server::renew_uidls(std::string_view username) {
    impl_->call([&] {
        auto* const mailbox = impl_->store.by_user(username);
        if (mailbox == nullptr) return;
        for (auto& entry : mailbox->entries)
            entry.uidl = impl_->store.next_uidl();
    });
}

bool Server::lock_mailbox(std::string_view username) {
    return impl_->call([&] {
        auto* const mailbox = impl_->store.by_user(username);
        if (mailbox == nullptr || mailbox->lock_holder != 0) return false;
        mailbox->lock_holder = kForeignHolder;
        return true;
    });
}

void Server::unlock_mailbox(std::string_view username) {
    impl_->call([&] {
        auto* const mailbox = impl_->store.by_user(username);
        if (mailbox != nullptr && mailbox->lock_holder == kForeignHolder) mailbox->lock_holder = 0;
    });
}

void Server::refuse(Protocol protocol) {
    impl_->call([&] {
        impl_->each_listener(protocol, [](Listener& listener) { listener.refuse(); });
        impl_->cut(protocol, "refused");
    });
}

void Server::freeze(Protocol protocol) {
    impl_->call(
        [&] { impl_->each_listener(protocol, [](Listener& listener) { listener.freeze(); }); });
}

void Server::resume(Protocol protocol) {
    impl_->call(
        [&] { impl_->each_listener(protocol, [](Listener& listener) { listener.resume(); }); });
}

void Server::cut_sessions(Protocol protocol) {
    impl_->call([&] { impl_->cut(protocol, "cut"); });
}

std::size_t Server::session_count(Protocol protocol) const {
    return impl_->call([&] {
        const auto& all = impl_->sessions;
        return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](const auto& s) {
            return !s.second->over() &&
                   (protocol == Protocol::any || s.second->protocol() == protocol);
        }));
    });
}

std::vector<Event> Server::events() const {
    return impl_->log.events();
}

std::size_t Server::event_count() const {
    return impl_->log.size();
}

std::optional<Event> Server::wait_for(const std::function<bool(const Event&)>& fits,
                                      std::chrono::milliseconds timeout, std::size_t from) const {
    return impl_->log.wait(fits, 1, timeout, from);
}

bool Server::wait_for_count(const std::function<bool(const Event&)>& fits, std::size_t count,
                            std::chrono::milliseconds timeout, std::size_t from) const {
    return count == 0 || impl_->log.wait(fits, count, timeout, from).has_value();
}

}  // namespace mailprobed::loopback
