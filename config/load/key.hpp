// SPDX-License-Identifier: Apache-2.0
// One descriptor for each key of the file. The reader, the masked view, the comparison of two
// configurations, the tables of config/README.md, the manual page and the schema are made from it.
#pragma once

#include "config/load/key_values.hpp"
#include "config/load/ranges.hpp"
#include "config/load/reader.hpp"
#include "config/load/syntax.hpp"
#include "config/load/yaml_writer.hpp"
#include "probes/base/secret.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

namespace mailprobed {

/// A map with further keys; `section` is its path, such as `accounts[].smtp`.
struct MapForm {
    std::string_view section;
};
/// A list of such maps.
struct ListForm {
    std::string_view section;
};
/// A map that names the source of a secret; a password may stand there itself.
struct SecretForm {
    std::string_view section;
    bool itself;
};
/// A program with its arguments.
struct CommandForm {};

/// What a key may hold.
using KeyForm = std::variant<TextForm, TextListForm, FlagForm, WordForm, DurationForm, IntegerForm,
                             DecimalForm, PairsForm, MapForm, ListForm, SecretForm, CommandForm>;

/// What people are told about a key, in Markdown; what is empty follows from form and default.
struct KeyText {
    std::string_view meaning;
    /// A value as it would stand in the file.
    std::string_view example{};
    std::string_view type{};
    std::string_view range{};
    /// What happens without the key, where no value would say the same; the masked view then leaves
    /// out what is as it would be without.
    std::optional<std::string_view> otherwise{};
    /// The key must be there; what a message then says is expected.
    std::string_view required{};
    /// A reload that changes it is refused.
    bool restart = false;
    /// Two readers of one mailbox may differ in it.
    bool may_differ = false;
    /// read_keys() leaves it to the caller, whose other values it depends on.
    bool by_hand = false;
};

/// All that is known of a key but where its value goes.
struct KeyDescription {
    std::string_view name;
    KeyForm form;
    KeyText text;
};

/// A key of a map that is read into an `S`; functions that it has no use for are null.
template <class S>
struct Key {
    KeyDescription about;
    /// Returns true if the key is there and good.
    bool (*read)(const KeyDescription& about, MapReader& map, S& out) = nullptr;
    /// Writes it into the masked view.
    void (*show)(const KeyDescription& about, YamlWriter& out, const S& from) = nullptr;
    bool (*same)(const S& a, const S& b) = nullptr;
    /// Adds the keys of the map below it that differ and need a restart, each after `path`.
    void (*fixed)(const std::string& path, const S& now, const S& next,
                  std::vector<std::string>& out) = nullptr;
};

/// The keys of one map, in the order of the documentation.
template <class S>
struct KeyGroup {
    std::span<const Key<S>> keys;
    /// Complains about values that do not fit each other; called if each by itself is good.
    void (*check)(MapReader& map, const S& read) = nullptr;
};

/// The keys that were there and good.
class KeysRead {
  public:
    /// Notes one more.
    void add(std::string_view name) { names_.push_back(name); }
    /// True if `name` was there and good.
    [[nodiscard]] bool has(std::string_view name) const {
        return std::ranges::find(names_, name) != names_.end();
    }

  private:
    std::vector<std::string_view> names_;
};

/// Reads the keys of `group` from `map`, all but those to be read by hand.
template <class S>
KeysRead read_keys(MapReader& map, const KeyGroup<S>& group, S& out) {
    KeysRead good;
    for (const Key<S>& key : group.keys) {
        const auto& [name, form, text] = key.about;
        if (key.read == nullptr || text.by_hand) continue;
        if (!text.required.empty() && map.require(name, text.required) == nullptr) continue;
        if (key.read(key.about, map, out)) good.add(name);
    }
    if (group.check != nullptr && map.good()) group.check(map, out);
    return good;
}

/// Reads the key `name` of `group`; true if it is there and good.
template <class S>
bool read_key(MapReader& map, const KeyGroup<S>& group, std::string_view name, S& out) {
    for (const Key<S>& key : group.keys) {
        if (key.about.name == name) return key.read(key.about, map, out);
    }
    throw std::logic_error("no such key");
}

/// Writes the keys of `group` as lines of the map that `out` is in.
template <class S>
void show_keys(YamlWriter& out, const KeyGroup<S>& group, const S& from) {
    for (const Key<S>& key : group.keys) {
        if (key.show == nullptr) continue;
        // Where no value of the file means the same as its absence.
        if (key.about.text.otherwise && key.same(from, S{})) continue;
        key.show(key.about, out, from);
    }
}

/// Adds the keys that differ and cannot change while the daemon runs, each after `path`.
template <class S>
void add_fixed(const std::string& path, const KeyGroup<S>& group, const S& now, const S& next,
               std::vector<std::string>& out) {
    for (const Key<S>& key : group.keys) {
        const std::string name = path + std::string(key.about.name);
        if (key.about.text.restart) {
            if (!key.same(now, next)) out.push_back(name);
        } else if (key.fixed != nullptr) {
            key.fixed(name + ".", now, next, out);
        }
    }
}

// What makes descriptors. A `Path` are the pointers to members that lead from the map's value to
// the key's: <&SmtpSettings::server, &Endpoint::host>.

template <auto... Path>
struct PathOwner;
template <class Owner, class Value, Value Owner::* First, auto... Rest>
struct PathOwner<First, Rest...> {
    using type = Owner;
};
/// The class that a path begins in.
template <auto... Path>
using Owner = typename PathOwner<Path...>::type;

/// The value at the end of a path.
template <auto First, auto... Rest>
constexpr auto& member(auto& owner) {
    if constexpr (sizeof...(Rest) == 0) {
        return owner.*First;
    } else {
        return member<Rest...>(owner.*First);
    }
}

template <class Form, auto... Path>
constexpr Key<Owner<Path...>> value_key(std::string_view name, Form form, KeyText text) {
    using S = Owner<Path...>;
    return {{name, form, text},
            [](const KeyDescription& about, MapReader& map, S& out) {
                return read_value(map, about.name, *std::get_if<Form>(&about.form),
                                  member<Path...>(out));
            },
            [](const KeyDescription& about, YamlWriter& out, const S& from) {
                show_value(out, about.name, member<Path...>(from));
            },
            [](const S& a, const S& b) { return member<Path...>(a) == member<Path...>(b); }};
}

/// A text that passes `check`.
template <auto... Path>
constexpr auto text_key(std::string_view name, TextCheck check, KeyText text) {
    return value_key<TextForm, Path...>(name, TextForm{check}, text);
}

/// One such text or a list of them.
template <auto... Path>
constexpr auto texts_key(std::string_view name, TextCheck check, KeyText text) {
    return value_key<TextListForm, Path...>(name, TextListForm{check}, text);
}

/// `true` or `false`.
template <auto... Path>
constexpr auto flag_key(std::string_view name, KeyText text) {
    return value_key<FlagForm, Path...>(name, FlagForm{}, text);
}

/// A length of time.
template <auto... Path>
constexpr auto duration_key(std::string_view name, Range<Duration> range, KeyText text) {
    return value_key<DurationForm, Path...>(name, DurationForm{range}, text);
}

/// A whole number.
template <auto... Path>
constexpr auto integer_key(std::string_view name, Range<std::uint32_t> range, KeyText text) {
    return value_key<IntegerForm, Path...>(name, IntegerForm{range}, text);
}

/// A number with or without a fraction.
template <auto... Path>
constexpr auto decimal_key(std::string_view name, Range<double> range, KeyText text) {
    return value_key<DecimalForm, Path...>(name, DecimalForm{range}, text);
}

/// A map of names and texts.
template <auto... Path>
constexpr auto pairs_key(std::string_view name, PairsForm form, KeyText text) {
    return value_key<PairsForm, Path...>(name, form, text);
}

template <const auto& Words>
inline constexpr auto kTexts = [] {
    std::array<std::string_view, Words.size()> texts{};
    for (std::size_t i = 0; i < texts.size(); ++i)
        texts[i] = Words[i].text;
    return texts;
}();

/// One of `Words`, an array of Word.
template <const auto& Words, auto... Path>
constexpr Key<Owner<Path...>> word_key(std::string_view name, KeyText text) {
    using S = Owner<Path...>;
    using Value = std::remove_cvref_t<decltype(Words[0].value)>;
    return {{name, WordForm{kTexts<Words>}, text},
            [](const KeyDescription& about, MapReader& map, S& out) {
                return map.word<Value>(about.name, Words, member<Path...>(out));
            },
            [](const KeyDescription& about, YamlWriter& out, const S& from) {
                const auto* const found =
                    std::ranges::find(Words, member<Path...>(from), &Word<Value>::value);
                if (found != Words.end()) out.word(about.name, found->text);
            },
            [](const S& a, const S& b) { return member<Path...>(a) == member<Path...>(b); }};
}

/// A map of the keys of `Group`.
template <const auto& Group, auto... Path>
constexpr Key<Owner<Path...>> map_key(std::string_view name, std::string_view section,
                                      KeyText text) {
    using S = Owner<Path...>;
    return {
        {name, MapForm{section}, text},
        [](const KeyDescription& about, MapReader& map, S& out) {
            if (map.find(about.name) == nullptr) return false;
            MapReader below(map, about.name, std::get_if<MapForm>(&about.form)->section);
            read_keys(below, Group, member<Path...>(out));
            return below.good();
        },
        [](const KeyDescription& about, YamlWriter& out, const S& from) {
            out.begin_map(about.name);
            show_keys(out, Group, member<Path...>(from));
            out.end_map();
        },
        [](const S& a, const S& b) { return member<Path...>(a) == member<Path...>(b); },
        [](const std::string& path, const S& now, const S& next, std::vector<std::string>& out) {
            add_fixed(path, Group, member<Path...>(now), member<Path...>(next), out);
        }};
}

/// A map of the keys of `Group` that a caller reads and that need not be there: an optional.
template <const auto& Group, auto... Path>
constexpr Key<Owner<Path...>> optional_map_key(std::string_view name, std::string_view section,
                                               KeyText text) {
    using S = Owner<Path...>;
    return {{name, MapForm{section}, text},
            nullptr,
            [](const KeyDescription& about, YamlWriter& out, const S& from) {
                if (!member<Path...>(from)) return;
                out.begin_map(about.name);
                show_keys(out, Group, *member<Path...>(from));
                out.end_map();
            },
            [](const S& a, const S& b) { return member<Path...>(a) == member<Path...>(b); }};
}

/// A list of maps of the keys of `Group` that a caller reads.
template <const auto& Group, auto... Path>
constexpr Key<Owner<Path...>> list_key(std::string_view name, std::string_view section,
                                       KeyText text) {
    using S = Owner<Path...>;
    return {{name, ListForm{section}, text},
            nullptr,
            [](const KeyDescription& about, YamlWriter& out, const S& from) {
                out.begin_list(about.name);
                for (const auto& item : member<Path...>(from)) {
                    out.begin_item();
                    show_keys(out, Group, item);
                    out.end_item();
                }
                out.end_list();
            },
            [](const S& a, const S& b) { return member<Path...>(a) == member<Path...>(b); }};
}

/// A secret, which SecretReader reads.
template <auto... Path>
constexpr Key<Owner<Path...>> secret_key(std::string_view name, SecretForm form, KeyText text) {
    using S = Owner<Path...>;
    return {{name, form, text},
            nullptr,
            [](const KeyDescription& about, YamlWriter& out, const S& /*from*/) {
                out.secret(about.name);
            },
            [](const S& a, const S& b) { return member<Path...>(a) == member<Path...>(b); }};
}

/// Stands for a map that no settings are made of.
struct NoSettings {};

/// A key that only documents and the check of unknown keys know.
template <class S = NoSettings>
constexpr Key<S> described_key(std::string_view name, KeyForm form, KeyText text) {
    return {{name, form, text}};
}

/// The keys of both arrays.
template <class S, std::size_t N, std::size_t M>
constexpr std::array<Key<S>, N + M> joined(const std::array<Key<S>, N>& first,
                                           const std::array<Key<S>, M>& then) {
    std::array<Key<S>, N + M> result{};
    std::ranges::copy(first, result.begin());
    std::ranges::copy(then, result.begin() + N);
    return result;
}

}  // namespace mailprobed
