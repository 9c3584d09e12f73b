# SPDX-License-Identifier: Apache-2.0
# What is installed beside the program: manual pages (target `man`), completion, examples, the schema
# of the configuration, dashboards and rules.
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
find_program(GZIP gzip REQUIRED)
include(GNUInstallDirs)

set(man_pages)
function(mailprobed_man name section summary source)
  set(plain ${CMAKE_BINARY_DIR}/systemd/${name}.${section})
  set(maker ${CMAKE_SOURCE_DIR}/systemd/man/make_man.py)
  add_custom_command(OUTPUT ${plain} ${plain}.gz
    COMMAND ${Python3_EXECUTABLE} ${maker} ${name} ${section} ${summary} ${PROJECT_VERSION}
      ${CMAKE_SOURCE_DIR}/${source} ${plain} ${ARGN}
    COMMAND ${GZIP} -9nkf ${plain}
    DEPENDS ${maker} ${source} VERBATIM)
  install(FILES ${plain}.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
  set(man_pages ${man_pages} ${plain}.gz PARENT_SCOPE)
endfunction()
mailprobed_man(mailprobed 8 "monitor mail delivery from end to end" daemon/README.md "Command line")
mailprobed_man(mailprobed.yaml 5 "configuration of mailprobed" config/README.md)
add_custom_target(man ALL DEPENDS ${man_pages})

install(FILES systemd/completions/mailprobed DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
file(GLOB examples CONFIGURE_DEPENDS config/examples/*.yaml)
install(FILES config/mailprobed.example.yaml ${examples} DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(FILES config/mailprobed.schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/mailprobed)
foreach(assets grafana prometheus)
  if(IS_DIRECTORY ${CMAKE_SOURCE_DIR}/config/${assets})
    install(DIRECTORY config/${assets} DESTINATION ${CMAKE_INSTALL_DATADIR}/mailprobed
      PATTERN make EXCLUDE PATTERN __pycache__ EXCLUDE)
  endif()
endforeach()
