// SPDX-License-Identifier: Apache-2.0
// Counting of allocations: by the sanitizer's hooks where there is one, else by operator new.
#include "tests/session/heap_peak.hpp"

#include <algorithm>
#include <atomic>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MAILPROBED_HEAP_HOOKS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MAILPROBED_HEAP_HOOKS 1
#endif
#endif

namespace {

std::atomic<std::size_t> live{0};
std::atomic<std::size_t> peak{0};

void note_allocated(std::size_t size) noexcept {
    const std::size_t now = live.fetch_add(size, std::memory_order_relaxed) + size;
    if (now > peak.load(std::memory_order_relaxed)) peak.store(now, std::memory_order_relaxed);
}

void note_freed(std::size_t size) noexcept {
    live.fetch_sub(size, std::memory_order_relaxed);
}

}  // namespace

#ifdef MAILPROBED_HEAP_HOOKS

#include <sanitizer/allocator_interface.h>

namespace {

void on_allocated(const volatile void* /*pointer*/, std::size_t size) {
    note_allocated(size);
}

void on_freed(const volatile void* pointer) {
    note_freed(__sanitizer_get_allocated_size(const_cast<const void*>(pointer)));
}

}  // namespace

namespace mailprobed::script {

HeapPeak::HeapPeak() : before_(0) {
    // What was allocated before the hooks were there may make `live` wrap around when it is freed;
    // differences stay right.
    static const bool hooked =
        __sanitizer_install_malloc_and_free_hooks(on_allocated, on_freed) > 0;
    // A base that no run sinks below.
    constexpr std::size_t kBase = std::size_t{1} << 40U;
    if (hooked) live = kBase;
    before_ = live;
    peak = live.load();
}

}  // namespace mailprobed::script

#else

#include <cstdlib>
#include <malloc.h>
#include <new>

void* operator new(std::size_t size) {
    void* const pointer = std::malloc(std::max<std::size_t>(size, 1));
    if (pointer == nullptr) throw std::bad_alloc();
    note_allocated(malloc_usable_size(pointer));
    return pointer;
}

void operator delete(void* pointer) noexcept {
    note_freed(malloc_usable_size(pointer));
    std::free(pointer);
}

void operator delete(void* pointer, std::size_t /*size*/) noexcept {
    operator delete(pointer);
}

namespace mailprobed::script {

HeapPeak::HeapPeak() : before_(live) {
    peak = before_;
}

}  // namespace mailprobed::script

#endif

namespace mailprobed::script {

std::size_t HeapPeak::growth() const {
    return peak - before_;
}

}  // namespace mailprobed::script
