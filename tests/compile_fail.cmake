# SPDX-License-Identifier: Apache-2.0
# Proves that a Secret cannot be printed: the compiler must refuse each use in
# compile_fail/secret.cpp, naming the type, and must accept the same use of a std::string.
# Included by tests/CMakeLists.txt, and run by ctest as a script.

if(CMAKE_SCRIPT_MODE_FILE)
  set(command ${COMPILER} -std=c++20 -fsyntax-only -I${ROOT} ${FLAGS} -D${USE}
      ${ROOT}/tests/compile_fail/secret.cpp)
  execute_process(COMMAND ${command} -DMAILPROBED_CONTROL RESULT_VARIABLE control
                  ERROR_VARIABLE control_errors)
  if(NOT control EQUAL 0)
    message(FATAL_ERROR "${USE} does not compile with a std::string either:\n${control_errors}")
  endif()
  execute_process(COMMAND ${command} RESULT_VARIABLE result ERROR_VARIABLE errors)
  if(result EQUAL 0)
    message(FATAL_ERROR "${USE} compiles with a Secret: it can be printed")
  endif()
  if(NOT errors MATCHES "Secret")
    message(FATAL_ERROR "${USE} fails, but not because of Secret:\n${errors}")
  endif()
  return()
endif()

foreach(use OSTREAM FMT FMT_RANGES SPDLOG LOG_FIELD STRING STRING_VIEW)
  add_test(NAME compile_fail.secret_${use}
           COMMAND ${CMAKE_COMMAND} -DCOMPILER=${CMAKE_CXX_COMPILER} -DROOT=${CMAKE_CURRENT_LIST_DIR}/..
                   -DFLAGS=-DSPDLOG_FMT_EXTERNAL -DUSE=USE_${use}
                   -P ${CMAKE_CURRENT_LIST_FILE})
  set_tests_properties(compile_fail.secret_${use} PROPERTIES LABELS unit TIMEOUT 120)
endforeach()
