// SPDX-License-Identifier: Apache-2.0
// Prints the tables of keys; `make documents` hands them to documents.py. Not installed.
#include "config/describe/describe.hpp"

#include <iostream>

int main() {
    std::cout << mailprobed::described_keys();
}
