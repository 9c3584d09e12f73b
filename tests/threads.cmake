# SPDX-License-Identifier: Apache-2.0
# What `make tsan` builds and runs under ThreadSanitizer: the tests that have threads beside the event
# loop (journal, names, metrics, web, logins, API, reloads, password commands), and the whole daemon at
# its busiest.
if(NOT MAILPROBED_SANITIZE MATCHES "thread")
  return()
endif()

add_executable(thread_tests
  unit/api_bounds_test.cpp unit/config_secrets_test.cpp unit/config_support.cpp
  unit/journal_patience_test.cpp unit/journal_threads_test.cpp unit/ledger_support.cpp
  unit/log_observer_test.cpp
  unit/metrics_mailbox_test.cpp unit/metrics_support.cpp unit/metrics_values_test.cpp
  unit/net_resolver_test.cpp unit/net_task_group_test.cpp unit/reload_test.cpp
  unit/sql_journal_test.cpp unit/sql_journal_trouble_test.cpp
  unit/web_acting_test.cpp unit/web_auth_test.cpp
  unit/web_client.cpp unit/web_limits_test.cpp unit/web_server_test.cpp)
target_link_libraries(thread_tests PRIVATE mailprobed_daemon yaml-cpp spdlog::spdlog sqlite3
  GTest::gmock GTest::gtest_main)
target_compile_definitions(thread_tests PRIVATE MAILPROBED_SOURCE_DIR="${CMAKE_SOURCE_DIR}")

# No suppressions: SQLite and SOCI are not instrumented, and nothing of them was ever reported.
add_test(NAME threads.unit COMMAND thread_tests --gtest_brief=1)
add_test(NAME threads.daemon
  COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_SOURCE_DIR}/e2e/weather/canary_test.py
    $<TARGET_FILE:mailprobed> $<TARGET_FILE:mailprobed-loopback> Canary)
set_tests_properties(threads.unit threads.daemon PROPERTIES
  LABELS threads TIMEOUT 300)
