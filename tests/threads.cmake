# SPDX-License-Identifier: Apache-2.0
# What `make tsan` builds and runs under ThreadSanitizer: the tests that have threads beside the event
# loop (journal, names, metrics, web, logins, API, reloads, password commands), and the whole daemon at
# its busiest.
if(NOT MAILPROBED_SANITIZE MATCHES "thread")
  return()
endif()

add_executable(thread_tests
  unit/api/bounds_test.cpp unit/config/load/secrets_test.cpp support/config_support.cpp
  unit/store/journal_patience_test.cpp unit/store/journal_threads_test.cpp support/ledger_support.cpp
  unit/log/log_observer_test.cpp
  unit/metrics/mailbox_test.cpp support/metrics_support.cpp unit/metrics/values_test.cpp
  unit/net/resolver_test.cpp unit/net/task_group_test.cpp unit/service/reload_test.cpp
  unit/store/sql_journal_test.cpp unit/store/sql_journal_trouble_test.cpp
  unit/http/acting_test.cpp unit/http/auth_test.cpp
  support/web_client.cpp unit/http/limits_test.cpp unit/http/server_test.cpp)
target_link_libraries(thread_tests PRIVATE mailprobed_daemon yaml-cpp spdlog::spdlog sqlite3
  GTest::gmock GTest::gtest_main)
target_compile_definitions(thread_tests PRIVATE MAILPROBED_SOURCE_DIR="${PROJECT_SOURCE_DIR}")

# No suppressions: SQLite and SOCI are not instrumented, and nothing of them was ever reported.
add_test(NAME threads.unit COMMAND thread_tests --gtest_brief=1)
add_test(NAME threads.daemon
  COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_SOURCE_DIR}/e2e/program/secrets/canary_test.py
    $<TARGET_FILE:mailprobed> $<TARGET_FILE:mailprobed-loopback> Canary)
set_tests_properties(threads.unit threads.daemon PROPERTIES
  LABELS threads TIMEOUT 300)
