// SPDX-License-Identifier: Apache-2.0
// What a key's text leaves out follows from its form, and from the settings of an empty file.
#include "config/describe/describe.hpp"

#include "config/load/durations.hpp"
#include "config/load/key_tables.hpp"

#include <yaml-cpp/yaml.h>

namespace mailprobed {

namespace {

/// What documents say of a form.
struct FormWords {
    std::string kind;
    std::string type;
    std::string range;
    std::string least{};
    std::string greatest{};
    std::string section{};
    std::span<const std::string_view> words{};
};

template <class T>
FormWords of_range(std::string kind, const T& least, const T& greatest) {
    return {kind, kind, least + " to " + greatest, least, greatest};
}

std::string joined(std::span<const std::string_view> words) {
    std::string result;
    for (const std::string_view word : words)
        result.append(result.empty() ? "" : ", ").append(word);
    return result;
}

std::string number(double value) {
    YAML::Emitter out;
    out << value;
    return out.c_str();
}

/// `key` is the key's name, after which references to sections are called.
struct Describe {
    std::string key;

    FormWords operator()(const TextForm& /*form*/) const { return {"text", "text", ""}; }
    FormWords operator()(const TextListForm& /*form*/) const { return {"texts", "list", ""}; }
    FormWords operator()(const FlagForm& /*form*/) const {
        return {"boolean", "boolean", "true, false"};
    }
    FormWords operator()(const WordForm& form) const {
        return {"word", "word", joined(form.words), "", "", "", form.words};
    }
    FormWords operator()(const DurationForm& form) const {
        return of_range("duration", format_duration(form.range.least),
                        format_duration(form.range.greatest));
    }
    FormWords operator()(const IntegerForm& form) const {
        return of_range("integer", std::to_string(form.range.least),
                        std::to_string(form.range.greatest));
    }
    FormWords operator()(const DecimalForm& form) const {
        return of_range("number", number(form.range.least), number(form.range.greatest));
    }
    FormWords operator()(const PairsForm& /*form*/) const {
        return {"pairs", "map", "at most " + std::to_string(kMostPairs)};
    }
    FormWords operator()(const MapForm& form) const { return of_section("map", form.section); }
    FormWords operator()(const ListForm& form) const { return of_section("list", form.section); }
    FormWords operator()(const SecretForm& form) const {
        FormWords words = of_section(form.itself ? "secret" : "map", form.section);
        words.type = "map";
        return words;
    }
    FormWords operator()(const CommandForm& /*form*/) const { return {"command", "list", ""}; }

    [[nodiscard]] FormWords of_section(const std::string& kind, std::string_view section) const {
        return {kind, kind, "see `" + key + "`", "", "", std::string(section)};
    }
};

class Writer {
  public:
    Writer() {
        out_.SetStringFormat(YAML::DoubleQuoted);
        out_.SetMapFormat(YAML::Flow);
        out_.SetSeqFormat(YAML::Flow);
        out_ << YAML::BeginSeq;
    }

    template <class S>
    void section(std::string_view path, const KeyGroup<S>& group) {
        YamlWriter defaults(sources_);
        show_keys(defaults, group, S{});
        const YAML::Node shown = YAML::Load(defaults.finish());
        out_ << YAML::BeginMap << "path" << std::string(path) << "keys" << YAML::BeginSeq;
        for (const Key<S>& key : group.keys)
            describe(key.about, shown[std::string(key.about.name)]);
        out_ << YAML::EndSeq << YAML::EndMap;
    }

    [[nodiscard]] std::string finish() {
        out_ << YAML::EndSeq;
        return std::string(out_.c_str()) + "\n";
    }

  private:
    void describe(const KeyDescription& key, const YAML::Node& shown) {
        const KeyText& text = key.text;
        const FormWords form = std::visit(Describe{std::string(key.name)}, key.form);
        out_ << YAML::BeginMap;
        line("name", key.name);
        line("kind", form.kind);
        line("type", text.type.empty() ? std::string_view(form.type) : text.type);
        line("range", text.range.empty() ? std::string_view(form.range) : text.range);
        line("least", form.least);
        line("greatest", form.greatest);
        line("section", form.section);
        // Not what the structure holds, where it only stands for another section's default.
        if (!text.otherwise && shown && shown.IsScalar()) {
            line("default", shown.as<std::string>());
        }
        line("otherwise", text.otherwise.value_or(""));
        line("required", text.required);
        line("restart", text.restart ? "true" : "");
        line("meaning", text.meaning);
        line("example", text.example);
        out_ << "words" << YAML::BeginSeq;
        for (const std::string_view word : form.words)
            out_ << std::string(word);
        out_ << YAML::EndSeq << YAML::EndMap;
    }

    void line(const char* name, std::string_view value) {
        if (!value.empty()) out_ << name << std::string(value);
    }

    SecretSources sources_;
    YAML::Emitter out_;
};

}  // namespace

std::string described_keys() {
    Writer out;
    for_each_section([&out](std::string_view path, const auto& group, bool /*discreet*/) {
        out.section(path, group);
    });
    return out.finish();
}

}  // namespace mailprobed
