/* SPDX-License-Identifier: Apache-2.0 */
/* A library of a container. Whoever loads it runs this: it leaves a file in what is its root directory then.
 */
#include <fcntl.h>
#include <unistd.h>

__attribute__((constructor)) static void attack(void) {
    const int fd = open("/library-was-loaded", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd >= 0) close(fd);
}
