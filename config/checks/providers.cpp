// SPDX-License-Identifier: Apache-2.0
// The numbers. Each has its source in config/README.md; a test holds both together.
#include "config/checks/providers.hpp"

#include "config/load/durations.hpp"

#include <algorithm>
#include <array>

namespace mailprobed {

namespace {

using std::chrono::days;
using std::chrono::minutes;
using enum LimitBasis;

template <class... Names>
constexpr auto domains(Names... names) {
    return std::array<std::string_view, sizeof...(Names)>{names...};
}

constexpr auto kQq = domains("qq.com");
constexpr auto kNetEase = domains("163.com", "126.com", "yeah.net");
constexpr auto kGmail = domains("gmail.com", "googlemail.com");
constexpr auto kOutlook = domains("smtp-mail.outlook.com", "pop-mail.outlook.com", "live.com");
constexpr auto kOffice = domains("office365.com");
constexpr auto kYahoo = domains("mail.yahoo.com", "bizmail.yahoo.com");
constexpr auto kOvh = domains("ovh.net");
constexpr auto kLuxSci = domains("luxsci.com");

constexpr auto kProviders = std::to_array<Provider>({
    {"QQ Mail", kQq, {60, cautious}, {}, {}, {60, cautious}, {}, {days{30}, 0}},
    {"NetEase (163, 126)", kNetEase, {60, cautious}, {}, {}, {}, {100, reported}},
    {"Gmail", kGmail, {12, documented}, {}, {}, {}, {500, reported}, {{}, 250}},
    {"Outlook.com", kOutlook, {4, reported}, minutes{15}, {}, {}, {300, reported}},
    {"Office 365", kOffice, {}, {}, {30, documented}, {}, {10'000, documented}},
    {"Yahoo Mail", kYahoo, {}, {}, {}, {}, {500, reported}},
    {"OVH", kOvh, {60, documented}, minutes{1}, {}, {200, documented}, {}},
    {"LuxSci", kLuxSci, {120, documented}, {}, {}, {}, {}},
});

bool is_within(std::string_view host, std::string_view domain) noexcept {
    if (!host.ends_with(domain)) return false;
    return host.size() == domain.size() || host[host.size() - domain.size() - 1] == '.';
}

}  // namespace

std::span<const Provider> providers() noexcept {
    return kProviders;
}

const Provider* provider_of(std::string_view host) noexcept {
    const auto runs = [host](const Provider& provider) {
        return std::ranges::any_of(
            provider.domains, [host](std::string_view domain) { return is_within(host, domain); });
    };
    const auto* const found = std::ranges::find_if(kProviders, runs);
    return found == kProviders.end() ? nullptr : found;
}

std::string window_text(const ListWindow& window) {
    std::string text;
    if (window.age > Duration::zero()) text = "age: " + format_duration(window.age);
    if (window.oldest > 0) {
        text += (text.empty() ? "" : ", ") + ("oldest: " + std::to_string(window.oldest));
    }
    return text.empty() ? text : "{" + text + "}";
}

std::string_view basis_word(LimitBasis basis) noexcept {
    switch (basis) {
        case LimitBasis::documented:
            return "documented";
        case LimitBasis::reported:
            return "reported";
        case LimitBasis::cautious:
            return "cautious";
    }
    return "?";
}

}  // namespace mailprobed
