// SPDX-License-Identifier: Apache-2.0
// Settings for metrics tests, and a reader of Prometheus's text format that shares no code with
// the writer.
#pragma once

#include "probes/domain/settings/settings.hpp"

#include <map>
#include <string>
#include <vector>

namespace mailprobed::daemon_test {

/// One line of the exposition.
struct Sample {
    std::string name;
    std::map<std::string, std::string> labels;
    double value = 0;
};

/// A parsed exposition.
struct Exposition {
    /// Type of each family.
    std::map<std::string, std::string> types;
    std::vector<Sample> samples;

    /// The value of the only sample with this name and these labels among its labels; a test
    /// failure and NaN if there is none or more than one.
    [[nodiscard]] double value(const std::string& name,
                               const std::map<std::string, std::string>& labels) const;
    /// How many samples have these labels among theirs; an empty name stands for all names.
    [[nodiscard]] std::size_t count(const std::string& name,
                                    const std::map<std::string, std::string>& labels) const;
    /// The family a sample belongs to: its name without _bucket, _sum or _count where that is one.
    [[nodiscard]] std::string family(const Sample& sample) const;
};

/// Reads the text format; a line it does not understand is a test failure.
[[nodiscard]] Exposition parse_exposition(const std::string& text);

/// An account "a" that sends and reads with `mode`, and a probe "p" from it to itself.
[[nodiscard]] Settings one_probe(TlsMode mode);

}  // namespace mailprobed::daemon_test
