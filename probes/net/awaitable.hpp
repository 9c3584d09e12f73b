// SPDX-License-Identifier: Apache-2.0
// The executor and coroutine types of the whole program, spelled out because any_io_executor costs.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

namespace mailprobed {

namespace asio = boost::asio;

/// The one executor type: the program has one thread and one io_context.
using Executor = asio::io_context::executor_type;

/// The return type of every coroutine.
template <class T = void>
using Awaitable = asio::awaitable<T, Executor>;

}  // namespace mailprobed
