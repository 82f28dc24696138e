// SPDX-License-Identifier: Apache-2.0
#include "core/container/running_process.hpp"

#include "core/base/json.hpp"
#include "core/shim/run_files.hpp"

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <array>
#include <cstdio>

namespace rt {

Result<UniqueFd> open_first_process(const Path& run_directory, const Container& container) {
    const Json start = Json::parse(container.start, nullptr, false);
    const int pid = start.is_object() ? start.value("pid", 0) : 0;
    RT_TRY_ASSIGN(const std::string shim, read_file(run_directory / shim::kPidName, 4096));
    int shim_pid = 0;
    if (std::sscanf(shim.c_str(), "pid %d", &shim_pid) != 1 || pid <= 0)
        return fail(Code::unavailable, "container '", container.name, "' has no process");
    RT_TRY_ASSIGN(UniqueFd process, open_file(cat("/proc/", pid), O_PATH | O_DIRECTORY));
    const UniqueFd status(::openat(process.get(), "stat", O_RDONLY | O_CLOEXEC));
    std::array<char, 4096> text{};
    if (!status || ::read(status.get(), text.data(), text.size() - 1) <= 0)
        return fail(Code::unavailable, "container '", container.name, "' has ended");
    const std::string line(text.data());
    int parent = 0;
    const auto name_end = line.rfind(')');
    if (name_end == std::string::npos || std::sscanf(line.c_str() + name_end + 1, " %*c %d", &parent) != 1 ||
        parent != shim_pid)
        return fail(Code::unavailable, "container '", container.name, "' has ended");
    return process;
}

} // namespace rt
