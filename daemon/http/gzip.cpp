// SPDX-License-Identifier: Apache-2.0
// gzip by zlib, in one go: the answer is in memory anyway.
#include "daemon/http/gzip.hpp"

#include <limits>
#include <zlib.h>

namespace mailprobed {

namespace {

/// Metrics shrink to a tenth at any level; higher ones only take longer.
constexpr int kLevel = 3;
constexpr int kMemory = 8;
/// 15 bits of window, and 16 for a gzip header instead of zlib's.
constexpr int kGzipWindow = 15 + 16;

}  // namespace

void compress(WebResponse& response) {
    const std::string& body = response.body;
    if (body.size() <= kGzipFrom || body.size() > std::numeric_limits<uInt>::max()) return;
    z_stream stream{};
    if (::deflateInit2(&stream, kLevel, Z_DEFLATED, kGzipWindow, kMemory, Z_DEFAULT_STRATEGY) !=
        Z_OK) {
        return;
    }
    std::string out(::deflateBound(&stream, static_cast<uLong>(body.size())), '\0');
    // zlib's interface has no const; it does not write there.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
    stream.avail_in = static_cast<uInt>(body.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const bool complete = ::deflate(&stream, Z_FINISH) == Z_STREAM_END;
    out.resize(stream.total_out);
    ::deflateEnd(&stream);
    if (!complete || out.size() >= body.size()) return;
    response.body = std::move(out);
    response.gzip = true;
}

}  // namespace mailprobed
