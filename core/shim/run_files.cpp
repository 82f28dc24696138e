// SPDX-License-Identifier: Apache-2.0
#include "core/shim/run_files.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace rt::shim {
namespace {

// Where to reach the socket. Holds the directory open where its path had to be abbreviated.
struct Address {
    sockaddr_un name{};
    UniqueFd directory;

    [[nodiscard]] const sockaddr* raw() const { return reinterpret_cast<const sockaddr*>(&name); } // NOLINT
};

Result<Address> address_of(const Path& directory) {
    Address address;
    address.name.sun_family = AF_UNIX;
    std::string path = cat(directory.native(), "/", kSocketName);
    if (path.size() >= sizeof address.name.sun_path) {
        RT_TRY_ASSIGN(address.directory, open_file(directory, O_PATH | O_DIRECTORY));
        path = cat("/proc/self/fd/", address.directory.get(), "/", kSocketName);
    }
    std::memcpy(address.name.sun_path, path.c_str(), path.size() + 1);
    return address;
}

struct ProcessStat {
    char state = 'X';
    std::uint64_t start_time = 0; // field 22 of /proc/PID/stat, in clock ticks since boot
};

// A file that comes with one read(), as those that are replaced whole do, and those of /proc. Empty: there is
// none.
class SmallFile {
public:
    SmallFile(int directory, const std::string& path) {
        const UniqueFd fd(::openat(directory, path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
        ssize_t count = fd ? 0 : -1;
        if (fd) do
                count = ::read(fd.get(), buffer_.data(), buffer_.size());
            while (count < 0 && errno == EINTR);
        is_known_ = count >= 0 || errno == ENOENT || errno == ENOTDIR || errno == ESRCH;
        text_ = {buffer_.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0))};
    }
    SmallFile(const SmallFile&) = delete;
    SmallFile& operator=(const SmallFile&) = delete;

    [[nodiscard]] std::string_view text() const { return text_; }
    // False: nobody can say what is in it, for want of a descriptor or of memory.
    [[nodiscard]] bool is_known() const { return is_known_; }

private:
    std::array<char, 4096> buffer_; // NOLINT(cppcoreguidelines-pro-type-member-init): read() fills it
    std::string_view text_;
    bool is_known_ = true;
};

std::optional<ProcessStat> stat_in(std::string_view text) {
    // Field 2 is the program's name in parentheses, and may hold anything.
    std::size_t at = text.rfind(") ");
    if (at == std::string::npos || at + 2 >= text.size()) return std::nullopt;
    ProcessStat stat;
    stat.state = text[at + 2];
    ++at;
    for (int field = 3; field < 22 && at != std::string::npos; ++field) at = text.find(' ', at + 1);
    if (at == std::string::npos) return std::nullopt;
    const char* first = text.data() + at + 1;
    if (std::from_chars(first, text.data() + text.size(), stat.start_time).ec != std::errc{})
        return std::nullopt;
    return stat;
}

constexpr char kStopped = 'T'; // 't' is one that is traced

std::optional<ProcessStat> stat_of(pid_t pid) {
    return pid > 0 ? stat_in(SmallFile(AT_FDCWD, cat("/proc/", pid, "/stat")).text()) : std::nullopt;
}

// The number after "key " at the start of a line.
template <class Int>
std::optional<Int> number_of(std::string_view text, std::string_view key) {
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        if (!line.starts_with(key) || line.size() <= key.size() || line[key.size()] != ' ') continue;
        Int value{};
        const char* end = line.data() + line.size();
        const auto [stop, problem] = std::from_chars(line.data() + key.size() + 1, end, value);
        if (problem == std::errc{} && stop == end) return value;
    }
    return std::nullopt;
}

} // namespace

Result<void> write_pid_file(const Path& directory) {
    const auto stat = stat_in(SmallFile(AT_FDCWD, "/proc/self/stat").text());
    if (!stat) return fail(Code::internal, "read '/proc/self/stat': no start time in it; is /proc mounted?");
    return replace_file(directory / kPidName, cat("pid ", ::getpid(), "\nstart ", stat->start_time, "\n"));
}

Result<void> write_exit_record(const Path& directory, const ExitRecord& record) {
    return replace_file(directory / kExitName,
                        cat("exit_code ", record.exit_code, "\nfinished_at ", record.finished_at,
                            "\nlog_lines_lost ", record.log_lines_lost, "\noom_killed ",
                            record.oom_killed ? 1 : 0, "\n"));
}

Result<void> write_log_loss(const Path& directory, const LogLoss& loss) {
    return replace_file(directory / kLogLossName,
                        cat("lines ", loss.lines, "\nerrno ", loss.sys_errno, "\n"));
}

Result<UniqueFd> connect_socket(const Path& directory) {
    auto address = address_of(directory);
    if (!address) return in_context(std::move(address).error(), "connect to the shim");
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd) return fail_errno(errno, "make a socket for the shim");
    int result = 0;
    do result = ::connect(fd.get(), address->raw(), sizeof address->name);
    while (result != 0 && errno == EINTR); // a unix socket's is not under way then
    if (result == 0) return fd;
    if (errno == ENOENT || errno == ECONNREFUSED)
        return fail(Code::not_found, "connect to the shim at '", (directory / kSocketName).native(),
                    "': there is none");
    return fail_errno(errno, "connect to the shim at '", (directory / kSocketName).native(), "'");
}

Result<UniqueFd> listen_socket(const Path& directory) {
    const Path path = directory / kSocketName;
    RT_TRY_ASSIGN(const Address address, address_of(directory));
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return fail_errno(errno, "make the shim's socket");
    const mode_t before = ::umask(0177);
    int result = ::bind(fd.get(), address.raw(), sizeof address.name);
    if (result != 0 && errno == EADDRINUSE) {
        if (shim_is_alive(directory)) {
            ::umask(before);
            return fail(Code::already_exists, "bind the shim's socket '", path.native(),
                        "': another shim of this container is alive");
        }
        ::unlink(path.c_str()); // of a shim that was killed
        result = ::bind(fd.get(), address.raw(), sizeof address.name);
    }
    const int problem = errno;
    ::umask(before);
    if (result != 0) return fail_errno(problem, "bind the shim's socket '", path.native(), "'");
    if (::listen(fd.get(), 64) != 0) return fail_errno(errno, "listen at '", path.native(), "'");
    return fd;
}

bool is_alive_below(int directory, const std::string& name) {
    const SmallFile file(directory, cat(name, "/", kPidName));
    if (!file.is_known()) return true; // what lives must not be cleaned up after
    const auto pid = number_of<pid_t>(file.text(), "pid");
    const auto start = number_of<std::uint64_t>(file.text(), "start");
    if (!pid || !start || *pid <= 0) return false;
    const SmallFile process(AT_FDCWD, cat("/proc/", *pid, "/stat"));
    const auto stat = stat_in(process.text());
    if (!process.is_known()) return true;
    return stat && stat->start_time == *start && stat->state != 'Z' && stat->state != 'X';
}

pid_t stopped_shim(const Path& directory) {
    const SmallFile file(AT_FDCWD, directory / kPidName);
    const auto start = number_of<std::uint64_t>(file.text(), "start");
    const pid_t pid = number_of<pid_t>(file.text(), "pid").value_or(0);
    const auto stat = stat_of(pid);
    return start && stat && stat->start_time == *start && stat->state == kStopped ? pid : 0;
}

pid_t stopped_peer(int socket) {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return 0;
    const auto stat = stat_of(peer.pid);
    return stat && stat->state == kStopped ? peer.pid : 0;
}

} // namespace rt::shim

namespace rt {

bool shim_is_alive(const Path& directory) {
    return shim::is_alive_below(AT_FDCWD, directory.native());
}

Result<std::optional<ExitRecord>> read_exit_record(const Path& directory) {
    const Path path = directory / shim::kExitName;
    auto text = read_file(path, 4096);
    if (!text && text.error().code == Code::not_found) return std::nullopt;
    if (!text) return std::unexpected(std::move(text).error());
    const auto code = shim::number_of<int>(*text, "exit_code");
    const auto finished = shim::number_of<std::int64_t>(*text, "finished_at");
    if (!code || !finished)
        return fail(Code::corrupt, "exit record '", path.native(), "': no exit_code or finished_at in it");
    return ExitRecord{*code, *finished, shim::number_of<std::uint64_t>(*text, "log_lines_lost").value_or(0),
                      shim::number_of<int>(*text, "oom_killed").value_or(0) != 0};
}

LogLoss read_log_loss(const Path& directory) {
    const auto text = read_file(directory / shim::kLogLossName, 4096);
    if (!text) return {};
    return {shim::number_of<std::uint64_t>(*text, "lines").value_or(0),
            shim::number_of<int>(*text, "errno").value_or(0)};
}

} // namespace rt
