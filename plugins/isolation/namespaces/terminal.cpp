// SPDX-License-Identifier: Apache-2.0
#include "terminal.hpp"

#include "mount_api.hpp"
#include "safe_path.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

namespace rt::namespaces {

Result<Terminal> open_terminal(int root, const ProcessSpec& process) {
    Terminal out;
    RT_TRY_ASSIGN(out.master, open_in_root(root, "/dev/pts/ptmx", O_RDWR | O_NOCTTY));
    struct stat info{};
    if (::fstat(out.master.get(), &info) < 0 || !has_file_system_type(out.master.get(), DEVPTS_SUPER_MAGIC) ||
        info.st_rdev != ::makedev(5, 2))
        return fail(Code::failed_precondition,
                    "make a terminal: '/dev/pts/ptmx' of the container is not that of a devpts; "
                    "mount a devpts at '/dev/pts'");
    int unlocked = 0;
    if (::ioctl(out.master.get(), TIOCSPTLCK, &unlocked) < 0)
        return fail_errno(errno, "unlock the new terminal");
    out.slave.reset(::ioctl(out.master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
    if (!out.slave) return fail_errno(errno, "open the new terminal");
    if (process.rows != 0 || process.columns != 0) {
        winsize size{};
        size.ws_row = process.rows;
        size.ws_col = process.columns;
        if (::ioctl(out.master.get(), TIOCSWINSZ, &size) < 0)
            return fail_errno(errno, "set the size of the terminal");
    }
    return out;
}

Result<void> bind_console(int root, const Terminal& terminal) {
    RT_TRY_ASSIGN(const UniqueFd target, make_file_in_root(root, "/dev/console"));
    MountOptions options;
    RT_TRY_ASSIGN(const UniqueFd mount, clone_mount(terminal.slave.get(), "", options));
    return attach_mount(mount.get(), target.get(), "/dev/console");
}

Result<void> take_terminal(const UniqueFd& slave) {
    if (::ioctl(slave.get(), TIOCSCTTY, 0) < 0)
        return fail_errno(errno, "take the terminal as the controlling one");
    for (int fd = 0; fd < 3; ++fd)
        if (::dup2(slave.get(), fd) < 0)
            return fail_errno(errno, "make the terminal the standard input and output");
    return {};
}

} // namespace rt::namespaces
