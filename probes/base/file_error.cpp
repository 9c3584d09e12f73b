// SPDX-License-Identifier: Apache-2.0
// Which errors are whose.
#include "probes/base/file_error.hpp"

#include <cerrno>

namespace mailprobed {

void throw_file_error(const std::string& what, int error) {
    switch (error) {
        case EACCES:
        case EPERM:
        case ENOENT:
        case ENOTDIR:
        case EISDIR:
        case ELOOP:
        case ENAMETOOLONG:
            throw SetupError(what);
        default:
            throw std::runtime_error(what);
    }
}

}  // namespace mailprobed
