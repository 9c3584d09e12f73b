// SPDX-License-Identifier: Apache-2.0
// Secrets put together.
#include "probes/wire/sasl/sasl.hpp"

#include "probes/base/base64.hpp"

#include <string>

namespace mailprobed {

Secret joined(std::string_view head, std::string_view tail) {
    std::string text;
    // Reserved, so that no copy of a secret is left behind by growing.
    text.reserve(head.size() + tail.size());
    text.append(head).append(tail);
    return Secret(std::move(text));
}

Secret plain_response(std::string_view username, const Secret& password) {
    std::string identity(1, '\0');
    identity.append(username).append(1, '\0');
    const Secret text = joined(identity, password.reveal());
    return Secret(base64(text.reveal()));
}

}  // namespace mailprobed
