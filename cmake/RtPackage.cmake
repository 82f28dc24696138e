# SPDX-License-Identifier: Apache-2.0
# `make package`: rt and rt-dev as Debian packages, by CPack, from what install() says. No maintainer script: installing
# neither starts nor enables anything, and removing the package leaves containers and their state alone.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME rt)
set(CPACK_PACKAGE_CONTACT "rt maintainers <maintainers@users.noreply.example>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "container engine in which every driver is a plugin")
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/package)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL runtime packaging dev packaging-dev)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_COMPONENT_RUNTIME_GROUP rt)
set(CPACK_COMPONENT_PACKAGING_GROUP rt)
set(CPACK_COMPONENT_DEV_GROUP dev)
set(CPACK_COMPONENT_PACKAGING-DEV_GROUP dev)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_RT_PACKAGE_NAME rt)
set(CPACK_DEBIAN_RT_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_RT_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_RT_PACKAGE_RECOMMENDS ca-certificates)
set(CPACK_DEBIAN_RT_DESCRIPTION "rt runs containers with the options that users of docker know, without a
daemon. Storage, network and isolation are drivers: shared objects that one
JSON file wires together.")
set(CPACK_DEBIAN_RT_PACKAGE_CONTROL_EXTRA ${CMAKE_BINARY_DIR}/packaging/conffiles)

set(CPACK_DEBIAN_DEV_PACKAGE_NAME rt-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS cmake)
set(CPACK_DEBIAN_DEV_DESCRIPTION "What a driver for the container engine rt is built with: the C ABI, a C++
layer over it, a CMake package and a template to copy.")

# What only the packages have. /etc/rt/config.json is the wiring file that changes nothing, there to be edited.
set(RT_DEBIAN ${PROJECT_SOURCE_DIR}/packaging/debian)
file(WRITE ${CMAKE_BINARY_DIR}/packaging/conffiles "/etc/rt/config.json\n")
install(FILES ${RT_DEBIAN}/config.json DESTINATION /etc/rt COMPONENT packaging EXCLUDE_FROM_ALL)
install(FILES ${RT_DEBIAN}/rt.lintian-overrides DESTINATION share/lintian/overrides RENAME rt
  COMPONENT packaging EXCLUDE_FROM_ALL)
string(TIMESTAMP RT_PACKAGE_DATE "%a, %d %b %Y %H:%M:%S +0000" UTC) # of SOURCE_DATE_EPOCH where that is set
foreach(package rt rt-dev)
  set(component packaging)
  if(package STREQUAL rt-dev)
    set(component packaging-dev)
  endif()
  set(changelog ${CMAKE_BINARY_DIR}/packaging/${package}/changelog)
  file(CONFIGURE OUTPUT ${changelog} @ONLY CONTENT "rt (@PROJECT_VERSION@) unstable; urgency=medium

  * Version @PROJECT_VERSION@; what is new is in the history of the source.

 -- @CPACK_PACKAGE_CONTACT@  @RT_PACKAGE_DATE@
")
  execute_process(COMMAND gzip -9nf ${changelog} COMMAND_ERROR_IS_FATAL ANY)
  install(FILES ${changelog}.gz ${RT_DEBIAN}/copyright DESTINATION share/doc/${package}
    COMPONENT ${component} EXCLUDE_FROM_ALL)
endforeach()

include(CPack)
cpack_add_component_group(rt)
cpack_add_component_group(dev)
