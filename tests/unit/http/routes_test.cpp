// SPDX-License-Identifier: Apache-2.0
// The table that the pages fill: which route answers a target, and what the server does before it.
#include "daemon/http/routes.hpp"

#include <gtest/gtest.h>

#include <string>

namespace mailprobed::daemon_test {
namespace {

RouteTable table(std::initializer_list<const char*> paths) {
    RouteTable routes;
    for (const char* path : paths)
        routes.add({path, nullptr});
    return routes;
}

std::string found(const RouteTable& routes, std::string_view target) {
    const WebRoute* route = routes.find(target);
    return route == nullptr ? "none" : route->path;
}

TEST(RouteTable, APathIsItselfAloneUnlessItEndsInASlash) {
    const RouteTable routes = table({"/", "/metrics", "/probes/"});
    EXPECT_EQ(found(routes, "/"), "/");
    EXPECT_EQ(found(routes, "/metrics"), "/metrics");
    EXPECT_EQ(found(routes, "/probes/a/b"), "/probes/");
    EXPECT_EQ(found(routes, "/probes/"), "/probes/");
    for (const char* other : {"", "*", "/metric", "/metrics/", "/metricsx", "/probes", "metrics"})
        EXPECT_EQ(found(routes, other), "none") << other;
}

TEST(RouteTable, QueryAndAbsoluteFormDoNotCount) {
    const RouteTable routes = table({"/", "/metrics", "/probes/"});
    EXPECT_EQ(found(routes, "/metrics?a=/probes/"), "/metrics");
    EXPECT_EQ(found(routes, "/?/metrics"), "/");
    EXPECT_EQ(found(routes, "http://localhost:80/probes/x?y"), "/probes/");
    EXPECT_EQ(found(routes, "http://localhost"), "/");
    EXPECT_EQ(found(routes, "https://localhost/metrics"), "none");
}

TEST(RouteTable, TheRouteThatWasAddedFirstWins) {
    const RouteTable routes = table({"/mails/", "/mails/one", "/mails/"});
    EXPECT_EQ(routes.find("/mails/one"), routes.find("/mails/"));
    EXPECT_EQ(found(table({"/mails/one", "/mails/"}), "/mails/one"), "/mails/one");
}

}  // namespace
}  // namespace mailprobed::daemon_test
