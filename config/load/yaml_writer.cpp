// SPDX-License-Identifier: Apache-2.0
// The emitter of yaml-cpp, with the path of what is being written beside it.
#include "config/load/yaml_writer.hpp"

#include "config/load/credentials.hpp"

#include <yaml-cpp/emitter.h>
#include <yaml-cpp/emittermanip.h>

namespace mailprobed {

namespace {

/// A login may stand where any text is allowed, in a label or as a user's name.
std::string shown(const std::string& value) {
    return holds_credentials(value) ? "<secret>" : value;
}

}  // namespace

YamlWriter::YamlWriter(const SecretSources& sources)
    : sources_(sources), out_(std::make_unique<YAML::Emitter>()) {
    *out_ << YAML::BeginMap;
    path_.emplace_back();
}

YamlWriter::~YamlWriter() = default;

void YamlWriter::begin_line(std::string_view key) {
    *out_ << YAML::Key << std::string(key) << YAML::Value;
}

void YamlWriter::text(std::string_view key, const std::string& value) {
    begin_line(key);
    *out_ << shown(value);
}

void YamlWriter::texts(std::string_view key, const std::vector<std::string>& values) {
    begin_line(key);
    *out_ << YAML::BeginSeq;
    for (const std::string& value : values)
        *out_ << shown(value);
    *out_ << YAML::EndSeq;
}

void YamlWriter::word(std::string_view key, std::string_view value) {
    begin_line(key);
    *out_ << std::string(value);
}

void YamlWriter::decimal(std::string_view key, double value) {
    begin_line(key);
    *out_ << value;
}

void YamlWriter::pair(const std::string& name, const std::string& value) {
    begin_line(shown(name));
    *out_ << shown(value);
}

void YamlWriter::secret(std::string_view key) {
    const auto source = sources_.find(path_.back() + std::string(key));
    if (source == sources_.end()) return;
    word(key, "<secret>");
    *out_ << YAML::Comment("from " + source->second);
}

void YamlWriter::begin_map(std::string_view key) {
    begin_line(key);
    *out_ << YAML::BeginMap;
    path_.push_back(path_.back() + std::string(key) + ".");
}

void YamlWriter::end_map() {
    *out_ << YAML::EndMap;
    path_.pop_back();
}

void YamlWriter::begin_list(std::string_view key) {
    begin_line(key);
    *out_ << YAML::BeginSeq;
    path_.push_back(path_.back() + std::string(key));
    items_.push_back(0);
}

void YamlWriter::end_list() {
    *out_ << YAML::EndSeq;
    path_.pop_back();
    items_.pop_back();
}

void YamlWriter::begin_item() {
    *out_ << YAML::BeginMap;
    path_.push_back(path_.back() + "[" + std::to_string(items_.back()++) + "].");
}

void YamlWriter::end_item() {
    *out_ << YAML::EndMap;
    path_.pop_back();
}

std::string YamlWriter::finish() {
    *out_ << YAML::EndMap;
    return std::string(out_->c_str()) + "\n";
}

}  // namespace mailprobed
