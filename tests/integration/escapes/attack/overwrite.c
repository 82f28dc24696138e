/* SPDX-License-Identifier: Apache-2.0 */
/*
 * overwrite FD: FD is a program of the host, open for reading. Says what comes of opening it again for
 * writing: "writable", "busy" (it runs; the moment it does not it is writable), "sealed" or an error's text.
 * Nothing is written.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    char path[64];
    char link[256] = "";
    snprintf(path, sizeof path, "/proc/self/fd/%d", atoi(argv[1]));
    if (readlink(path, link, sizeof link - 1) < 0) return 2;
    const int seals = fcntl(atoi(argv[1]), F_GET_SEALS);
    if (seals >= 0 && (seals & F_SEAL_WRITE) != 0) return puts("sealed") < 0;
    const int result = open(path, O_WRONLY | O_CLOEXEC);
    const char* text = result >= 0 ? "writable" : strerror(errno);
    /* It runs, which is seen first. Whether that is all that is in the way, a change of no owner says. */
    if (result < 0 && errno == ETXTBSY)
        text = chown(path, (uid_t)-1, (gid_t)-1) == 0 ? "busy" : strerror(errno);
    printf("%s: %s\n", link, text);
    return 0;
}
