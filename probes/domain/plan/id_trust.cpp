// SPDX-License-Identifier: Apache-2.0
// The proof that ids last.
#include "probes/domain/plan/id_trust.hpp"

#include "probes/base/ascii.hpp"

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
    gone_.push_back(key);
    if (gone_.size() > kMaxGone) gone_.pop_front();
}

void IdTrust::read(std::uint64_t key, bool same, Instant at) {
    if (std::erase(gone_, key) != 0 && !same) reused(at);
}

}  // namespace mailprobed
