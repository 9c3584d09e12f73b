// SPDX-License-Identifier: Apache-2.0
// The program: command line in, exit status out.
#include "daemon/app.hpp"
#include "daemon/commands/options.hpp"

#include <iostream>

int main(int argc, char** argv) {
    const mailprobed::ParsedOptions parsed = mailprobed::parse_options(argc, argv);
    if (!parsed.options) {
        (parsed.asked_for ? std::cout : std::cerr) << parsed.text;
        return parsed.status.value();
    }
    return mailprobed::run_app(*parsed.options).value();
}
