// SPDX-License-Identifier: Apache-2.0
// The units do not try again after 78, so nothing that may pass by itself can end with it.
#include "daemon/commands/start_failure.hpp"

#include "daemon/http/listen_address.hpp"
#include "daemon/http/security.hpp"
#include "daemon/store/place.hpp"
#include "probes/base/file_error.hpp"

#include <algorithm>
#include <iostream>

namespace mailprobed {
namespace {

ExitStatus tell(const std::exception& error, ExitStatus status) {
    std::cerr << "mailprobed: " << error.what() << '\n';
    return status;
}

}  // namespace

ExitStatus status_of(const std::vector<ConfigProblem>& problems) noexcept {
    const bool passing =
        !problems.empty() && std::ranges::all_of(problems, &ConfigProblem::passing);
    return passing ? ExitStatus::unavailable : ExitStatus::config;
}

ExitStatus report_startup_error() {
    try {
        throw;
    } catch (const LedgerInUse& error) {
        return tell(error, ExitStatus::unavailable);
    } catch (const ListenError& error) {
        return tell(error, ExitStatus::unavailable);
    } catch (const SetupError& error) {
        return tell(error, ExitStatus::config);
    } catch (const WebConfigError& error) {
        return tell(error, ExitStatus::config);
    } catch (const std::exception& error) {
        return tell(error, ExitStatus::internal);
    }
}

}  // namespace mailprobed
