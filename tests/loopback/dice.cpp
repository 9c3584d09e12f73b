// SPDX-License-Identifier: Apache-2.0
// Draws spelled out, because the distributions of the standard library differ between libraries.
#include "tests/loopback/dice.hpp"

#include <algorithm>
#include <cmath>

namespace mailprobed::loopback {

double Dice::unit() {
    return static_cast<double>(engine_() >> 11) * 0x1.0p-53;
}

Nanoseconds Dice::draw(const DelayModel& model) {
    const auto low = static_cast<double>(model.low.count());
    const auto high = static_cast<double>(model.high.count());
    double drawn = low;
    switch (model.kind) {
        case DelayModel::Kind::fixed:
            break;
        case DelayModel::Kind::uniform:
            drawn = low + (high - low) * unit();
            break;
        case DelayModel::Kind::log_uniform:
            drawn = low * std::pow(high / low, unit());
            break;
        case DelayModel::Kind::exponential:
            drawn = low + std::min(-std::log1p(-unit()), 50.0) * high;
            break;
    }
    return Nanoseconds(std::llround(drawn));
}

std::string Dice::garbage(std::size_t size) {
    std::string bytes(size, '\0');
    for (auto& byte : bytes) {
        do {
            byte = static_cast<char>(engine_() & 0xffU);
        } while (byte == '\r' || byte == '\n');
    }
    return bytes;
}

}  // namespace mailprobed::loopback
