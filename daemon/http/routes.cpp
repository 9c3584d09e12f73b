// SPDX-License-Identifier: Apache-2.0
// A handful of routes: they are looked through one by one.
#include "daemon/http/routes.hpp"

#include <algorithm>

namespace mailprobed {

std::string_view origin_form(std::string_view target) {
    if (!target.starts_with("http://")) return target;
    target.remove_prefix(std::string_view("http://").size());
    const std::size_t slash = target.find('/');
    return slash == std::string_view::npos ? "/" : target.substr(slash);
}

const WebRoute* RouteTable::find(std::string_view target) const {
    target = origin_form(target);
    target = target.substr(0, target.find('?'));
    const auto found = std::ranges::find_if(routes_, [target](const WebRoute& route) {
        const bool below = route.path.size() > 1 && route.path.ends_with('/');
        return below ? target.starts_with(route.path) : target == route.path;
    });
    return found == routes_.end() ? nullptr : &*found;
}

}  // namespace mailprobed
