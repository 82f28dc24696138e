// SPDX-License-Identifier: Apache-2.0
#include "container_fixture.hpp"
#include "support/patience.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <functional>

namespace rt::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kPlugin = RT_PLUGIN_DIR "/namespaces.so";

const char* const kCapabilities[] = {
    "CAP_CHOWN",   "CAP_DAC_OVERRIDE", "CAP_FSETID",           "CAP_FOWNER",
    "CAP_MKNOD",   "CAP_NET_RAW",      "CAP_SETGID",           "CAP_SETUID",
    "CAP_SETFCAP", "CAP_SETPCAP",      "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT",
    "CAP_KILL",    "CAP_AUDIT_WRITE"};

json mount(const char* destination, const char* type, std::vector<std::string> options) {
    return {{"destination", destination}, {"type", type}, {"source", type}, {"options", std::move(options)}};
}

json make_config(const std::string& name) {
    json config;
    config["ociVersion"] = "1.2.0";
    config["hostname"] = "box";
    config["root"] = {{"path", "rootfs"}};
    json& process = config["process"];
    process = {
        {"cwd", "/"}, {"args", {"true"}}, {"env", {"PATH=/bin:/sbin"}}, {"user", {{"uid", 0}, {"gid", 0}}}};
    for (const char* set : {"bounding", "effective", "permitted"})
        process["capabilities"][set] = kCapabilities;
    config["mounts"] = {
        mount("/proc", "proc", {"nosuid", "noexec", "nodev"}),
        mount("/dev", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"}),
        mount("/dev/pts", "devpts",
              {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"}),
        mount("/sys", "sysfs", {"nosuid", "noexec", "nodev", "ro"}),
        mount("/sys/fs/cgroup", "cgroup", {"ro", "nosuid", "noexec", "nodev"}),
        mount("/dev/mqueue", "mqueue", {"nosuid", "noexec", "nodev"}),
        mount("/dev/shm", "tmpfs", {"nosuid", "noexec", "nodev", "mode=1777", "size=65536k"}),
    };
    json& linux_part = config["linux"];
    for (const char* type : {"pid", "network", "mount", "ipc", "uts", "cgroup"})
        linux_part["namespaces"].push_back({{"type", type}});
    linux_part["cgroupsPath"] = "/" + name;
    linux_part["maskedPaths"] = {"/proc/kcore", "/proc/keys", "/proc/acpi", "/sys/firmware",
                                 "/proc/timer_list"};
    linux_part["readonlyPaths"] = {"/proc/sys", "/proc/bus", "/proc/irq", "/proc/sysrq-trigger"};
    config["annotations"] = {{"io.rt.seccomp", "default"}};
    return config;
}

int exit_code_of(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Until end of file, at most 20 s.
std::string drain(int fd) {
    std::string out;
    char buffer[4096];
    for (;;) {
        if (!is_readable(fd, std::chrono::seconds(20))) return out + "[no end of the output within 20 s]";
        const ssize_t got = ::read(fd, buffer, sizeof buffer);
        if (got <= 0) return out; // EIO: the last one that had the terminal open is gone
        out.append(buffer, static_cast<std::size_t>(got));
    }
}

} // namespace

ContainerTest::ContainerTest() {
    static int count = 0;
    name_ = "rt-test-" + std::to_string(::getpid()) + "-" + std::to_string(count++);
    make_rootfs();
    config_ = make_config(name_);
    host_ = std::make_unique<PluginHost>(kPlugin, directory_ / "plugin");
}

ContainerTest::~ContainerTest() {
    destroy();
    reap();
    close_process();
}

std::unique_ptr<PluginHost> ContainerTest::another_instance() const {
    return std::make_unique<PluginHost>(kPlugin, directory_ / "plugin");
}

void ContainerTest::make_rootfs() {
    for (const char* name : {"bin", "etc", "proc", "sys", "dev", "tmp", "home/alice"})
        fs::create_directories(rootfs() / name);
    fs::copy_file("/bin/busybox", rootfs() / "bin/busybox");
    for (const char* name :
         {"sh",       "true",     "cat",   "ls",   "id",     "sleep",    "mount", "mknod",  "stat",
          "hostname", "pwd",      "touch", "env",  "echo",   "grep",     "head",  "ulimit", "tty",
          "stty",     "readlink", "dd",    "kill", "chroot", "unshare",  "mkdir", "sysctl", "test",
          "find",     "wc",       "tr",    "ps",   "ip",     "ifconfig", "false"})
        fs::create_symlink("busybox", rootfs() / "bin" / name);
    write_file(rootfs() / "etc/passwd",
               "root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1001:A:/home/alice:/bin/sh\n");
    write_file(rootfs() / "etc/group", "root:x:0:\nalice:x:1001:\nwheel:x:10:alice\naudio:x:63:bob,alice\n");
}

void ContainerTest::use_overlay() {
    for (const char* name : {"upper", "work", "bundle/merged"}) fs::create_directories(directory_ / name);
    config_["root"]["path"] = "merged";
    texts_ = {"lowerdir=" + rootfs().string(), "upperdir=" + (directory_ / "upper").string(),
              "workdir=" + (directory_ / "work").string()};
    for (const auto& text : texts_) options_.push_back(text.c_str());
    mounts_ = {{"overlay", "overlay", "", options_.data(), options_.size()}};
}

Outcome ContainerTest::create() {
    const bool terminal = config_["process"].value("terminal", false);
    int ends[2] = {-1, -1};
    if (!terminal && ::pipe2(ends, O_CLOEXEC) != 0) return {RTP_INTERNAL, "pipe", -1, ""};
    const std::string text = config_.dump(), bundle_path = (directory_ / "bundle").string();
    const rtp_bundle bundle{name_.c_str(),
                            bundle_path.c_str(),
                            text.c_str(),
                            mounts_.data(),
                            mounts_.size(),
                            -1,
                            ends[1],
                            ends[1],
                            0};
    rtp_error error{};
    const rtp_status status = table().create(host_->self(), &call_, &bundle, &process_, &error);
    if (ends[1] >= 0) ::close(ends[1]);
    output_ = terminal ? (status == RTP_OK ? ::dup(process_.console_fd) : -1) : ends[0];
    return {status, status == RTP_OK ? "" : error.message, -1, ""};
}

Outcome ContainerTest::start() {
    rtp_error error{};
    const rtp_status status = table().start(host_->self(), &kCall, name_.c_str(), &error);
    return {status, status == RTP_OK ? "" : error.message, -1, ""};
}

Outcome ContainerTest::wait() {
    Outcome outcome;
    outcome.output = drain(output_);
    int status = 0;
    if (::waitpid(process_.pid, &status, 0) != process_.pid)
        return {RTP_INTERNAL, "waitpid", -1, outcome.output};
    process_.pid = 0;
    outcome.exit_code = exit_code_of(status);
    return outcome;
}

void ContainerTest::reap() {
    if (process_.pid > 0) ::waitpid(process_.pid, nullptr, 0);
    process_.pid = 0;
}

void ContainerTest::close_process() {
    for (int* fd : {&process_.pidfd, &process_.console_fd, &process_.netns_fd, &output_}) {
        if (*fd >= 0) ::close(*fd);
        *fd = -1;
    }
}

Outcome ContainerTest::destroy() {
    rtp_error error{};
    const std::string text = config_.dump();
    const rtp_status status = table().destroy(host_->self(), &kCall, name_.c_str(), text.c_str(), &error);
    return {status, status == RTP_OK ? "" : error.message, -1, ""};
}

Outcome ContainerTest::signal(int number, int scope) {
    rtp_error error{};
    const rtp_status status = table().signal(host_->self(), &kCall, name_.c_str(), number, scope, &error);
    return {status, status == RTP_OK ? "" : error.message, -1, ""};
}

Outcome ContainerTest::exec(const json& process) {
    int ends[2] = {-1, -1};
    const bool terminal = process.value("terminal", false);
    if (!terminal && ::pipe2(ends, O_CLOEXEC) != 0) return {RTP_INTERNAL, "pipe", -1, ""};
    const std::string text = process.dump();
    const rtp_exec request{text.c_str(), -1, ends[1], ends[1], 0};
    rtp_process made{0, -1, -1, -1};
    rtp_error error{};
    Outcome outcome;
    outcome.status = table().exec(host_->self(), &kCall, name_.c_str(), &request, &made, &error);
    if (ends[1] >= 0) ::close(ends[1]);
    if (outcome.status == RTP_OK) {
        outcome.output = drain(terminal ? made.console_fd : ends[0]);
        int status = 0;
        outcome.exit_code = ::waitpid(made.pid, &status, 0) == made.pid ? exit_code_of(status) : -1;
        ::close(made.pidfd);
        if (made.console_fd >= 0) ::close(made.console_fd);
    } else {
        outcome.message = error.message;
    }
    if (ends[0] >= 0) ::close(ends[0]);
    return outcome;
}

Outcome ContainerTest::exec_shell(const std::string& script) {
    json process = config_["process"];
    process["args"] = {"sh", "-c", script};
    return exec(process);
}

Outcome ContainerTest::run() {
    Outcome outcome = create();
    if (outcome.status == RTP_OK) {
        outcome = start();
        if (outcome.status == RTP_OK) {
            outcome = wait();
            const Outcome ended = destroy();
            if (ended.status != RTP_OK) return ended;
        } else {
            destroy();
            reap();
        }
    }
    close_process();
    return outcome;
}

Outcome ContainerTest::run_shell(const std::string& script) {
    config_["process"]["args"] = {"sh", "-c", script};
    return run();
}

std::string ContainerTest::cgroup_file(const std::string& controller, const std::string& file) const {
    const fs::path pure = "/sys/fs/cgroup/cgroup.controllers";
    const fs::path base =
        fs::exists(pure) ? fs::path("/sys/fs/cgroup") : fs::path("/sys/fs/cgroup") / controller;
    return read_file(base / name_ / file);
}

std::string ContainerTest::read_process(int pid, const std::string& file) const {
    return read_file(fs::path("/proc") / std::to_string(pid) / file);
}

bool ContainerTest::nothing_is_left() const {
    for (const auto& entry : fs::directory_iterator("/sys/fs/cgroup"))
        if (fs::exists(entry.path() / name_)) return false;
    return !fs::exists(fs::path("/sys/fs/cgroup") / name_) &&
           read_file("/proc/self/mountinfo").find(directory_.path().string()) == std::string::npos;
}

void ContainerTest::wait_until(const std::function<bool()>& condition) const {
    ASSERT_TRUE(eventually(condition)) << "the condition did not come true within 10 s";
}

} // namespace rt::test
