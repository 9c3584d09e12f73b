// SPDX-License-Identifier: Apache-2.0
// The proof that ids last.
#include "probes/monitor/id_trust.hpp"

#include "probes/wire/ascii.hpp"

namespace mailprobed {

void IdTrust::listing_began(Instant at) {
    if (!since_) since_ = at;
    if (last_ && at - *last_ > kUnwatched) *since_ += at - *last_ - kUnwatched;
    last_ = at;
}

void IdTrust::listed(std::uint32_t number, std::string_view uidl, Instant at) {
    if (to_number<std::uint32_t>(uidl) == number) reused(at);
}

void IdTrust::gone(std::uint64_t key) {
    if (key == 0) return;
    gone_[key] = next_order_;
    order_.emplace_back(next_order_++, key);
    while (order_.size() > kMaxGone) {
        const auto [order, oldest] = order_.front();
        order_.pop_front();
        const auto found = gone_.find(oldest);
        if (found != gone_.end() && found->second == order) gone_.erase(found);
    }
}

void IdTrust::read(std::uint64_t key, bool same, Instant at) {
    if (gone_.erase(key) != 0 && !same) reused(at);
}

}  // namespace mailprobed
