/* SPDX-License-Identifier: Apache-2.0 */
/* swap A B: exchanges two names for ever, as fast as it goes. Whoever looks at one and then uses it loses. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    for (;;)
        if (syscall(SYS_renameat2, AT_FDCWD, argv[1], AT_FDCWD, argv[2], 2 /* RENAME_EXCHANGE */) != 0) {
            perror("swap");
            return 1;
        }
}
