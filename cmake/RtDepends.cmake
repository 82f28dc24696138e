# SPDX-License-Identifier: Apache-2.0
# Everything from outside, all from Debian packages (scripts/install-dependencies). docs/architecture.md says why each
# is there. What a container start does not need is not linked into rtctl: see core/image/module.

find_package(Threads REQUIRED)
find_package(Boost 1.74 REQUIRED COMPONENTS program_options)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(PkgConfig REQUIRED)

pkg_check_modules(seccomp REQUIRED IMPORTED_TARGET libseccomp)
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(curl REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(crypto REQUIRED IMPORTED_TARGET libcrypto)
pkg_check_modules(archive REQUIRED IMPORTED_TARGET libarchive)
pkg_check_modules(isal REQUIRED IMPORTED_TARGET libisal)
pkg_check_modules(mnl REQUIRED IMPORTED_TARGET libmnl)
pkg_check_modules(nftnl REQUIRED IMPORTED_TARGET libnftnl)
