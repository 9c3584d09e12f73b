// SPDX-License-Identifier: Apache-2.0
// The series of one account's connections over one protocol: TLS and address family.
#pragma once

#include "daemon/metrics/metric_store.hpp"
#include "probes/domain/settings/settings.hpp"
#include "probes/monitor/observer.hpp"

#include <optional>
#include <string>

namespace mailprobed {

/// The families whose members carry the labels `account` and `protocol`.
struct ConnectionFamilies {
    explicit ConnectionFamilies(MetricStore& store);

    GaugeFamily& chain_not_after;
    GaugeFamily& verify_disabled;
    GaugeFamily& tls_info;
    GaugeFamily& family_info;
};

/// A gauge of value 1 whose labels tell what is in use; gone and made anew when that changes.
class InfoGauge {
  public:
    InfoGauge(GaugeFamily& family, prometheus::Labels owner);
    /// Shows `labels` besides those of the owner.
    void show(const prometheus::Labels& labels);
    /// Shows nothing any more.
    void hide();

  private:
    GaugeFamily& family_;
    prometheus::Labels owner_;
    prometheus::Labels shown_;
    prometheus::Gauge* gauge_ = nullptr;
};

/// One account's series for one protocol. The info series appear with the first connection; an
/// account without TLS has no TLS series, for 0 would read as a certificate expired in 1970.
class ConnectionMetrics {
  public:
    ConnectionMetrics(ConnectionFamilies& families, const std::string& account, Protocol protocol,
                      const Endpoint& server);

    /// Made for the same kind of connection: nothing is to be made anew.
    [[nodiscard]] bool suits(const Endpoint& server) const noexcept {
        return server.tls == tls_ && server.tls_verify == tls_verify_;
    }
    /// Ends all series; nothing else may be called afterwards.
    void remove();

    void connected(IpFamily family);
    void encrypted(const TlsFacts& facts);

  private:
    TlsMode tls_;
    bool tls_verify_;
    prometheus::Labels labels_;
    SeriesSet series_;
    prometheus::Gauge* chain_not_after_ = nullptr;
    InfoGauge tls_info_;
    InfoGauge family_info_;
};

}  // namespace mailprobed
