// SPDX-License-Identifier: Apache-2.0
#include "core/container/run_survey.hpp"

#include "core/base/directory_stream.hpp"
#include "core/base/error.hpp"
#include "core/container/network_change.hpp"
#include "core/shim/listeners.hpp"
#include "core/shim/run_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>
#include <vector>

namespace rt {
namespace {

constexpr std::size_t kMany = 20; // ids, from which on it is quicker to ask the kernel who is there

bool is_alive(int directory, const std::string& id, const shim::ListeningSockets& listening) {
    struct stat socket{};
    if (!listening.empty() &&
        ::fstatat(directory, cat(id, "/", shim::kSocketName).c_str(), &socket, AT_SYMLINK_NOFOLLOW) == 0 &&
        listening.contains(shim::SocketFile(socket)))
        return true;
    return shim::is_alive_below(directory, id);
}

std::optional<RunState> look_at(int directory, const std::string& id,
                                const shim::ListeningSockets& listening) {
    const auto has = [&](const char* name) {
        return ::faccessat(directory, cat(id, "/", name).c_str(), F_OK, 0) == 0;
    };
    if (!is_alive(directory, id, listening) || has(shim::kExitName) || has(kNetworkChangeName))
        return std::nullopt;
    return RunState{.paused = has(shim::kPausedName), .has_health = has(shim::kHealthName)};
}

} // namespace

RunSurvey survey_runs(const Path& directory) {
    RunSurvey survey{names_in(directory), {}};
    const auto opened = open_file(directory, O_PATH | O_DIRECTORY);
    if (!opened || !survey.ids) return survey; // nothing has run yet; else who looks at each says why not
    const auto listening = survey.ids->size() < kMany ? shim::ListeningSockets() : shim::listening_sockets();
    survey.running.reserve(survey.ids->size());
    for (const std::string& id : *survey.ids)
        if (const auto state = look_at(opened->get(), id, listening)) survey.running.emplace(id, *state);
    return survey;
}

std::future<RunSurvey> begin_survey(const Path& directory) {
    constexpr nlink_t kWorthAThread = 100; // directories in it, where the file system counts them
    struct stat found{};
    const bool are_many = ::stat(directory.c_str(), &found) == 0 && found.st_nlink >= kWorthAThread;
    return std::async(are_many ? std::launch::async | std::launch::deferred : std::launch::deferred,
                      survey_runs, directory);
}

} // namespace rt
