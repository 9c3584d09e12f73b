// SPDX-License-Identifier: Apache-2.0
// The simplest of answers.
#include "daemon/http/response.hpp"

namespace mailprobed {

WebResponse plain(unsigned status, std::string_view text) {
    return {status, "text/plain; charset=utf-8", std::string(text) + "\n"};
}

}  // namespace mailprobed
