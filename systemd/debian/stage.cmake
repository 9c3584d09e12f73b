# SPDX-License-Identifier: Apache-2.0
# Run by CPack on the staged tree: adds what only a Debian package has.
set(root ${CPACK_TEMPORARY_INSTALL_DIRECTORY})
set(here ${CPACK_MAILPROBED_SOURCE}/systemd/debian)
set(doc ${root}/usr/share/doc/mailprobed)

# No live configuration: without one the unit does not start, and dpkg has nothing to ask about.
file(MAKE_DIRECTORY ${root}/etc/mailprobed/credentials)
file(CHMOD ${root}/etc/mailprobed/credentials PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)

# CMake gives SOURCE_DATE_EPOCH's instant if it is set, so that the package can be reproduced.
string(TIMESTAMP DATE "%a, %d %b %Y %H:%M:%S +0000" UTC)
set(VERSION ${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})
set(MAINTAINER ${CPACK_DEBIAN_PACKAGE_MAINTAINER})
configure_file(${here}/changelog.in ${doc}/changelog.Debian @ONLY)
configure_file(${CPACK_MAILPROBED_SOURCE}/CHANGELOG.md ${doc}/changelog COPYONLY)
configure_file(${here}/copyright ${doc}/copyright COPYONLY)
configure_file(${here}/lintian-overrides ${root}/usr/share/lintian/overrides/mailprobed COPYONLY)
execute_process(COMMAND gzip -9nf ${doc}/changelog.Debian ${doc}/changelog
  COMMAND_ERROR_IS_FATAL ANY)

# Whatever umask the builder has.
execute_process(COMMAND chmod -R go-w,u+rw,go+rX ${root}/usr COMMAND_ERROR_IS_FATAL ANY)
