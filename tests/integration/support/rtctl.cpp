// SPDX-License-Identifier: Apache-2.0
#include "rtctl.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <future>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace rt::test {
namespace {

namespace fs = std::filesystem;

struct Pipes {
    std::array<int, 2> in{}, out{}, err{};
    Pipes() {
        if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0 ||
            ::pipe2(err.data(), O_CLOEXEC) != 0)
            throw std::runtime_error("pipe2 failed");
    }
};

pid_t start(const std::vector<std::string>& arguments, const Pipes& pipes) {
    std::vector<char*> words;
    for (const std::string& word : arguments) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    ::dup2(pipes.in[0], 0);
    ::dup2(pipes.out[1], 1);
    ::dup2(pipes.err[1], 2);
    ::execvp(words[0], words.data());
    ::_exit(255);
}

// Feeds input and collects output until both outputs are closed.
void exchange(Pipes& pipes, std::string_view input, Outcome& outcome, pid_t pid) {
    Limit limit(std::chrono::minutes(1));
    ::signal(SIGPIPE, SIG_IGN);
    int open_outputs = 2;
    while (open_outputs > 0) {
        if (input.empty() && pipes.in[1] >= 0) ::close(std::exchange(pipes.in[1], -1));
        std::array<pollfd, 3> fds{pollfd{pipes.out[0], POLLIN, 0}, pollfd{pipes.err[0], POLLIN, 0},
                                  pollfd{pipes.in[1], POLLOUT, 0}};
        if (::poll(fds.data(), fds.size(), 1000) < 0 && errno != EINTR) break;
        if (limit.is_over()) {
            ::kill(pid, SIGKILL);
            outcome.err += "\n[test: ended after a minute]";
            break;
        }
        for (std::size_t i = 0; i < 2; ++i) {
            if (fds[i].revents == 0) continue;
            std::array<char, 65536> buffer{};
            const ssize_t count = ::read(fds[i].fd, buffer.data(), buffer.size());
            if (count > 0)
                (i == 0 ? outcome.out : outcome.err).append(buffer.data(), static_cast<std::size_t>(count));
            else {
                ::close(fds[i].fd);
                (i == 0 ? pipes.out[0] : pipes.err[0]) = -1;
                --open_outputs;
            }
        }
        if (fds[2].revents != 0) {
            const ssize_t count =
                ::write(pipes.in[1], input.data(), std::min<std::size_t>(input.size(), 4096));
            input = count < 0 ? std::string_view() : input.substr(static_cast<std::size_t>(count));
        }
    }
    for (int fd : {pipes.in[1], pipes.out[0], pipes.err[0]})
        if (fd >= 0) ::close(fd);
}

void add_lines(std::set<std::string>& into, const std::string& label, std::istream& lines) {
    for (std::string line; std::getline(lines, line);) into.insert(label + line);
}

// Without their numbers, which another process's mounts change: "ID PARENT MAJOR:MINOR ROOT PLACE ...".
void add_mounts(std::set<std::string>& into) {
    std::ifstream mounts("/proc/self/mountinfo");
    for (std::string id, parent, device, root, rest;
         mounts >> id >> parent >> device >> root && std::getline(mounts, rest);)
        into.insert("mount" + rest);
}

void add_tree(std::set<std::string>& into, const std::string& label, const fs::path& directory, int depth) {
    std::error_code problem;
    for (const auto& entry : fs::directory_iterator(directory, problem)) {
        if (entry.path().filename().native().starts_with("network-"))
            continue; // a network's lock stays with it
        into.insert(label + entry.path().native());
        if (depth > 1 && entry.is_directory(problem)) add_tree(into, label, entry.path(), depth - 1);
    }
}

void add_cgroups(std::set<std::string>& into, const fs::path& parent) {
    std::error_code problem;
    for (const fs::path& directory : cgroup_directories("/sys/fs/cgroup", parent))
        for (const auto& entry : fs::directory_iterator(directory, problem))
            if (entry.is_directory(problem)) into.insert("cgroup " + entry.path().native());
}

// Programs that have our run directory on their command line: shims, reapers, forgotten rtctls.
void add_processes(std::set<std::string>& into, const fs::path& directory) {
    std::error_code problem;
    for (const auto& entry : fs::directory_iterator("/proc", problem)) {
        std::ifstream file(entry.path() / "cmdline", std::ios::binary);
        std::string line;
        std::getline(file, line, '\1'); // the whole of it; a process that goes meanwhile reads as empty
        if (entry.path().filename() != std::to_string(::getpid()) &&
            line.find(directory.native()) != line.npos)
            into.insert("process " + entry.path().filename().native() + " " + line.c_str());
    }
}

bool has_inotify(const std::string& pid) {
    std::error_code problem;
    for (fs::directory_iterator fd("/proc/" + pid + "/fd", problem), end; !problem && fd != end;
         fd.increment(problem)) {
        std::error_code gone;
        if (fs::read_symlink(fd->path(), gone) == "anon_inode:inotify") return true;
    }
    return false;
}

// Of this process, whichever thread made them.
std::vector<std::string> children() {
    std::vector<std::string> found;
    std::error_code problem;
    for (const auto& task : fs::directory_iterator("/proc/self/task", problem)) {
        std::ifstream list(task.path() / "children");
        for (std::string child; list >> child;) found.push_back(child);
    }
    return found;
}

long call_of(const std::string& pid) {
    long call = -1;
    std::ifstream("/proc/" + pid + "/syscall") >> call;
    return call;
}

void copy_tree(const fs::path& from, const fs::path& to) {
    const Outcome done = run_program({"cp", "-a", from, to});
    if (done.exit_code != 0) throw std::runtime_error(done.err);
}

// A child of ours has a watch and waits, as `rtctl wait` does once it has looked at the container.
bool a_child_watches() {
    return std::ranges::any_of(
        children(), [](const std::string& pid) { return call_of(pid) == SYS_poll && has_inotify(pid); });
}

} // namespace

std::vector<fs::path> cgroup_directories(const fs::path& mounts, const fs::path& parent) {
    std::vector<fs::path> found;
    std::error_code problem;
    const auto look = [&](const fs::path& root) {
        if (fs::is_directory(root / parent, problem)) found.push_back(root / parent);
    };
    look(mounts); // version 2 alone
    for (const auto& hierarchy : fs::directory_iterator(mounts, problem))
        if (hierarchy.is_directory(problem) && !hierarchy.is_symlink(problem)) look(hierarchy.path());
    return found;
}

bool a_child_is_in(long system_call) {
    return std::ranges::any_of(children(),
                               [=](const std::string& pid) { return call_of(pid) == system_call; });
}

Outcome run_program(const std::vector<std::string>& arguments, const std::string& input) {
    Pipes pipes;
    Outcome outcome;
    const pid_t pid = start(arguments, pipes);
    for (const int fd : {pipes.in[0], pipes.out[1], pipes.err[1]}) ::close(fd);
    exchange(pipes, input, outcome, pid);
    int status = 0;
    ::waitpid(pid, &status, 0);
    outcome.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return outcome;
}

Rtctl::Rtctl(const std::string& config) : config_(config) {
    write_file(directory_ / "config.json", "{\"root\": \"" + root().native() + "\", \"run\": \"" +
                                               run().native() + "\", \"cgroup_parent\": \"/" +
                                               directory_.path().filename().native() + "\"" +
                                               (config.empty() ? "" : ", " + config) + "}\n");
}

Rtctl::~Rtctl() {
    std::istringstream ids((*this)({"ps", "-aq", "--no-trunc"}).out);
    for (std::string id; std::getline(ids, id);) (*this)({"rm", "-f", id});
    // What containers leave for good. A shim that is just ending keeps its cgroup for a moment.
    (void)eventually([&] {
        std::error_code problem;
        const auto directories = cgroup_directories("/sys/fs/cgroup", directory_.path().filename());
        for (const fs::path& directory : directories)
            if (fs::remove(directory / "shims", problem); !fs::remove(directory, problem)) return false;
        return true;
    });
}

std::vector<std::string> Rtctl::command(const std::vector<std::string>& arguments) const {
    std::vector<std::string> words{RT_BUILD_DIR "/bin/rtctl", "--config",
                                   (directory_ / "config.json").native()};
    words.insert(words.end(), arguments.begin(), arguments.end());
    return words;
}

Outcome Rtctl::operator()(std::vector<std::string> arguments, const std::string& input) const {
    return run_program(command(arguments), input);
}

pid_t Rtctl::start(const std::vector<std::string>& arguments) const {
    const auto words = command(arguments);
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    std::vector<char*> raw;
    for (const auto& word : words) raw.push_back(const_cast<char*>(word.c_str()));
    raw.push_back(nullptr);
    (void)!::freopen("/dev/null", "w", stdout);
    (void)!::freopen("/dev/null", "w", stderr);
    ::execv(raw[0], raw.data());
    ::_exit(255);
}

Outcome Rtctl::wait_for_end(const std::vector<std::string>& options, const std::string& name, int exit_code,
                            const std::vector<std::string>& words) const {
    std::vector<std::string> run{"run", "-d", "--name", name};
    run.insert(run.end(), options.begin(), options.end());
    run.insert(run.end(), {"busybox", "sh", "-c",
                           "until test -e /go; do sleep 0.05; done; exit " + std::to_string(exit_code)});
    if (Outcome begun = (*this)(run); begun.exit_code != 0) return begun;
    std::vector<std::string> wait{"wait"};
    wait.insert(wait.end(), words.begin(), words.end());
    wait.push_back(name);
    auto waited = std::async(std::launch::async, [&] { return (*this)(wait); });
    EXPECT_TRUE(eventually(a_child_watches)) << "nobody waits for the end of " << name;
    const Outcome told = (*this)({"exec", name, "touch", "/go"}); // it may end with the container
    if (told.exit_code != 0 && told.exit_code != 128 + SIGKILL) {
        ADD_FAILURE() << told.err;
        (void)(*this)({"kill", name});
    }
    return waited.get();
}

const std::vector<std::string> Rtctl::kApplets{
    "sh", "true", "false", "cat",  "echo",  "id",       "env",   "pwd",  "hostname", "ls",   "sleep",
    "ip", "nc",   "kill",  "stat", "mount", "touch",    "ping",  "head", "wc",       "tty",  "stty",
    "dd", "grep", "seq",   "test", "trap",  "nslookup", "mkdir", "ps",   "readlink", "chmod"};

void Rtctl::import_busybox(const std::vector<std::string>& applets) const {
    static std::map<std::pair<std::string, std::vector<std::string>>, std::unique_ptr<TempDir>> kept;
    const bool is_new = !fs::exists(root());
    if (const auto found = kept.find({config_, applets}); is_new && found != kept.end())
        return copy_tree(*found->second / "root", root());
    import_new_busybox(applets);
    if (!is_new || testing::UnitTest::GetInstance()->test_to_run_count() == 1) return;
    auto copy = std::make_unique<TempDir>();
    copy_tree(root(), *copy / "root");
    kept[{config_, applets}] = std::move(copy);
}

void Rtctl::import_new_busybox(const std::vector<std::string>& applets) const {
    const fs::path tree = directory_ / "busybox";
    for (const char* name : {"bin", "etc", "tmp", "proc", "sys", "dev", "root", "home/web"})
        fs::create_directories(tree / name);
    fs::copy_file("/bin/busybox", tree / "bin/busybox");
    for (const std::string& applet : applets) fs::create_symlink("busybox", tree / "bin" / applet);
    write_file(tree / "etc/passwd", "root:x:0:0:root:/root:/bin/sh\nweb:x:1000:1000:web:/home/web:/bin/sh\n");
    write_file(tree / "etc/group", "root:x:0:\nweb:x:1000:\nextra:x:2000:web\n");
    write_file(tree / "bin/not-executable", "#!/bin/sh\n");
    fs::permissions(tree / "bin/not-executable", fs::perms::owner_read);
    fs::permissions(tree / "tmp", fs::perms::all | fs::perms::sticky_bit);
    const fs::path tar = directory_ / "busybox.tar";
    const Outcome packed = run_program({"tar", "-C", tree, "-cf", tar, "."});
    const Outcome imported =
        (*this)({"import", "--change", "CMD [\"sh\"]", "--change", "ENV FROM_IMAGE=yes", tar, "busybox"});
    fs::remove_all(tree);
    fs::remove(tar);
    if (packed.exit_code != 0 || imported.exit_code != 0) throw std::runtime_error(packed.err + imported.err);
}

std::set<std::string> Rtctl::traces() const {
    std::set<std::string> found;
    add_mounts(found);
    std::istringstream rules(run_program({"nft", "--stateless", "list", "ruleset"}).out);
    add_lines(found, "nft ", rules);
    struct if_nameindex* const links = ::if_nameindex();
    for (const auto* link = links; link != nullptr && link->if_index != 0; ++link)
        found.insert(std::string("link ") + link->if_name);
    ::if_freenameindex(links);
    add_cgroups(found, directory_.path().filename());
    add_processes(found, directory_.path());
    add_tree(found, "run ", run() / "containers", 2);
    add_tree(found, "lock ", run() / "locks", 1);
    add_tree(found, "log ", root() / "logs", 1);
    add_tree(found, "snapshot ", root() / "storage", 3);
    return found;
}

} // namespace rt::test
