// SPDX-License-Identifier: Apache-2.0
// A conversation written down: who says what, in which stage; and the faults that can spoil it.
#pragma once

#include "probes/base/time.hpp"
#include "probes/domain/outcome/failure.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed::script {

/// What one step of a script does.
enum class Kind : std::uint8_t { resolve, connect, handshake, client, server };

/// One input or output operation.
struct Step {
    Kind kind = Kind::resolve;
    /// The stage that a failure of this step must be blamed on.
    Stage stage = Stage::resolve;
    /// What the client must write in one go, or what the server says.
    std::string bytes;
    /// The most octets of `bytes` that one read gets.
    std::size_t chunk = 1U << 20U;
    /// What each operation of this step takes.
    Duration takes = std::chrono::milliseconds{1};
    /// What passes after its last operation, deadline or not.
    Duration lag{};
};

/// Steps in order, written as a transcript.
class Script {
  public:
    Script& resolve();
    Script& connect();
    Script& handshake(Stage stage);
    /// The client's write: `lines` with LF line ends, which become CRLF.
    Script& client(Stage stage, std::string_view lines);
    /// The server's words: `lines` with LF line ends, which become CRLF.
    Script& server(Stage stage, std::string_view lines);
    /// The server's octets as they are.
    Script& raw(Stage stage, std::string bytes);
    /// Cuts the words of the last step into reads of `octets`, each of which takes `each`.
    Script& dripping(std::size_t octets, Duration each = std::chrono::milliseconds{1});

    std::vector<Step> steps;
    /// What this host is called, if it has a name.
    std::string host_name{};
};

/// `lines` with each LF made CRLF.
[[nodiscard]] std::string crlf(std::string_view lines);

/// What spoils a step.
struct Fault {
    /// `hangup` fails a write with a reset, but what the server said before can still be read.
    enum class What : std::uint8_t { none, timeout, eof, reset, garbage, error, hangup };
    What what = What::none;
    std::size_t step = 0;
    /// For reads: how many octets of the step still arrive.
    std::size_t after = 0;
    /// For `error`: what the channel throws.
    Cause cause = Cause::internal;
};

/// All faults that `step` can suffer.
[[nodiscard]] std::vector<Fault> faults_of(const Script& script, std::size_t step);

/// "reset", "garbage", or the cause: for test messages.
[[nodiscard]] std::string to_string(const Fault& fault);

}  // namespace mailprobed::script
