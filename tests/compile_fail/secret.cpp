// SPDX-License-Identifier: Apache-2.0
// Each USE_ prints a value; with a Secret it must not compile, with MAILPROBED_CONTROL it must.
#include "probes/base/secret.hpp"

#include <string>
#include <string_view>

#if defined(USE_OSTREAM)
#include <iostream>
#elif defined(USE_FMT)
#include <fmt/format.h>
#elif defined(USE_FMT_RANGES)
#include <fmt/ostream.h>
#include <fmt/ranges.h>
#elif defined(USE_SPDLOG)
#include <spdlog/spdlog.h>
#elif defined(USE_LOG_FIELD)
#include "daemon/log/log.hpp"
#endif

namespace {

#if defined(MAILPROBED_CONTROL)
using Value = std::string;
#else
using Value = mailprobed::Secret;
#endif

}  // namespace

int main() {
    const Value value(std::string("hunter2"));
#if defined(USE_OSTREAM)
    std::cout << value;
#elif defined(USE_FMT)
    return static_cast<int>(fmt::format("{}", value).size());
#elif defined(USE_FMT_RANGES)
    const Value values[] = {value};
    return static_cast<int>(fmt::format("{}", fmt::join(values, ",")).size());
#elif defined(USE_SPDLOG)
    spdlog::info("{}", value);
#elif defined(USE_LOG_FIELD)
    mailprobed::Log log{mailprobed::LogSettings{}};
    log.write(mailprobed::LogLevel::info, "login", {{"password", value}});
#elif defined(USE_STRING)
    const std::string text(value);
    return static_cast<int>(text.size());
#elif defined(USE_STRING_VIEW)
    const std::string_view text = value;
    return static_cast<int>(text.size());
#else
#error "which use?"
#endif
}
