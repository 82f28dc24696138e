// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/output_file.hpp"

#include "core/base/new_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

namespace rt::cli {

Result<void> write_to_file(const Path& file, const std::function<Result<void>(int out)>& write) {
    struct stat status{};
    if (::lstat(file.c_str(), &status) == 0 && !S_ISREG(status.st_mode))
        return fail(Code::invalid_argument, "write '", file.native(), "': it is no regular file");
    const Path directory = file.has_parent_path() ? file.parent_path() : Path(".");
    const UniqueFd parent(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!parent) return fail_errno(errno, "write '", file.native(), "'");
    auto made = NewFile::make(parent.get());
    if (!made) return in_context(std::move(made).error(), "write '", file.native(), "'");
    RT_TRY(write(made->fd()));
    if (auto named = made->take_name(file.filename()); !named)
        return in_context(std::move(named).error(), "write '", file.native(), "'");
    return {};
}

} // namespace rt::cli
