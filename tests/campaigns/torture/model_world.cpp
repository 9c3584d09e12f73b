// SPDX-License-Identifier: Apache-2.0
// Arrivals, strangers and their poison.
#include "tests/campaigns/torture/model_world.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace mailprobed::model {

World::World(Habits habits, std::uint64_t seed) : habits_(habits), random_(seed) {}

void World::pass(Duration time) {
    pass_until(now_ + time);
}

void World::pass_until(Instant at) {
    while (!due_.empty() && due_.begin()->first <= at) {
        const auto first = due_.extract(due_.begin());
        now_ = std::max(now_, first.key());
        add(first.mapped().first, first.mapped().second);
    }
    now_ = std::max(now_, at);
}

void World::will_arrive(std::uint64_t mail, std::string text, Instant at) {
    due_.emplace(at, std::pair(mail, std::move(text)));
}

std::string World::new_uid() {
    if (habits_.ids == Ids::restarting) {
        if (messages_.empty()) next_id_ = 1;
        return "r" + std::to_string(next_id_++);
    }
    if (habits_.ids != Ids::lowest_free) return "id" + std::to_string(next_serial_);
    std::set<std::string> used;
    for (const Message& message : messages_)
        used.insert(message.uid);
    for (int i = 1;; ++i) {
        std::string uid = "m" + std::to_string(i);
        if (!used.contains(uid)) return uid;
    }
}

void World::add(std::uint64_t mail, std::string text) {
    Message message;
    message.uid = new_uid();
    message.serial = next_serial_++;
    message.text = std::move(text);
    message.mail = mail;
    message.since = now_;
    message.unreadable = chance() < habits_.unreadable;
    messages_.push_back(std::move(message));
}

void World::stir() {
    if (chance() < habits_.emptied) {
        for (const Message& message : messages_)
            taken.insert(message.mail);
        messages_.clear();
    }
    while (chance() < 0.3)
        add(0, chance() < habits_.poison ? poison() : stranger());
    for (auto message = messages_.begin(); message != messages_.end();) {
        if (message->unreadable && chance() < 0.05) message->unreadable = false;
        const bool goes = message->mail == 0 && chance() < 0.03;
        message = goes ? messages_.erase(message) : message + 1;
    }
}

void World::remove(const std::vector<std::uint64_t>& serials) {
    for (const std::uint64_t serial : serials) {
        const auto found = std::ranges::find(messages_, serial, &Message::serial);
        if (found == messages_.end()) continue;
        if (found->mail == 0) ++strangers_removed;
        messages_.erase(found);
    }
}

std::string World::stranger() {
    std::string text =
        "Return-Path: <ann@far.invalid>\r\nFrom: Ann <ann@far.invalid>\r\nSubject: n" +
        std::to_string(next_serial_) + "\r\n\r\n";
    for (std::uint64_t lines = below(30); lines > 0; --lines)
        text += std::string(below(60), 'x') + "\r\n";
    return text;
}

// Answers, dots and line ends of every kind, as far as a mail can hold them.
std::string World::poison() {
    std::string text = "From: Eve <eve@far.invalid>\r\n";
    const std::uint64_t pieces = 2 + below(14);
    for (std::uint64_t i = 0; i < pieces; ++i) {
        const std::string n = std::to_string(1 + below(messages_.size() + 2));
        const std::string uid = messages_.empty() ? "id1" : messages_[below(messages_.size())].uid;
        const std::array<std::string, 22> kPieces{"\r\n",
                                                  "\n",
                                                  "\r",
                                                  ".\r\n",
                                                  ".\n",
                                                  "\r\n.\r\n",
                                                  "\n.\n",
                                                  "\r\n.\n",
                                                  "\n.\r\n",
                                                  "..\r\n",
                                                  "+OK\r\n",
                                                  "+OK\n",
                                                  "-ERR no\r\n",
                                                  "+OK " + n + " " + uid + "\r\n",
                                                  n + " " + uid + "\r\n",
                                                  "+OK " + n + " 320\r\n",
                                                  "X-A: b\r\n",
                                                  "X-A: b\n",
                                                  "Subject: s\r\n\r\n",
                                                  "text",
                                                  "+OK bye\r\n",
                                                  ".\r\n+OK\r\nX: y\r\n\r\n"};
        text += kPieces[below(kPieces.size())];
    }
    return text + "\r\n";
}

Habits draw_habits(std::uint64_t seed) {
    std::mt19937_64 random(seed * 7919 + 1);
    const auto chance = [&random] { return std::uniform_real_distribution<>(0, 1)(random); };
    const auto often = [&](double share, double most) {
        return chance() < share ? chance() * most : 0.0;
    };
    Habits habits;
    const double ids = chance();
    habits.ids = ids < 0.3    ? Ids::lasting
                 : ids < 0.45 ? Ids::restarting
                 : ids < 0.65 ? Ids::lowest_free
                 : ids < 0.85 ? Ids::position
                              : Ids::none;
    const double stuffing = chance();
    habits.stuffing = stuffing < 0.5   ? Stuffing::after_crlf
                      : stuffing < 0.7 ? Stuffing::after_any_line_end
                                       : Stuffing::none;
    const double repeats = chance();
    habits.repeats = repeats < 0.7   ? Repeats::line
                     : repeats < 0.9 ? Repeats::whole_list
                                     : Repeats::refused;
    habits.pipelining = chance() < 0.6;
    habits.has_top = chance() < 0.85;
    habits.early_snapshot = chance() < 0.5;
    const double sizes = chance();
    habits.sizes = sizes < 0.75   ? Sizes::right
                   : sizes < 0.85 ? Sizes::loose
                   : sizes < 0.92 ? Sizes::zero
                                  : Sizes::blocks;
    habits.keeps_ours = chance() < 0.15;
    habits.emptied = often(0.3, 0.1);
    habits.lags = often(0.15, 0.3);
    habits.twice = often(0.1, 0.3);
    habits.partial = often(0.3, 0.3);
    habits.stat_zero = often(0.2, 1);
    habits.swapped = often(0.2, 0.4);
    habits.quit_lost = often(0.4, 0.5);
    habits.keeps_deleted = often(0.15, 1);
    habits.dies = often(0.3, 0.3);
    habits.poison = often(0.5, 0.4);
    // Behind an id that is used again an entry that nobody can read may be another one: no client
    // can tell.
    const bool tells = habits.ids == Ids::lasting || habits.ids == Ids::none;
    habits.unreadable = tells ? often(0.3, 0.2) : 0;
    return habits;
}

}  // namespace mailprobed::model
