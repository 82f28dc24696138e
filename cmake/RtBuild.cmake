# SPDX-License-Identifier: Apache-2.0
# Compiler and linker settings for everything of ours, and the layout of the build tree: it is that of the installed
# tree, so programs find plugins, modules and rt-shim relative to themselves in both.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 17)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

set(RT_LIBEXECDIR libexec/rt)
set(RT_PLUGINDIR lib/rt/plugins)
set(RT_MODULEDIR lib/rt/modules)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

add_compile_options(-Wall -Wextra -Wshadow $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor> -Wcast-qual -Wformat=2 -Werror -fno-plt)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  add_compile_options($<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CONFIG:Release>>:-Wno-restrict>) # false alarms in std::string (GCC bug 105651)
  add_compile_options("$<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CONFIG:Release>>:-Wno-array-bounds;-Wno-stringop-overflow;-Wno-stringop-overread>") # the same, over precompiled headers
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # It looks for memory to be had back only once it has taken half a gigabyte, which few files do: a twentieth of the time.
  add_compile_options(--param=ggc-min-heapsize=500000)
  if(CMAKE_UNITY_BUILD) # it takes a file that is included for a header
    add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wno-subobject-linkage>)
  endif()
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wno-deprecated-declarations>) # what libstdc++ 12 uses of its own
endif()
add_compile_definitions(_GNU_SOURCE)
add_link_options(-Wl,-z,now,-z,relro,--as-needed)
# A hundredth of what the dynamic linker reads at each start. Not with mold or lld: theirs lack a mark that glibc asks for.
add_link_options(-Wl,-z,pack-relative-relocs)
# A start runs each line once: what counts is how much code there is to be mapped.
set(CMAKE_C_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
if(RT_SANITIZE)
  add_compile_definitions(RT_SANITIZED) # for tests of what no sanitizer leaves alone
  set(sanitizers address,undefined)
  if(RT_SANITIZE STREQUAL "thread")
    set(sanitizers thread)
  endif()
  add_compile_options(-gline-tables-only -fsanitize=${sanitizers} -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=${sanitizers})
  if(RT_FUZZ) # what is fuzzed says which way it went
    add_compile_options(-fsanitize=fuzzer-no-link)
  endif()
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_options(-fstack-protector-strong -D_FORTIFY_SOURCE=2 -ffunction-sections -fdata-sections)
  add_link_options(-Wl,--gc-sections)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_C_COMPILER_LAUNCHER})
  # Precompiled headers and ccache only agree when the preprocessed file does not carry its time.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)
  endif()
endif()
