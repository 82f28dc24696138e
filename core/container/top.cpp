// SPDX-License-Identifier: Apache-2.0
#include "core/container/top.hpp"

#include "core/base/child_process.hpp"
#include "core/base/clock.hpp"
#include "core/container/recovery.hpp"
#include "core/container/running_shim.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <sstream>

namespace rt {
namespace {

constexpr const char* kFullFormat = "-ef";
constexpr std::size_t kLongestWord = 128U << 10U; // that the kernel passes to a program
constexpr std::size_t kLargestOutput = 16U << 20U;

// Not by PATH: what is run as root is not for the environment to say.
std::optional<std::string> find_ps() {
    for (const char* path : {"/usr/bin/ps", "/bin/ps"})
        if (::access(path, X_OK) == 0) return path;
    return std::nullopt;
}

// "-o pid,x=PID" would put something else below the title that processes are found by.
Result<void> check_options(const std::vector<std::string>& words) {
    for (const std::string& word : words)
        for (std::size_t at = word.find("=PID"); at != word.npos; at = word.find("=PID", at + 1)) {
            const std::string before = word.substr(0, at);
            const std::string key = before.substr(before.find_last_of(',') + 1); // npos + 1: the whole
            if (key != "pid" && key != "-opid" && key != "opid")
                return fail(Code::invalid_argument, "specifying \"", key, word.substr(at),
                            "\" is not allowed: only pid may have the title PID");
        }
    return {};
}

Result<std::string> read_to_end(int fd) {
    std::string text;
    std::array<char, 65536> buffer{};
    for (;;) {
        const ssize_t count = ::read(fd, buffer.data(), buffer.size());
        if (count == 0) return text;
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail_errno(errno, "read what ps prints");
        text.append(buffer.data(), static_cast<std::size_t>(count));
        if (text.size() > kLargestOutput)
            return fail(Code::resource_exhausted, "ps prints more than ", kLargestOutput, " bytes");
    }
}

struct PsAnswer {
    bool succeeded = false;
    std::string output, complaint;
};

Result<PsAnswer> run_ps(const std::string& program, std::vector<std::string> words) {
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno(errno, "make a pipe to ps");
    const UniqueFd reader(ends[0]);
    UniqueFd writer(ends[1]);
    const UniqueFd complaint(::memfd_create("ps", MFD_CLOEXEC));
    if (!complaint) return fail_errno(errno, "make a file for what ps complains of");
    words.insert(words.begin(), program);
    auto child = ChildProcess::start(words, {"PATH=/usr/bin:/bin"},
                                     {{writer.get(), STDOUT_FILENO}, {complaint.get(), STDERR_FILENO}});
    if (!child) return in_context(std::move(child).error(), "run '", program, "'");
    writer.reset();
    PsAnswer answer;
    RT_TRY_ASSIGN(answer.output, read_to_end(reader.get()));
    RT_TRY_ASSIGN(const int status, child->wait());
    answer.succeeded = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    ::lseek(complaint.get(), 0, SEEK_SET);
    RT_TRY_ASSIGN(answer.complaint, read_to_end(complaint.get()));
    return answer;
}

Result<ProcessTable> ask_ps(const std::vector<std::string>& words, const std::vector<int>& pids) {
    const auto program = find_ps();
    if (!program)
        return fail(Code::not_found,
                    "this host has no 'ps' (/usr/bin/ps, /bin/ps), which options other than ", kFullFormat,
                    " need: install procps, or leave them out");
    RT_TRY(check_options(words));
    std::string list = "-q";
    for (const int pid : pids) list += cat(list.size() == 2 ? "" : ",", pid);
    std::vector<std::string> narrowed = words;
    narrowed.push_back(list);
    PsAnswer answer;
    if (list.size() < kLongestWord) {
        RT_TRY_ASSIGN(answer, run_ps(*program, narrowed));
    }
    // Some options (such as f) and some ps do not go with -q: then everything is listed.
    if (!answer.succeeded) {
        RT_TRY_ASSIGN(answer, run_ps(*program, words));
    }
    if (!answer.succeeded)
        return fail(Code::invalid_argument, "ps: ", answer.complaint.substr(0, answer.complaint.find('\n')));
    return pick_processes(answer.output, pids);
}

} // namespace

Result<ProcessTable> top(Engine& engine, const std::string& reference, const std::string& ps_options) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(const Container found, state->containers.find(reference));
    RT_TRY_ASSIGN(const Container container, refresh(engine, found));
    RT_TRY_ASSIGN(ShimClient shim, connect_running(engine, container, "list the processes of"));
    auto pids = shim.processes(Engine::new_operation());
    if (!pids)
        return in_context(std::move(pids).error(), "list the processes of container '", container.name, "'");
    std::istringstream parts(ps_options);
    std::vector<std::string> words;
    for (std::string word; parts >> word;) words.push_back(word);
    auto table = words.empty() || words == std::vector<std::string>{kFullFormat}
                     ? full_format("/proc", *pids, now_ns())
                     : ask_ps(words, *pids);
    if (!table)
        return in_context(std::move(table).error(), "list the processes of container '", container.name, "'");
    return table;
}

} // namespace rt
