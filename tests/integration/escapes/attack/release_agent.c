/* SPDX-License-Identifier: Apache-2.0 */
/*
 * release_agent [user]: tries to get at the file release_agent of a cgroup v1 hierarchy, whose content the
 * kernel executes on the host as root. user: as root of a user namespace of its own. Says what it could
 * mount, and which release_agent it could write to; what is written is what was in it.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static void become_root_of_own_namespaces(void) {
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS | 0x02000000 /* CLONE_NEWCGROUP */) != 0) {
        printf("unshare: %s\n", strerror(errno));
        return;
    }
    puts("unshared");
    const int map = open("/proc/self/uid_map", O_WRONLY);
    if (map < 0 || write(map, "0 0 1", 5) != 5) printf("uid_map: %s\n", strerror(errno));
    if (map >= 0) close(map);
}

static void try_file(const char* path) {
    if (access(path, F_OK) == 0) printf("there is %s\n", path);
    const int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) return;
    char text[4096];
    const ssize_t size = read(fd, text, sizeof text);
    if (size >= 0 && write(fd, text, (size_t)size) == size) printf("writable: %s\n", path);
    close(fd);
}

static void try_hierarchy(const char* options) {
    if (mount("cgroup", "/tmp/hierarchy", "cgroup", 0, options) != 0) return;
    printf("mounted %s\n", options);
    try_file("/tmp/hierarchy/release_agent");
    umount2("/tmp/hierarchy", MNT_DETACH);
}

int main(int argc, char** argv) {
    if (argc > 1 && strcmp(argv[1], "user") == 0) become_root_of_own_namespaces();
    mkdir("/tmp/hierarchy", 0755);
    FILE* const controllers = fopen("/proc/cgroups", "re");
    char line[256];
    while (controllers != NULL && fgets(line, sizeof line, controllers) != NULL) {
        line[strcspn(line, "\t\n")] = '\0';
        if (line[0] == '#') continue;
        try_hierarchy(line);
        char path[300];
        snprintf(path, sizeof path, "/sys/fs/cgroup/%s/release_agent", line);
        try_file(path);
    }
    if (controllers != NULL) fclose(controllers);
    try_hierarchy("none,name=attack");
    try_hierarchy("none,name=systemd");
    puts("end");
    return 0;
}
