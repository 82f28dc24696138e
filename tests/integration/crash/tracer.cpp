// SPDX-License-Identifier: Apache-2.0
#include "tracer.hpp"

#include "database_lock.hpp"
#include "effects.hpp"

#include "support/patience.hpp"
#include "support/temp_dir.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/time.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>

#if !defined(__x86_64__)
#error "the tracer replaces system calls by the registers of x86-64: add those of this machine"
#endif

namespace rt::test {
namespace {

namespace fs = std::filesystem;

constexpr long kOptions = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                          PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC;
constexpr std::chrono::seconds kPatience{30};
// ERESTARTNOINTR, which only tracers see: the kernel repeats the call at once. It does so without pause until
// it gets a lock of its own (where net.ipv6.conf.*.disable_ipv6 is written, say). The lock's holder, and all
// others, would get no processor meanwhile: the scheduler gives it to two processes that wake each other up,
// and here that went on for half a minute.
constexpr int kRestarted = 513;
constexpr std::array kStrikes{Strike::kill, Strike::no_space, Strike::no_descriptor, Strike::no_memory,
                              Strike::locked};

int error_of(Strike strike) {
    switch (strike) {
    case Strike::no_space: return ENOSPC;
    case Strike::no_descriptor: return EMFILE;
    case Strike::no_memory: return ENOMEM;
    case Strike::kill:
    case Strike::locked: break;
    }
    return 0;
}

std::string program_of(pid_t pid) {
    std::error_code problem;
    return fs::read_symlink("/proc/" + std::to_string(pid) + "/exe", problem).filename();
}

std::string file_of(pid_t pid, std::uint64_t descriptor) {
    std::error_code problem;
    return fs::read_symlink("/proc/" + std::to_string(pid) + "/fd/" + std::to_string(descriptor), problem);
}

// The line of /proc/PID/status that begins so, without that; "" where the thread is gone.
std::string status_of(pid_t thread, std::string_view key) {
    std::ifstream status("/proc/" + std::to_string(thread) + "/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with(key)) return line.substr(key.size());
    return {};
}

pid_t process_of(pid_t thread) {
    const std::string process = status_of(thread, "Tgid:");
    return process.empty() ? thread : std::stoi(process);
}

// Not asleep: what it comes to is a matter of the machine, or of the kernel's own locks, not of what it waits
// for.
bool is_at_work(pid_t thread) {
    const std::string state = status_of(thread, "State:");
    return state.starts_with("\tR") || state.starts_with("\tD");
}

struct Tracee {
    Role role = Role::child;
    pid_t process = 0;
    int pending_error = 0;        // what the call it is in shall return
    std::set<long> interrupted{}; // calls that were answered with EINTR: the next of these is let through
    WritesInARow writes{};
    long call = -1;         // the one it is in, or was in last
    bool restarted = false; // the kernel repeats that one: it is none of its own
};

class Session {
public:
    explicit Session(const TraceRequest& request) : request_(request) {}

    TraceResult run() {
        for (const pid_t pid : request_.attach) seize(pid, Role::shim);
        start();
        follow();
        return std::move(result_);
    }

private:
    void start() {
        std::array<int, 2> gate{};
        if (::pipe2(gate.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
        client_ = ::fork();
        if (client_ == 0) become_command(gate);
        ::close(gate[0]);
        seize(client_, Role::child); // the client only once it is rtctl
        (void)!::write(gate[1], "x", 1);
        ::close(gate[1]);
    }

    [[noreturn]] void become_command(const std::array<int, 2>& gate) {
        const fs::path file = directory_ / "output";
        const int output = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
        const int input = ::open("/dev/null", O_RDONLY);
        ::dup2(input, 0);
        ::dup2(output, 1);
        ::dup2(output, 2);
        ::close(output);
        ::close(input);
        char byte = 0;
        (void)!::read(gate[0], &byte, 1);
        std::vector<char*> words;
        for (const std::string& word : request_.command) words.push_back(const_cast<char*>(word.c_str()));
        words.push_back(nullptr);
        ::execv(words[0], words.data());
        ::_exit(255);
    }

    void seize(pid_t pid, Role role) {
        if (::ptrace(PTRACE_SEIZE, pid, nullptr, kOptions) != 0) throw std::runtime_error("PTRACE_SEIZE");
        ::ptrace(PTRACE_INTERRUPT, pid, nullptr, nullptr);
        tracees_[pid] = {role, pid, 0, {}};
    }

    static void on_tick(int /*number*/) {}

    // So that who waits for a process looks at the time now and then. 0: no more.
    static void tick_every(time_t seconds) {
        const timeval each{.tv_sec = seconds, .tv_usec = 0};
        const itimerval timer{.it_interval = each, .it_value = each};
        ::setitimer(ITIMER_REAL, &timer, nullptr);
    }

    // With those that wait for what does not come; with those that are at work, twice as long.
    struct Patience {
        Limit asleep{kPatience};
        Limit at_work{2 * kPatience};
    };

    [[nodiscard]] bool are_asleep() const {
        return std::ranges::none_of(tracees_, [](const auto& entry) { return is_at_work(entry.first); });
    }

    // What the next of them has come to; -1: there is none any more, or patience is over.
    pid_t wait_for_any(int& status, Patience& patience, const char* while_at) {
        while (true) {
            const pid_t pid = ::waitpid(-1, &status, __WALL);
            const int problem = errno;
            // Looked at each time: what is between counts for a second.
            const bool is_long = patience.asleep.is_over(), is_over = patience.at_work.is_over();
            if (pid >= 0 || problem != EINTR) return pid;
            if (!is_over && !(is_long && are_asleep())) continue;
            note_hung(while_at);
            return -1;
        }
    }

    void follow() {
        struct sigaction action{}, before{};
        action.sa_handler = on_tick; // without SA_RESTART: it interrupts the wait
        ::sigaction(SIGALRM, &action, &before);
        tick_every(1);
        Patience patience;
        while (!tracees_.empty() && (!client_ended_ || request_.to_the_end)) {
            int status = 0;
            const pid_t pid = wait_for_any(status, patience, "follow");
            if (pid < 0) break;
            see(pid, status);
        }
        if (!client_ended_) ::kill(client_, SIGKILL);
        let_go();
        tick_every(0);
        ::sigaction(SIGALRM, &before, nullptr);
        std::ifstream output(directory_ / "output", std::ios::binary);
        result_.output.insert(0, std::string(std::istreambuf_iterator<char>(output), {}));
    }

    // With what each of them is at.
    void note_hung(const char* while_at) {
        result_.hung = true;
        for (const auto& [pid, tracee] : tracees_) {
            const std::string directory = "/proc/" + std::to_string(pid);
            std::string call, stack, times;
            std::getline(std::ifstream(directory + "/syscall"), call);
            std::getline(std::ifstream(directory + "/stack"), stack, '\0'); // all of it
            std::getline(std::ifstream(directory + "/schedstat"), times);
            result_.output += std::string("\n[hung: ") + while_at + ": " + name_of(tracee.role) + " " +
                              std::to_string(pid) + " " + program_of(pid) + status_of(pid, "State:") +
                              ", ns on a processor and waiting for one, times: " + times + "; in " + call +
                              "\n" + stack + "]";
        }
    }

    // Those that live go on without us.
    void let_go() {
        std::erase_if(tracees_, [](const auto& entry) {
            return ::ptrace(PTRACE_INTERRUPT, entry.first, nullptr, nullptr) != 0;
        });
        Patience patience;
        while (!tracees_.empty()) {
            int status = 0;
            const pid_t pid = wait_for_any(status, patience, "let go");
            if (pid < 0) break;
            if (!WIFSTOPPED(status)) {
                ended(pid, status);
                continue;
            }
            note_child(pid, status >> 16); // one that is just being born has to be let go as well
            const int number = WSTOPSIG(status);
            const bool is_call = number == (SIGTRAP | 0x80);
            const bool is_signal = status >> 16 == 0 && !is_call;
            if (const auto tracee = tracees_.find(pid);
                is_call && tracee != tracees_.end() && tracee->second.pending_error != 0)
                set_result(pid, tracee->second.pending_error); // its call was not made
            ::ptrace(PTRACE_DETACH, pid, nullptr, is_signal ? number : 0);
            tracees_.erase(pid);
        }
    }

    void ended(pid_t pid, int status) {
        tracees_.erase(pid);
        ended_.insert(pid);
        lock_.note_end(pid);
        if (pid != client_) return;
        client_ended_ = true;
        result_.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }

    void see(pid_t pid, int status) {
        if (!WIFSTOPPED(status)) return ended(pid, status);
        const int number = WSTOPSIG(status);
        const int event = status >> 16;
        auto place = tracees_.find(pid);
        if (place == tracees_.end()) place = tracees_.emplace(pid, newborn(pid)).first;
        if (note_child(pid, event)) return go_on(pid, 0);
        if (event == PTRACE_EVENT_EXEC) return became_another(pid, place->second);
        if (event == PTRACE_EVENT_STOP) {
            if (number == SIGTRAP) return go_on(pid, 0);
            ::ptrace(PTRACE_LISTEN, pid, nullptr, nullptr);
            return;
        }
        if (number == (SIGTRAP | 0x80)) return see_call(pid, place->second);
        go_on(pid, number);
    }

    // True: the event is the birth of a child. It may have been seen, and its end, before this.
    bool note_child(pid_t pid, int event) {
        if (event != PTRACE_EVENT_FORK && event != PTRACE_EVENT_VFORK && event != PTRACE_EVENT_CLONE)
            return false;
        unsigned long child = 0;
        if (::ptrace(PTRACE_GETEVENTMSG, pid, nullptr, &child) == 0 &&
            !ended_.contains(static_cast<pid_t>(child)))
            tracees_.try_emplace(static_cast<pid_t>(child), newborn(static_cast<pid_t>(child)));
        return true;
    }

    // From call to call only where that matters: each is two changes of process, which is most of a run's
    // time.
    [[nodiscard]] bool goes_by_calls(pid_t pid) const {
        if (!request_.point || request_.interrupt_always) return true;
        const auto found = tracees_.find(pid);
        if (found == tracees_.end() || found->second.pending_error != 0) return true;
        return !result_.struck && found->second.role == request_.point->role;
    }

    void go_on(pid_t pid, int signal_number) const {
        ::ptrace(goes_by_calls(pid) ? PTRACE_SYSCALL : PTRACE_CONT, pid, nullptr,
                 signal_number); // it may just have been killed
    }

    // A thread is its process; everything else is a child, whoever made it.
    Tracee newborn(pid_t pid) {
        const pid_t process = process_of(pid);
        if (const auto found = tracees_.find(process); found != tracees_.end() && process != pid)
            return {found->second.role, process, 0, {}};
        return {Role::child, pid, 0, {}};
    }

    void became_another(pid_t pid, Tracee& tracee) {
        const std::string program = program_of(pid);
        if (program == "rt-shim")
            tracee.role = Role::shim;
        else if (program == "rtctl")
            tracee.role = pid == client_ ? Role::client : Role::reaper;
        else {
            ::ptrace(PTRACE_DETACH, pid, nullptr, nullptr); // the container's own, or a tool's
            tracees_.erase(pid);
            return;
        }
        go_on(pid, 0);
    }

    void see_call(pid_t pid, Tracee& tracee) {
        __ptrace_syscall_info info{};
        if (::ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) <= 0) return go_on(pid, 0);
        if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
            const long before = std::exchange(tracee.call, static_cast<long>(info.entry.nr));
            if (std::exchange(tracee.restarted, false) && tracee.call == before) return go_on(pid, 0);
            std::array<std::uint64_t, 6> arguments{};
            std::ranges::copy(info.entry.args, arguments.begin());
            if (before_call(pid, tracee, {tracee.call, arguments.data()})) return;
        } else if (info.op == PTRACE_SYSCALL_INFO_EXIT && tracee.pending_error != 0) {
            set_result(pid, std::exchange(tracee.pending_error, 0));
        } else if (info.op == PTRACE_SYSCALL_INFO_EXIT && info.exit.rval == -kRestarted) {
            tracee.restarted = true;
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        go_on(pid, 0);
    }

    // True: the process is no more.
    bool before_call(pid_t pid, Tracee& tracee, const Call& call) {
        if (request_.interrupt_always && is_interruptible(call, file_of(pid, call.arguments[0]))) {
            if (tracee.interrupted.erase(call.number) == 0) {
                tracee.interrupted.insert(call.number);
                replace(pid, tracee, EINTR);
            }
            return false;
        }
        if (tracee.writes.continues(call, is_write(call) ? file_of(pid, call.arguments[0]) : std::string()))
            return false;
        for (const Strike strike : kStrikes) {
            if (strike == Strike::locked ? !takes_write_lock(pid, call) : !is_point(strike, call)) continue;
            const std::size_t number = result_.points[tracee.role][strike]++;
            if (!request_.point || request_.point->role != tracee.role || request_.point->strike != strike ||
                request_.point->number != number)
                continue;
            result_.struck = true; // the others find out at their next call
            result_.struck_at = name_of_call(call.number);
            if (strike == Strike::kill) {
                ::kill(tracee.process, SIGKILL);
                return true;
            }
            if (strike == Strike::locked)
                result_.struck = lock_.take(database_of(pid, call));
            else
                replace(pid, tracee, error_of(strike));
        }
        return false;
    }

    // The call is not made; its caller gets this error.
    static void replace(pid_t pid, Tracee& tracee, int error) {
        user_regs_struct registers{};
        if (::ptrace(PTRACE_GETREGS, pid, nullptr, &registers) != 0) return;
        registers.orig_rax = static_cast<unsigned long long>(-1);
        ::ptrace(PTRACE_SETREGS, pid, nullptr, &registers);
        tracee.pending_error = error;
    }

    static void set_result(pid_t pid, int error) {
        user_regs_struct registers{};
        if (::ptrace(PTRACE_GETREGS, pid, nullptr, &registers) != 0) return;
        registers.rax = static_cast<unsigned long long>(-error);
        ::ptrace(PTRACE_SETREGS, pid, nullptr, &registers);
    }

    const TraceRequest& request_;
    TempDir directory_;
    pid_t client_ = 0;
    bool client_ended_ = false;
    std::map<pid_t, Tracee> tracees_;
    std::set<pid_t> ended_;
    DatabaseLock lock_;
    TraceResult result_;
};

} // namespace

const char* name_of(Role role) {
    switch (role) {
    case Role::client: return "rtctl";
    case Role::shim: return "rt-shim";
    case Role::reaper: return "the reaper";
    case Role::child: return "a child";
    }
    return "";
}

TraceResult trace(const TraceRequest& request) {
    return Session(request).run();
}

} // namespace rt::test
