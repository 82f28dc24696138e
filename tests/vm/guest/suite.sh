# SPDX-License-Identifier: Apache-2.0
# The tests of the build tree, at the place where they were built, on this kernel and its one cgroup hierarchy: those that
# touch the kernel, without those of the source tree, which is not here.
export RT_TEST_TIME_SCALE=10
mkdir -p "$build" /run/tests
mount --bind $payload/build "$build"
echo "subdirs(\"$build\")" >/run/tests/CTestTestfile.cmake

tests=$(word tests)
ctest --test-dir /run/tests -j2 ${tests:+-R "$tests"} -L 'plugin|root|integration' -E '^(Sdk|Readme|Documentation)' --no-tests=error --output-on-failure \
    --output-junit $results/suite.xml >$results/suite.log 2>&1
mark "suite: $(grep -E 'tests (passed|failed)' $results/suite.log)"
grep -E '\*\*\*|\(Failed\)|\(Timeout\)' $results/suite.log >/dev/console
