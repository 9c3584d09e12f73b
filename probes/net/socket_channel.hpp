// SPDX-License-Identifier: Apache-2.0
// Channels over real sockets.
#pragma once

#include "probes/domain/settings/settings.hpp"
#include "probes/net/channel.hpp"
#include "probes/net/resolver.hpp"
#include "probes/net/tls.hpp"

#include <memory>

namespace mailprobed {

/// Makes channels; owns what they share.
class Connector {
  public:
    explicit Connector(const Executor& executor, LookupFunction lookup = system_lookup)
        : executor_(executor), resolver_(executor, std::move(lookup)) {}

    /// A channel to `endpoint`, not yet connected. Connector and endpoint must outlive it.
    [[nodiscard]] std::unique_ptr<Channel> make(const Endpoint& endpoint);

    /// Reads CA files again for the connections to come.
    void forget_certificates() { contexts_.forget(); }

  private:
    Executor executor_;
    Resolver resolver_;
    TlsContexts contexts_;
};

}  // namespace mailprobed
