// SPDX-License-Identifier: Apache-2.0
// A secret that can be used but not shown: no stream operator, no formatter, wiped when freed.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace mailprobed {

/// Overwrites `size` bytes at `data` in a way the optimiser may not remove.
void wipe(void* data, std::size_t size) noexcept;

/// A password or key: readable only through reveal(), never printable, wiped when it dies.
class Secret {
  public:
    Secret() = default;
    /// A copy; the caller keeps the original.
    explicit Secret(const std::string& value) : value_(value) {}
    /// Takes the text and wipes what is left of it in `value`: a short one is copied, not moved.
    explicit Secret(std::string&& value) noexcept {
        value_.swap(value);
        wipe_all(value);
    }
    Secret(const Secret&) = default;
    Secret(Secret&& other) noexcept {
        value_.swap(other.value_);
        // A short text lies inside the object itself, so the other one still has a copy.
        other.clear();
    }
    Secret& operator=(Secret other) noexcept {
        value_.swap(other.value_);
        return *this;
    }
    ~Secret() { clear(); }

    /// The secret itself; the name is long so that every use is seen in review.
    [[nodiscard]] std::string_view reveal() const noexcept { return value_; }
    /// True if there is nothing to keep secret.
    [[nodiscard]] bool empty() const noexcept { return value_.empty(); }

    /// Compares the contents.
    friend bool operator==(const Secret&, const Secret&) = default;

    template <class Stream>
    friend Stream& operator<<(Stream&, const Secret&) = delete;

  private:
    static void wipe_all(std::string& text) noexcept {
        text.resize(text.capacity());
        wipe(text.data(), text.size());
        text.clear();
    }
    void clear() noexcept { wipe_all(value_); }

    std::string value_;
};

}  // namespace mailprobed
