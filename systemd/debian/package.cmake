# SPDX-License-Identifier: Apache-2.0
# `make deb`: a Debian package of what the install rules install, made by CPack.
set(MAILPROBED_DEB_RELEASE 1 CACHE STRING "Debian revision of the package")
set(MAILPROBED_DEB_MAINTAINER "mailprobed maintainers <maintainers@mailprobed.example>" CACHE STRING
  "Whom the package names as its maintainer")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME mailprobed)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
# Staged with DESTDIR, so that install rules see the prefix that the package will have.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE ${MAILPROBED_DEB_RELEASE})
set(CPACK_DEBIAN_PACKAGE_MAINTAINER ${MAILPROBED_DEB_MAINTAINER})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "monitor of mail delivery from end to end, for Prometheus")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
  "mailprobed sends a tagged test mail on a schedule (SMTP), polls the mailbox it
should land in (POP3) until it arrives, and exports to Prometheus, for every
single mail, how long it took or exactly what went wrong: the stage and the
cause.
.
Every mail gets one verdict. A crash or restart forgets no mail, sends none
twice and changes no verdict. Only mails that it wrote itself are deleted.")
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# Computed are the libraries; certificates of authorities are what TLS is verified with.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "ca-certificates")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "systemd")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "prometheus, bash-completion")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
foreach(script postinst prerm postrm)
  list(APPEND CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_SOURCE_DIR}/systemd/debian/${script})
endforeach()
# What only the package has: /etc/mailprobed, changelog, copyright.
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_SOURCE_DIR}/systemd/debian/stage.cmake)
set(CPACK_MAILPROBED_SOURCE ${CMAKE_SOURCE_DIR})
include(CPack)
