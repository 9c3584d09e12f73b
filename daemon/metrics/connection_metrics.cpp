// SPDX-License-Identifier: Apache-2.0
// Names of the series with the labels `account` and `protocol`, and what changes them.
#include "daemon/metrics/connection_metrics.hpp"

#include "daemon/metrics/probe_metrics.hpp"

#include <utility>

namespace mailprobed {

ConnectionFamilies::ConnectionFamilies(MetricStore& store)
    : chain_not_after(store.gauge("tls_chain_not_after_timestamp_seconds",
                                  "Earliest end of validity in the server's certificate chain; 0 "
                                  "before the first handshake.")),
      verify_disabled(
          store.gauge("tls_verify_disabled", "1 if the server's certificate is not checked.")),
      tls_info(store.gauge("tls_info", "TLS version and cipher of the last handshake; always 1.")),
      family_info(
          store.gauge("address_family_info", "Address family of the last connection; always 1.")) {}

InfoGauge::InfoGauge(GaugeFamily& family, prometheus::Labels owner)
    : family_(family), owner_(std::move(owner)) {}

void InfoGauge::show(const prometheus::Labels& labels) {
    if (gauge_ != nullptr && labels == shown_) return;
    hide();
    prometheus::Labels all = owner_;
    all.insert(labels.begin(), labels.end());
    gauge_ = &family_.Add(all);
    gauge_->Set(1);
    shown_ = labels;
}

void InfoGauge::hide() {
    if (gauge_ != nullptr) family_.Remove(gauge_);
    gauge_ = nullptr;
}

ConnectionMetrics::ConnectionMetrics(ConnectionFamilies& families, const std::string& account,
                                     Protocol protocol, const Endpoint& server)
    : tls_(server.tls),
      tls_verify_(server.tls_verify),
      labels_(clean({{"account", account}, {"protocol", std::string(to_string(protocol))}})),
      tls_info_(families.tls_info, labels_),
      family_info_(families.family_info, labels_) {
    if (server.tls == TlsMode::none) return;
    chain_not_after_ = &series_.add(families.chain_not_after, labels_);
    series_.add(families.verify_disabled, labels_).Set(server.tls_verify ? 0 : 1);
}

void ConnectionMetrics::remove() {
    series_.remove();
    tls_info_.hide();
    family_info_.hide();
}

void ConnectionMetrics::connected(IpFamily family) {
    family_info_.show({{"family", std::string(to_string(family))}});
}

void ConnectionMetrics::encrypted(const TlsFacts& facts) {
    if (chain_not_after_ != nullptr) chain_not_after_->Set(unix_seconds(facts.chain_not_after));
    tls_info_.show(clean({{"version", facts.version}, {"cipher", facts.cipher}}));
}

}  // namespace mailprobed
