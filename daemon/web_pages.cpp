// SPDX-License-Identifier: Apache-2.0
// The landing page, small enough to be written by hand.
#include "daemon/web_pages.hpp"

#include "daemon/text.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <exception>
#include <iterator>
#include <utility>

namespace mailprobed {

namespace {

constexpr std::string_view kHead = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>mailprobed</title>
<link rel="stylesheet" href="style.css">
</head>
<body>
<h1>mailprobed</h1>
)";

constexpr std::string_view kLinks = R"(<ul>
<li><a href="metrics">metrics</a></li>
<li><a href="config">configuration</a>, secrets masked</li>
<li><a href="-/healthy">healthy</a></li>
<li><a href="-/ready">ready</a></li>
</ul>
)";

constexpr std::string_view kTableHead =
    "<table>\n<tr><th>probe</th><th>from</th><th>to</th><th>started</th><th>delivered</th>"
    "<th>pending</th><th>last verdict</th><th>at</th><th>last round trip</th></tr>\n";

constexpr std::string_view kStyle = R"(body { font-family: sans-serif; margin: 2em; }
table { border-collapse: collapse; }
th, td { border: 1px solid #ccc; padding: 0.3em 0.6em; text-align: left; }
td.delivered { background: #dfd; }
td.bad { background: #fdd; }
)";

std::string utc(WallTime at) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(at);
    return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC",
                       fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)));
}

void append_row(std::string& out, const ProbeRow& row) {
    const char* mood = "";
    if (row.verdict) {
        mood = *row.verdict == Verdict::delivered ? " class=\"delivered\"" : " class=\"bad\"";
    }
    fmt::format_to(std::back_inserter(out),
                   "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>"
                   "<td{}>{}</td><td>{}</td><td>{}</td></tr>\n",
                   html_escaped(row.name), html_escaped(row.from), html_escaped(row.to),
                   row.started, row.delivered, row.pending, mood,
                   row.verdict ? to_string(*row.verdict) : "none yet", row.at ? utc(*row.at) : "",
                   row.round_trip ? fmt::format("{:.3f} s", to_seconds(*row.round_trip)) : "");
}

}  // namespace

Page page_of(std::string_view target) {
    if (target.starts_with("http://")) {
        target.remove_prefix(std::string_view("http://").size());
        const std::size_t slash = target.find('/');
        target = slash == std::string_view::npos ? "/" : target.substr(slash);
    }
    target = target.substr(0, target.find('?'));
    static constexpr std::array kPages{
        std::pair{std::string_view("/"), Page::landing},
        std::pair{std::string_view("/style.css"), Page::style},
        std::pair{std::string_view("/metrics"), Page::metrics},
        std::pair{std::string_view("/-/healthy"), Page::healthy},
        std::pair{std::string_view("/-/ready"), Page::ready},
        std::pair{std::string_view("/config"), Page::config},
        std::pair{std::string_view("/-/reload"), Page::reload},
    };
    for (const auto& [path, page] : kPages) {
        if (path == target) return page;
    }
    return Page::none;
}

WebResponse plain(unsigned status, std::string_view text) {
    return {status, "text/plain; charset=utf-8", std::string(text) + "\n"};
}

WebResponse landing_page(const std::vector<ProbeRow>& rows) {
    std::string body(kHead);
    body += "<p>version " MAILPROBED_VERSION "</p>\n";
    body += kLinks;
    if (!rows.empty()) {
        body += kTableHead;
        for (const ProbeRow& row : rows)
            append_row(body, row);
        body += "</table>\n";
    }
    body += "</body>\n</html>\n";
    return {200, "text/html; charset=utf-8", std::move(body)};
}

WebResponse style_sheet() {
    return {200, "text/css; charset=utf-8", std::string(kStyle)};
}

WebResponse guarded(const std::function<WebResponse()>& make) {
    try {
        return make();
    } catch (const std::exception&) {
        return plain(500, "internal error");
    }
}

}  // namespace mailprobed
