// SPDX-License-Identifier: Apache-2.0
#include "core/base/child_process.hpp"

#include "core/base/spawn_in_cgroup.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <algorithm>

namespace rt {
namespace {

std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (const std::string& text : texts)
        result.push_back(const_cast<char*>(text.c_str())); // NOLINT: POSIX's type
    result.push_back(nullptr);
    return result;
}

class SpawnPlan {
public:
    SpawnPlan() {
        ::posix_spawn_file_actions_init(&actions_);
        ::posix_spawnattr_init(&attributes_);
        sigset_t none;
        sigset_t all;
        ::sigemptyset(&none);
        ::sigfillset(&all);
        ::posix_spawnattr_setsigmask(&attributes_, &none);
        ::posix_spawnattr_setsigdefault(&attributes_, &all);
        ::posix_spawnattr_setflags(&attributes_,
                                   POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    SpawnPlan(const SpawnPlan&) = delete;
    SpawnPlan& operator=(const SpawnPlan&) = delete;
    ~SpawnPlan() {
        ::posix_spawn_file_actions_destroy(&actions_);
        ::posix_spawnattr_destroy(&attributes_);
    }

    // First to numbers above all that are in use, then down: "ours" of one may be "theirs" of another.
    Result<void> pass(const std::vector<ChildProcess::Descriptor>& descriptors) {
        // Nothing of ours by accident, and no gap either: a file opened later must not become somebody's
        // standard error.
        for (const int standard : {0, 1, 2})
            ::posix_spawn_file_actions_addopen(&actions_, standard, "/dev/null", O_RDWR, 0);
        int last = 2;
        for (const auto& [ours, theirs] : descriptors) last = std::max({last, theirs});
        for (const auto& [ours, theirs] : descriptors) {
            const int spare = ::fcntl(ours, F_DUPFD_CLOEXEC, last + 1);
            if (spare < 0) return fail_errno(errno, "pass descriptor ", ours, " to a child process");
            spares_.emplace_back(spare);
            ::posix_spawn_file_actions_adddup2(&actions_, spare, theirs);
            placed_.emplace_back(spare, theirs);
        }
        first_closed_ = last + 1;
        ::posix_spawn_file_actions_addclosefrom_np(&actions_, first_closed_);
        return {};
    }

    posix_spawn_file_actions_t* actions() { return &actions_; }
    posix_spawnattr_t* attributes() { return &attributes_; }
    [[nodiscard]] SpawnSteps steps() const { return {placed_, first_closed_}; }

private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
    std::vector<UniqueFd> spares_;
    std::vector<std::pair<int, int>> placed_;
    int first_closed_ = 3;
};

} // namespace

Result<ChildProcess> ChildProcess::start(const std::vector<std::string>& arguments,
                                         const std::vector<std::string>& environment,
                                         const std::vector<Descriptor>& descriptors,
                                         const std::string& program, int cgroup) {
    SpawnPlan plan;
    RT_TRY(plan.pass(descriptors));
    pid_t pid = 0;
    const std::string& file = program.empty() ? arguments.front() : program;
    const std::vector<char*> words = pointers(arguments);
    const std::vector<char*> variables = pointers(environment);
    const int problem =
        cgroup >= 0
            ? spawn_in_cgroup(pid, {file.c_str(), words.data(), variables.data(), plan.steps(), cgroup})
            : ::posix_spawn(&pid, file.c_str(), plan.actions(), plan.attributes(), words.data(),
                            variables.data());
    if (problem != 0) return fail_errno(problem, "run '", arguments.front(), "'");
    return ChildProcess(pid);
}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
    std::swap(pid_, other.pid_);
    return *this;
}

ChildProcess::~ChildProcess() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    (void)wait(); // it is our child and not yet waited for: this cannot fail
}

Result<int> ChildProcess::wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0)
        if (errno != EINTR) return fail_errno(errno, "wait for process ", pid_);
    pid_ = 0;
    return status;
}

} // namespace rt
