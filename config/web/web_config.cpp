// SPDX-License-Identifier: Apache-2.0
// Reads the web configuration strictly; what only OpenSSL can judge is judged in
// daemon/http/tls.cpp.
#include "config/web/web_config.hpp"

#include "config/load/document.hpp"
#include "config/load/reader.hpp"
#include "config/load/secret_file.hpp"
#include "config/load/spelling_suggestion.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>

namespace mailprobed {

namespace {

constexpr auto kClientAuth =
    std::to_array<Word<ClientAuth>>({{"NoClientCert", ClientAuth::none},
                                     {"RequestClientCert", ClientAuth::request},
                                     {"RequireAnyClientCert", ClientAuth::require_any},
                                     {"VerifyClientCertIfGiven", ClientAuth::verify_if_given},
                                     {"RequireAndVerifyClientCert", ClientAuth::require},
                                     // The older name of RequireAnyClientCert.
                                     {"RequireClientCert", ClientAuth::require_any}});
constexpr auto kVersions =
    std::to_array<Word<TlsVersion>>({{"TLS12", TlsVersion::tls12}, {"TLS13", TlsVersion::tls13}});
constexpr auto kCiphers = std::to_array<std::string_view>({
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
});
/// Go's names of curves and OpenSSL's.
constexpr auto kCurves = std::to_array<Word<const char*>>(
    {{"CurveP256", "P-256"}, {"CurveP384", "P-384"}, {"CurveP521", "P-521"}, {"X25519", "X25519"}});
constexpr const char* kBcryptForm =
    "a bcrypt hash such as `htpasswd -nBC 10 USER` prints, in single quotes";
/// Cheaper hashes are guessed too fast once they are stolen.
constexpr unsigned kUsualBcryptCost = 10;

std::optional<Complaint> check_cipher(std::string_view text) {
    if (std::ranges::find(kCiphers, text) != kCiphers.end()) return std::nullopt;
    const std::string_view meant = spelling_suggestion(text, kCiphers, false);
    return Complaint{"is no cipher suite that can be chosen",
                     meant.empty() ? "an ECDHE suite by its IANA name, such as "
                                     "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
                                   : std::string(meant)};
}

std::optional<Complaint> check_curve(std::string_view text) {
    if (std::ranges::find(kCurves, text, &Word<const char*>::text) != kCurves.end())
        return std::nullopt;
    return Complaint{"is no curve that can be chosen", "CurveP256, CurveP384, CurveP521 or X25519"};
}

/// A user's name: Basic authentication separates it from the password with a colon (RFC 7617).
std::optional<Complaint> check_user(std::string_view text) {
    if (auto complaint = check_text(text)) return complaint;
    if (text.find(':') == std::string_view::npos) return std::nullopt;
    return Complaint{"holds a colon", "a name without one"};
}

std::optional<Complaint> check_frame_options(std::string_view text) {
    if (text.empty() || text == "deny" || text == "sameorigin") return std::nullopt;
    return Complaint{"is not possible here", "deny or sameorigin"};
}

std::optional<Complaint> check_type_options(std::string_view text) {
    if (text.empty() || text == "nosniff") return std::nullopt;
    return Complaint{"is not possible here", "nosniff"};
}

class WebReader {
  public:
    WebReader(const std::string& file, ProblemList& problems)
        : folder_(std::filesystem::path(file).parent_path()), problems_(problems) {}

    WebConfig read(const ConfigNode& root) {
        MapReader map(root, key_section(web_key_sections(), ""), "", problems_);
        if (filled(map, "tls_server_config")) read_tls(map);
        if (filled(map, "http_server_config")) read_http(map);
        if (filled(map, "basic_auth_users")) read_users(map);
        return std::move(config_);
    }

  private:
    /// True if there is more than an empty value: the sections' names may stand alone.
    static bool filled(const MapReader& map, std::string_view key) {
        const ConfigNode* found = map.find(key);
        if (found == nullptr || found->kind == ConfigNode::Kind::null) return false;
        return found->kind != ConfigNode::Kind::map || !found->entries.empty();
    }

    void read_tls(const MapReader& file) {
        MapReader map(file, "tls_server_config", "tls_server_config");
        if (file.find("tls_server_config")->kind != ConfigNode::Kind::map) return;
        WebTlsConfig& tls = config_.tls.emplace();
        tls.cert = pem(map, "cert", "cert_file");
        tls.key = pem(map, "key", "key_file");
        tls.client_ca = pem(map, "client_ca", "client_ca_file");
        require(map, tls.cert, "cert", "cert_file");
        require(map, tls.key, "key", "key_file");
        map.word<ClientAuth>("client_auth_type", kClientAuth, tls.client_auth);
        map.texts("client_allowed_sans", check_text, tls.client_allowed_sans);
        map.word<TlsVersion>("min_version", kVersions, tls.min_version);
        map.word<TlsVersion>("max_version", kVersions, tls.max_version);
        if (tls.max_version < tls.min_version) {
            map.complain("max_version", {"is below `min_version`", "TLS13"});
        }
        map.texts("cipher_suites", check_cipher, tls.cipher_suites);
        map.flag("prefer_server_cipher_suites", tls.prefer_server_cipher_suites);
        std::vector<std::string> curves;
        map.texts("curve_preferences", check_curve, curves);
        for (const std::string& name : curves)
            tls.curves.emplace_back(
                std::ranges::find(kCurves, name, &Word<const char*>::text)->value);
        check_clients(map, tls);
    }

    /// Rules between keys: a setting that would quietly do nothing is an error.
    static void check_clients(MapReader& map, const WebTlsConfig& tls) {
        const bool verifies = tls.client_auth == ClientAuth::require ||
                              tls.client_auth == ClientAuth::verify_if_given;
        const bool requires_one =
            tls.client_auth == ClientAuth::require || tls.client_auth == ClientAuth::require_any;
        const char* ca = tls.client_ca.path.empty() ? "client_ca" : "client_ca_file";
        if (!tls.client_ca.empty() && tls.client_auth == ClientAuth::none) {
            map.complain(ca, {"has no effect without `client_auth_type`",
                              "client_auth_type: RequireAndVerifyClientCert"});
        }
        // Any authority of the system would do otherwise, and it signs for everybody.
        if (verifies && map.find("client_ca") == nullptr && map.find("client_ca_file") == nullptr) {
            map.complain("client_auth_type", {"verifies certificates, but against nothing",
                                              "`client_ca_file` with your own authority"});
        }
        if (map.find("client_allowed_sans") != nullptr && !requires_one) {
            map.complain("client_allowed_sans", {"has no effect unless a certificate is required",
                                                 "client_auth_type: RequireAndVerifyClientCert"});
        }
    }

    PemSource pem(MapReader& map, std::string_view inline_key, std::string_view file_key) {
        PemSource source;
        if (map.find(inline_key) != nullptr && map.find(file_key) != nullptr) {
            map.complain(inline_key,
                         {"stands beside `" + std::string(file_key) + "`", "one of the two"});
        }
        const ConfigNode* named = map.find(file_key);
        std::string path;
        if (named != nullptr && named->text.find("-----BEGIN ") != std::string::npos) {
            map.complain(file_key, {"holds PEM text", "a path; the text stands under `" +
                                                          std::string(inline_key) + "`"});
        } else if (map.text(file_key, check_text, path)) {
            source.path = (folder_ / path).string();
            source.place = map.place(file_key);
        }
        const ConfigNode* text = map.scalar(inline_key, "PEM text");
        if (text == nullptr) return source;
        source.place = map.place(inline_key);
        // The value may be a private key: no message repeats it.
        if (text->text.find("-----BEGIN ") == std::string::npos) {
            map.complain(inline_key,
                         {"is not PEM", "the text from -----BEGIN to -----END under `" +
                                            std::string(inline_key) + ": |`, indented"});
        } else {
            source.text = Secret(text->text);
        }
        return source;
    }

    static void require(MapReader& map, const PemSource& source, std::string_view inline_key,
                        std::string_view file_key) {
        // What is there and wrong has been told.
        if (!source.empty() || map.find(inline_key) != nullptr) return;
        if (map.find(file_key) == nullptr) {
            static_cast<void>(map.require(file_key, "`" + std::string(file_key) + "`, or `" +
                                                        std::string(inline_key) +
                                                        "` with the PEM text itself"));
        }
    }

    void read_http(const MapReader& file) {
        MapReader map(file, "http_server_config", "http_server_config");
        // HTTP/2 is not spoken; clients that could learn so in the handshake.
        bool http2 = true;
        map.flag("http2", http2);
        if (map.find("headers") == nullptr || !filled(map, "headers")) return;
        MapReader headers(map, "headers", "http_server_config.headers");
        for (const std::string_view name : headers.known_keys()) {
            TextCheck check = check_header_value;
            if (name == "X-Frame-Options") check = check_frame_options;
            if (name == "X-Content-Type-Options") check = check_type_options;
            std::string value;
            if (headers.text(name, check, value) && !value.empty()) {
                config_.headers.emplace_back(name, std::move(value));
            }
        }
    }

    void read_users(MapReader& file) {
        const ConfigNode* users = file.map("basic_auth_users", "a map: lines of `name: hash`");
        if (users == nullptr) return;
        std::map<std::string_view, int> first_lines;
        for (const ConfigEntry& entry : users->entries) {
            const auto [first, is_new] = first_lines.emplace(entry.key, entry.place.line);
            if (!is_new) {
                problems_.error(entry.place,
                                user_name(entry) + " is here a second time, first in line " +
                                    std::to_string(first->second),
                                "each user once");
            }
            if (const auto complaint = check_user(entry.key)) {
                problems_.error(entry.place, user_name(entry) + " " + complaint->what,
                                complaint->expected);
            }
            read_user(entry);
        }
    }

    /// Without the blank behind the colon the key holds the password too.
    static std::string user_name(const ConfigEntry& entry) {
        const bool hashed = bcrypt_cost(entry.value->text) != 0;
        if (!hashed && entry.key.find(':') != std::string::npos) return "a user";
        return "user " + in_quotes(entry.key);
    }

    void read_user(const ConfigEntry& entry) {
        WebUser user{entry.key, Secret(entry.value->text), bcrypt_cost(entry.value->text)};
        const std::string name = "the password of " + user_name(entry);
        // What stands here may be the password itself: no message repeats it.
        if (entry.value->kind != ConfigNode::Kind::text || user.cost == 0) {
            problems_.error(
                entry.value->kind == ConfigNode::Kind::null ? entry.place : entry.value->place,
                name + " is no bcrypt hash", kBcryptForm);
            return;
        }
        const std::string cost = name + " has the cost " + std::to_string(user.cost);
        if (user.cost < kLeastBcryptCost || user.cost > kMostBcryptCost) {
            problems_.error(entry.value->place, cost, "10 to 14");
        } else if (user.cost < kUsualBcryptCost) {
            problems_.warning(entry.value->place, cost, "10 or more: cheaper hashes are guessed");
        }
        config_.users.push_back(std::move(user));
    }

    /// The cost of a well-formed hash, else 0.
    static unsigned bcrypt_cost(std::string_view hash) {
        constexpr std::string_view kLetters =
            "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        const auto digit = [](char c) { return c >= '0' && c <= '9'; };
        const bool form = hash.size() == 60 && hash.starts_with("$2") &&
                          std::string_view("aby").find(hash[2]) != std::string_view::npos &&
                          hash[3] == '$' && digit(hash[4]) && digit(hash[5]) && hash[6] == '$' &&
                          hash.find_first_not_of(kLetters, 7) == std::string_view::npos;
        return form ? static_cast<unsigned>((hash[4] - '0') * 10 + (hash[5] - '0')) : 0;
    }

    std::filesystem::path folder_;
    ProblemList& problems_;
    WebConfig config_;
};

}  // namespace

LoadedWebConfig load_web_config(const std::string& path) {
    Secret text;
    if (const auto complaint = read_secret_file(path, ModeCheck::none, text)) {
        LoadedWebConfig failed;
        failed.problems.push_back({path, 1, 1, "the file " + complaint->what, complaint->expected});
        return failed;
    }
    return load_web_config_text(text.reveal(), path);
}

LoadedWebConfig load_web_config_text(std::string_view text, const std::string& file) {
    ProblemList problems(file);
    LoadedWebConfig loaded;
    if (const auto document = parse_document(text, problems, true)) {
        loaded.config = WebReader(file, problems).read(*document);
    }
    loaded.problems = problems.errors();
    loaded.warnings = problems.warnings();
    return loaded;
}

}  // namespace mailprobed
