// SPDX-License-Identifier: Apache-2.0
// What the parts of the floor share. The floor is the least that the kernel needs for one container, start to
// end: no checks, no state, no options, only the system calls. It is what `rtctl run` is measured against.
#ifndef RT_BENCH_FLOOR_H
#define RT_BENCH_FLOOR_H

// Ends this process, and what the floor has made so far, when result is negative.
void must(long result, const char* what);

enum { kMaxHierarchies = 16 };

// The cgroup hierarchies of this host (v1, hybrid or v2), with a directory of ours in each.
struct cgroups {
    int count;
    int unified;                  // index of the v2 hierarchy, -1 when there is none
    int parent[kMaxHierarchies];  // our directory
    int joining[kMaxHierarchies]; // of this run: `tasks` of the container's directory, v2: the directory
                                  // itself
    char path[kMaxHierarchies][128];
};

void cgroups_open(struct cgroups* all);
void cgroups_make(struct cgroups* all);       // the container's directory in each
void cgroups_join(const struct cgroups* all); // the calling process moves itself
void cgroups_remove(struct cgroups* all);     // the container's directories
void cgroups_close(struct cgroups* all);      // ours; quiet, as it is also called after an error

#endif
