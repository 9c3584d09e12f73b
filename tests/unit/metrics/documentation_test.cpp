// SPDX-License-Identifier: Apache-2.0
// docs/metrics.md and the exposition name the same series, and Prometheus's own linter is content.
#include "daemon/metrics/metrics.hpp"
#include "tests/support/metrics_support.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace mailprobed::daemon_test {
namespace {

/// Type and labels of one family.
struct Shape {
    std::string type;
    std::set<std::string> labels;
    friend bool operator==(const Shape&, const Shape&) = default;
};

std::ostream& operator<<(std::ostream& out, const Shape& shape) {
    out << shape.type << " {";
    for (const std::string& label : shape.labels)
        out << ' ' << label;
    return out << " }";
}

using Shapes = std::map<std::string, Shape>;

/// Metrics on which every series has appeared.
std::string full_exposition() {
    Settings settings = one_probe(TlsMode::starttls);
    AccountSettings other = settings.accounts[0];
    other.name = "b";
    other.smtp->server.tls = TlsMode::implicit;
    other.mailbox->server.tls = TlsMode::implicit;
    other.mailbox->server.port = 995;
    ProbeSettings probe = settings.probes[0];
    probe.name = "q";
    probe.from = "b";
    probe.to = "b";
    probe.labels = {{"team", "ops"}};
    settings.accounts.push_back(other);
    settings.probes.push_back(probe);
    Metrics metrics(settings);
    const TlsFacts facts{"TLSv1.3", "TLS_AES_256_GCM_SHA384", WallTime{std::chrono::hours{1}}};
    for (const Protocol protocol : {Protocol::smtp, Protocol::pop3}) {
        metrics.on(Connected{"a", protocol, IpFamily::v4});
        metrics.on(Encrypted{"a", protocol, facts});
    }
    return metrics.render();
}

Shapes rendered_shapes() {
    const Exposition exposition = parse_exposition(full_exposition());
    Shapes shapes;
    for (const auto& [name, type] : exposition.types)
        shapes[name].type = type;
    for (const Sample& sample : exposition.samples) {
        for (const auto& [label, value] : sample.labels) {
            // le belongs to the type; team is a label of the operator.
            if (label == "le" || label == "team") continue;
            shapes[exposition.family(sample)].labels.insert(label);
        }
    }
    return shapes;
}

std::vector<std::string> cells_of(const std::string& line) {
    std::vector<std::string> cells;
    std::istringstream in(line);
    for (std::string cell; std::getline(in, cell, '|');) {
        const std::size_t first = cell.find_first_not_of(" `");
        const std::size_t last = cell.find_last_not_of(" `");
        cells.push_back(first == std::string::npos ? "" : cell.substr(first, last - first + 1));
    }
    return cells;
}

/// Rows such as | `name` | type | label, label | unit | meaning |.
Shapes documented_shapes() {
    std::ifstream file(std::string(MAILPROBED_SOURCE_DIR) + "/docs/metrics.md");
    EXPECT_TRUE(file.is_open());
    Shapes shapes;
    for (std::string line; std::getline(file, line);) {
        if (!line.starts_with("| `mailprobed_") && !line.starts_with("| `process_")) continue;
        const std::vector<std::string> cells = cells_of(line);
        EXPECT_EQ(cells.size(), 6U) << line;
        if (cells.size() != 6) continue;
        Shape shape;
        shape.type = cells[2];
        std::istringstream labels(cells[3]);
        for (std::string label; std::getline(labels >> std::ws, label, ',');) {
            if (label != "-" && !label.starts_with("(")) shape.labels.insert(label);
        }
        EXPECT_FALSE(cells[4].empty()) << "no unit: " << line;
        EXPECT_FALSE(cells[5].empty()) << "no meaning: " << line;
        EXPECT_TRUE(shapes.emplace(cells[1], shape).second) << "twice: " << line;
    }
    return shapes;
}

TEST(MetricsDocumentation, EveryRenderedSeriesIsDocumentedWithItsTypeAndLabels) {
    const Shapes documented = documented_shapes();
    for (const auto& [name, shape] : rendered_shapes()) {
        const auto entry = documented.find(name);
        ASSERT_NE(entry, documented.end()) << name << " is not in docs/metrics.md";
        EXPECT_EQ(entry->second, shape) << name;
    }
}

TEST(MetricsDocumentation, EveryDocumentedSeriesIsRendered) {
    const Shapes rendered = rendered_shapes();
    const Shapes documented = documented_shapes();
    EXPECT_GT(documented.size(), 40U);
    for (const auto& [name, shape] : documented) {
        EXPECT_TRUE(rendered.contains(name)) << name << " is documented but not rendered";
    }
}

TEST(MetricsDocumentation, PromtoolFindsNothingToComplainAbout) {
    std::string path = testing::TempDir() + "mailprobed-XXXXXX";
    const int descriptor = mkstemp(path.data());
    ASSERT_GE(descriptor, 0);
    std::FILE* file = fdopen(descriptor, "w");
    ASSERT_NE(file, nullptr);
    const std::string text = full_exposition();
    ASSERT_EQ(std::fwrite(text.data(), 1, text.size(), file), text.size());
    ASSERT_EQ(std::fclose(file), 0);
    const std::string command = "promtool check metrics < '" + path + "' 2>&1";
    std::FILE* pipe = popen(command.c_str(), "r");
    ASSERT_NE(pipe, nullptr);
    std::string output;
    std::array<char, 256> chunk{};
    while (std::fgets(chunk.data(), chunk.size(), pipe) != nullptr)
        output += chunk.data();
    const int status = pclose(pipe);
    std::remove(path.c_str());
    EXPECT_EQ(status, 0) << "promtool (Debian package prometheus) is needed; it says:\n" << output;
    EXPECT_EQ(output, "");
}

}  // namespace
}  // namespace mailprobed::daemon_test
