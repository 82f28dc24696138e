// SPDX-License-Identifier: Apache-2.0
// What the run directories of many containers say at a glance. Looked up below the one directory they are in,
// and which shims are alive is asked once for all: a listing of a thousand has little that takes longer.
#pragma once

#include "core/base/error.hpp"
#include "core/base/file.hpp"

#include <future>
#include <string>
#include <unordered_map>
#include <vector>

namespace rt {

// Of one whose shim is alive, that has not ended, and whose networks nobody changes: nothing is to be done
// about it.
struct RunState {
    bool paused = false;
    bool has_health = false; // there is a file with what its checks found
};

struct RunSurvey {
    Result<std::vector<std::string>> ids; // of all run directories that there were, sorted
    std::unordered_map<std::string, RunState> running;
};

// directory: that of all run directories.
RunSurvey survey_runs(const Path& directory);
// For who has something to do meanwhile: by a thread of its own where there are many.
std::future<RunSurvey> begin_survey(const Path& directory);

} // namespace rt
