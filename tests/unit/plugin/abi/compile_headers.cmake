# SPDX-License-Identifier: Apache-2.0
# Compiles each header alone: cmake -DCOMPILER=.. -DLANGUAGE=c|c++ -DSTANDARD=c11 -DINCLUDES=a;b -DROOT=dir
# -DPATTERN=rtp/*.h -P this. A header must not need another to stand before it.
file(GLOB headers RELATIVE ${ROOT} ${ROOT}/${PATTERN})
if(NOT headers)
  message(FATAL_ERROR "no header matches ${ROOT}/${PATTERN}")
endif()
list(TRANSFORM INCLUDES PREPEND -I)
set(failures "")
foreach(header IN LISTS headers)
  execute_process(COMMAND ${CMAKE_COMMAND} -E echo "#include <${header}>" OUTPUT_VARIABLE text)
  file(WRITE ${WORK}/${STANDARD}.source "${text}")
  execute_process(
    COMMAND ${COMPILER} -x ${LANGUAGE} -std=${STANDARD} -pedantic -Wall -Wextra -Wshadow -Werror -fsyntax-only ${INCLUDES}
      ${WORK}/${STANDARD}.source
    RESULT_VARIABLE result ERROR_VARIABLE problem)
  if(NOT result EQUAL 0)
    string(APPEND failures "${header}:\n${problem}\n")
  endif()
endforeach()
if(failures)
  message(FATAL_ERROR "${failures}")
endif()
