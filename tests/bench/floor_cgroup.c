// SPDX-License-Identifier: Apache-2.0
#include "floor.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

static const char kMount[] = "/sys/fs/cgroup";
static const char kName[] = "run"; // of the container's directory below ours

static void copy_text(int from, int to, const char* file, const char* fallback) {
    char text[256];
    int fd = openat(from, file, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return; // not the cpuset hierarchy
    ssize_t size = read(fd, text, sizeof text);
    close(fd);
    if (size <= 1) size = (ssize_t)strlen(strcpy(text, fallback));
    fd = openat(to, file, O_WRONLY | O_CLOEXEC);
    must(fd, file);
    must(write(fd, text, (size_t)size), file);
    close(fd);
}

static void add(struct cgroups* all, const char* mount) {
    struct statfs kind;
    if (statfs(mount, &kind) < 0 || all->count == kMaxHierarchies) return;
    const int v2 = kind.f_type == CGROUP2_SUPER_MAGIC;
    if (!v2 && kind.f_type != CGROUP_SUPER_MAGIC) return;
    char* path = all->path[all->count];
    snprintf(path, sizeof all->path[0], "%s/rt-floor-%d", mount, getpid());
    must(mkdir(path, 0755), path);
    const int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    must(fd, path);
    if (v2) all->unified = all->count;
    all->parent[all->count++] = fd;
    if (v2) return;
    const int root = open(mount, O_PATH | O_DIRECTORY | O_CLOEXEC);
    copy_text(root, fd, "cpuset.cpus", "0");
    copy_text(root, fd, "cpuset.mems", "0");
    close(root);
}

void cgroups_open(struct cgroups* all) {
    *all = (struct cgroups){.unified = -1};
    add(all, kMount);
    if (all->count > 0) return; // pure v2
    DIR* mounts = opendir(kMount);
    must(mounts ? 0 : -1, kMount);
    for (struct dirent* entry; (entry = readdir(mounts)) != NULL;) {
        if (entry->d_name[0] == '.' || entry->d_type == DT_LNK) continue;
        char mount[sizeof kMount + sizeof entry->d_name];
        snprintf(mount, sizeof mount, "%s/%s", kMount, entry->d_name);
        if (strlen(mount) < 100) add(all, mount);
    }
    closedir(mounts);
}

void cgroups_make(struct cgroups* all) {
    for (int i = 0; i < all->count; ++i) {
        must(mkdirat(all->parent[i], kName, 0755), "make cgroup");
        if (i == all->unified) {
            all->joining[i] = openat(all->parent[i], kName, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        } else {
            const int made = openat(all->parent[i], kName, O_PATH | O_DIRECTORY | O_CLOEXEC);
            must(made, "open cgroup");
            copy_text(all->parent[i], made, "cpuset.cpus", "0");
            copy_text(all->parent[i], made, "cpuset.mems", "0");
            // `tasks` with "0", written by the one who moves: a pid, or cgroup.procs, takes a lock over all
            // processes and waits for an RCU grace period.
            all->joining[i] = openat(made, "tasks", O_WRONLY | O_CLOEXEC);
            close(made);
        }
        must(all->joining[i], "open cgroup");
    }
}

void cgroups_join(const struct cgroups* all) {
    for (int i = 0; i < all->count; ++i)
        if (i != all->unified) must(write(all->joining[i], "0", 1), "join cgroup");
}

void cgroups_remove(struct cgroups* all) {
    for (int i = 0; i < all->count; ++i) {
        close(all->joining[i]);
        must(unlinkat(all->parent[i], kName, AT_REMOVEDIR), "remove cgroup");
    }
}

void cgroups_close(struct cgroups* all) {
    for (int i = 0; i < all->count; ++i) {
        (void)unlinkat(all->parent[i], kName, AT_REMOVEDIR); // only there after an error
        close(all->parent[i]);
        (void)rmdir(all->path[i]);
    }
    all->count = 0;
}
