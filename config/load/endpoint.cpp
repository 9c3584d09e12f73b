// SPDX-License-Identifier: Apache-2.0
// How a server is reached: what its keys say together.
#include "config/load/draft.hpp"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

namespace mailprobed {

namespace {

std::optional<Complaint> check_ca_file(const std::string& path) {
    constexpr const char* kForm = "a readable file with certificates in PEM form";
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
        return Complaint{in_quotes(path) + " is not a regular file", kForm};
    }
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        return Complaint{
            path_in_quotes(path) + " cannot be read: " + std::generic_category().message(errno),
            kForm};
    }
    const std::string content{std::istreambuf_iterator<char>(file), {}};
    for (const auto* mark :
         {"-----BEGIN CERTIFICATE-----", "-----BEGIN TRUSTED CERTIFICATE-----"}) {
        if (content.find(mark) != std::string::npos) return std::nullopt;
    }
    return Complaint{in_quotes(path) + " holds no certificate", kForm};
}

/// A warning where the number of the port means another mode to everybody.
void check_port(MapReader& map, const StandardPorts& ports, const Endpoint& out) {
    const bool usually_implicit = out.port == ports.implicit;
    const bool conventional =
        usually_implicit || out.port == ports.starttls || out.port == ports.none;
    if (!conventional || usually_implicit == (out.tls == TlsMode::implicit)) return;
    map.problems().warning(
        map.place("port"),
        map.name_of("port") + " is " + std::to_string(out.port) +
            ", which servers use with another `tls`",
        usually_implicit ? "`tls: implicit`" : "`tls: starttls`, or another port");
}

}  // namespace

std::uint16_t StandardPorts::of(TlsMode mode) const noexcept {
    if (mode == TlsMode::implicit) return implicit;
    return mode == TlsMode::starttls ? starttls : none;
}

void finish_endpoint(MapReader& map, const KeysRead& read, const StandardPorts& ports,
                     bool own_port, Endpoint& out) {
    out.host = lower_case(out.host);
    if (own_port) check_port(map, ports, out);
    if (read.has("ca_file")) {
        if (auto complaint = check_ca_file(out.ca_file)) map.complain("ca_file", *complaint);
    }
    if (read.has("tls_verify") && !out.tls_verify) {
        map.problems().warning(
            map.place("tls_verify"),
            map.name_of("tls_verify") + " is false: anybody on the way can read password and mail",
            "`tls_verify: true`, with `ca_file` for a private authority");
    }
    const int family = out.ip_family == IpFamily::v4 ? 4 : out.ip_family == IpFamily::v6 ? 6 : 0;
    for (const auto& [key, text] :
         {std::pair<std::string_view, const std::string&>("source_address", out.source_address),
          {"host", out.host}}) {
        const int version = ip_version(text);
        if (family != 0 && version != 0 && family != version) {
            map.complain(key,
                         {"is an IPv" + std::to_string(version) + " address",
                          "an IPv" + std::to_string(family) + " address because of `ip_family`"});
        }
    }
}

}  // namespace mailprobed
