// SPDX-License-Identifier: Apache-2.0
// Labels of the observer's enums.
#include "probes/monitor/observer.hpp"

namespace mailprobed {

std::string_view to_string(Protocol protocol) noexcept {
    switch (protocol) {
        case Protocol::smtp:
            return "smtp";
        case Protocol::pop3:
            return "pop3";
    }
    return "?";
}

}  // namespace mailprobed
