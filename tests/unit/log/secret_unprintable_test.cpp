// SPDX-License-Identifier: Apache-2.0
// No printing facility of the program takes a Secret; tests/compile_fail.cmake proves the same with
// real compiler runs and their error messages.
#include "daemon/log/log.hpp"
#include "probes/base/secret.hpp"

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <concepts>
#include <optional>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>

namespace mailprobed::daemon_test {
namespace {

template <class T>
concept Streamable = requires(std::ostream& out, const T& value) { out << value; };
template <class T>
concept StringStreamable = requires(std::ostringstream& out, const T& value) { out << value; };
template <class T>
concept Formattable = fmt::is_formattable<T>::value;
template <class T>
concept Loggable = std::constructible_from<Field, std::string_view, T>;

// The concepts can say yes.
static_assert(Streamable<std::string> && StringStreamable<std::string>);
static_assert(Formattable<std::string>);
static_assert(Loggable<std::string_view> && Loggable<std::string> && Loggable<const char*>);

static_assert(!Streamable<Secret> && !StringStreamable<Secret>);
// spdlog formats through fmt.
static_assert(!Formattable<Secret> && !Formattable<Secret&> && !Formattable<const Secret&>);
static_assert(!Loggable<Secret> && !Loggable<Secret&> && !Loggable<const Secret&>);
static_assert(!Loggable<std::optional<Secret>>);
static_assert(!std::convertible_to<Secret, std::string>);
static_assert(!std::convertible_to<Secret, std::string_view>);
static_assert(!std::convertible_to<Secret, const char*>);
static_assert(!std::convertible_to<Secret, bool>);
static_assert(!std::constructible_from<std::string, const Secret&>);
static_assert(!std::constructible_from<std::string_view, const Secret&>);

TEST(SecretUnprintable, OnlyRevealGivesItAway) {
    const Secret secret(std::string("hunter2"));
    EXPECT_EQ(secret.reveal(), "hunter2");
}

TEST(Secret, LeavesNothingInTheStringThatItWasMadeOf) {
    // Both short enough to lie inside the string itself and too long for that.
    for (const std::string text : {"hunter2", "a password that is kept on the heap"}) {
        std::string source(text);
        const Secret secret(std::move(source));
        EXPECT_EQ(secret.reveal(), text);
        // The object and not its text, which counts as gone.
        const std::string_view object(reinterpret_cast<const char*>(&source), sizeof source);
        EXPECT_EQ(object.find("unter"), std::string_view::npos);
    }
}

}  // namespace
}  // namespace mailprobed::daemon_test
