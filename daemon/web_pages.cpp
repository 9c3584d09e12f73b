// SPDX-License-Identifier: Apache-2.0
// Targets and files.
#include "daemon/web_pages.hpp"

#include "daemon/api_target.hpp"
#include "daemon/assets.hpp"

#include <array>
#include <exception>
#include <utility>

namespace mailprobed {

namespace {

constexpr std::string_view kAssets = "/assets/";

}  // namespace

std::string_view origin_form(std::string_view target) {
    if (!target.starts_with("http://")) return target;
    target.remove_prefix(std::string_view("http://").size());
    const std::size_t slash = target.find('/');
    return slash == std::string_view::npos ? "/" : target.substr(slash);
}

Page page_of(std::string_view target) {
    target = origin_form(target);
    target = target.substr(0, target.find('?'));
    static constexpr std::array kPages{
        std::pair{std::string_view("/"), Page::landing},
        std::pair{std::string_view("/metrics"), Page::metrics},
        std::pair{std::string_view("/-/healthy"), Page::healthy},
        std::pair{std::string_view("/-/ready"), Page::ready},
        std::pair{std::string_view("/config"), Page::config},
        std::pair{std::string_view("/-/reload"), Page::reload},
    };
    for (const auto& [path, page] : kPages) {
        if (path == target) return page;
    }
    if (target.starts_with(kAssets)) return Page::asset;
    if (target.starts_with("/probes/") || target.starts_with("/mails/")) return Page::landing;
    if (is_api(target)) return Page::api;
    return Page::none;
}

WebResponse plain(unsigned status, std::string_view text) {
    return {status, "text/plain; charset=utf-8", std::string(text) + "\n"};
}

WebResponse page_file(std::string_view target) {
    const std::string_view path = target.substr(0, target.find('?'));
    const bool page = !path.starts_with(kAssets);
    const Asset* file = find_asset(page ? "index.html" : path.substr(kAssets.size()));
    if (file == nullptr) return plain(404, "not found");
    return {200, std::string(file->type), std::string(file->content)};
}

WebResponse guarded(const std::function<WebResponse()>& make) {
    try {
        return make();
    } catch (const std::exception&) {
        return plain(500, "internal error");
    }
}

}  // namespace mailprobed
