// SPDX-License-Identifier: Apache-2.0
// Observers of tests need not care for facts that are no matter of theirs.
#pragma once

#include "probes/monitor/observer.hpp"

#include <variant>

namespace mailprobed::test {

/// An observer that is told the facts which `Self` has a public take() for.
template <class Self>
class SomeFacts : public Observer {
  public:
    void on(const Fact& fact) final {
        std::visit(
            [this](const auto& one) {
                Self& self = static_cast<Self&>(*this);
                if constexpr (requires { self.take(one); }) self.take(one);
            },
            fact);
    }
};

/// An observer that nothing matters to.
class NoFacts final : public Observer {
  public:
    void on(const Fact& /*fact*/) override {}
};

}  // namespace mailprobed::test
