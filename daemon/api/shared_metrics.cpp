// SPDX-License-Identifier: Apache-2.0
// Which text is handed out.
#include "daemon/api/shared_metrics.hpp"

#include "daemon/http/gzip.hpp"

#include <utility>

namespace mailprobed {

WebResponse SharedMetrics::answer(Instant asked, bool gzip,
                                  const std::function<std::string()>& render,
                                  const std::function<Instant()>& now) {
    std::erase_if(renderings_, [](const Rendering& one) { return !one.alive(); });
    WebResponse response{200, "text/plain; version=0.0.4; charset=utf-8", ""};
    Text plain;
    if (!renderings_.empty()) {
        Rendering& newest = renderings_.back();
        const bool pressed = renderings_.size() >= 2 && now() - newest.began < kSlack;
        if (newest.began >= asked || pressed) {
            response.shared = gzip ? newest.gzip.lock() : nullptr;
            response.gzip = response.shared != nullptr;
            if (response.gzip) return response;
            plain = newest.plain.lock();
        }
    }
    if (!plain) {
        Rendering fresh;
        fresh.began = now();
        plain = std::make_shared<const std::string>(render());
        fresh.plain = plain;
        renderings_.push_back(std::move(fresh));
    }
    response.shared = plain;
    if (!gzip) return response;
    WebResponse smaller;
    smaller.body = *plain;
    compress(smaller);
    if (!smaller.gzip) return response;
    response.shared = std::make_shared<const std::string>(std::move(smaller.body));
    response.gzip = true;
    renderings_.back().gzip = response.shared;
    return response;
}

}  // namespace mailprobed
