# SPDX-License-Identifier: Apache-2.0
# The tests of the build tree, at the place where they were built, on this kernel and its one cgroup hierarchy: those that
# tests/vm/selection lets run. More at a time than there are processors, since many wait.
export RT_TEST_TIME_SCALE=10 build results
mkdir -p "$source" $results/suite
cp -a $payload/source/. "$source"
mkdir -p "$build"
mount --bind $payload/build "$build"
xargs -a $payload/portions -P 3 -n 2 $payload/guest/portion
mark "suite: $(wc -l <$payload/portions) portions"
