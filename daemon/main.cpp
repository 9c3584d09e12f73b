// SPDX-License-Identifier: Apache-2.0
// The program: command line in, exit status out.
#include "daemon/app.hpp"
#include "daemon/options.hpp"

#include <iostream>

int main(int argc, char** argv) {
    const mailprobed::ParsedOptions parsed = mailprobed::parse_options(argc, argv);
    if (!parsed.options) {
        const bool answer = parsed.status == mailprobed::ExitStatus::ok ||
                            parsed.status == mailprobed::ExitStatus::check_unknown;
        (answer ? std::cout : std::cerr) << parsed.text;
        return static_cast<int>(parsed.status);
    }
    return static_cast<int>(mailprobed::run_app(*parsed.options));
}
