// SPDX-License-Identifier: Apache-2.0
// Reading of CAPA lists.
#include "probes/wire/pop3/capabilities.hpp"

#include "probes/base/ascii.hpp"

namespace mailprobed {

void Pop3Capabilities::add(std::string_view line) noexcept {
    const std::string_view word = take_word(line);
    if (ascii_iequals(word, "STLS")) {
        stls = true;
    } else if (ascii_iequals(word, "TOP")) {
        top = true;
    } else if (ascii_iequals(word, "UIDL")) {
        uidl = true;
    } else if (ascii_iequals(word, "USER")) {
        user = true;
    } else if (ascii_iequals(word, "PIPELINING")) {
        pipelining = true;
    } else if (ascii_iequals(word, "SASL")) {
        sasl = true;
        while (!line.empty()) {
            sasl_plain |= ascii_iequals(take_word(line), "PLAIN");
        }
    } else if (ascii_iequals(word, "LOGIN-DELAY")) {
        login_delay = to_number<std::uint32_t>(take_word(line));
        login_delay_per_user = ascii_iequals(take_word(line), "USER");
    }
}

}  // namespace mailprobed
