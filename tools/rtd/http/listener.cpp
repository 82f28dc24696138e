// SPDX-License-Identifier: Apache-2.0
#include "tools/rtd/http/listener.hpp"

#include "tools/rtd/log.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <thread>

namespace rt::rtd {
namespace {

constexpr int kBacklog = 1024;
constexpr int kFirstInherited = 3; // sd_listen_fds(3)

Result<sockaddr_un> unix_address(const Path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.native().size() >= sizeof address.sun_path)
        return fail(Code::invalid_argument, "listen at '", path.native(), "': the path is too long (at most ",
                    sizeof address.sun_path - 1, " bytes)");
    std::memcpy(address.sun_path, path.c_str(), path.native().size());
    return address;
}

// Nobody listens there any more. A server that was killed may have left its socket to a process that it was
// just starting: that lets go of it in a moment.
bool is_stale(const sockaddr_un& address) {
    constexpr int kLooks = 100;
    constexpr std::chrono::milliseconds kPause{10};
    for (int look = 0; look < kLooks; ++look) {
        const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
            0) // NOLINT
            return errno == ECONNREFUSED;
        ucred server{}; // who began to listen
        socklen_t size = sizeof server;
        if (::getsockopt(probe.get(), SOL_SOCKET, SO_PEERCRED, &server, &size) != 0 || server.pid <= 0 ||
            ::kill(server.pid, 0) == 0 || errno != ESRCH)
            return false;
        std::this_thread::sleep_for(kPause);
    }
    return false;
}

Result<void> make_room(const Path& path, const sockaddr_un& address) {
    struct stat there{};
    if (::lstat(path.c_str(), &there) != 0) {
        if (errno == ENOENT) return {};
        return fail_errno(errno, "listen at '", path.native(), "'");
    }
    if (!S_ISSOCK(there.st_mode))
        return fail(
            Code::already_exists, "listen at '", path.native(),
            "': there is a file of that name, which is no socket: remove it, or choose another --host");
    if (!is_stale(address))
        return fail(Code::already_exists, "listen at '", path.native(),
                    "': another server listens there: end it, or choose another --host");
    if (::unlink(path.c_str()) != 0 && errno != ENOENT)
        return fail_errno(errno, "remove the stale socket '", path.native(), "'");
    return {};
}

// Whoever may write to the socket is root on this host.
Result<void> give_to_group(const Path& path, const ListenOptions& options) {
    const std::string& name = options.group;
    const group* const found = name.empty() ? nullptr : ::getgrnam(name.c_str());
    if (found == nullptr && !name.empty() && options.needs_group)
        return fail(Code::not_found, "--group: there is no group '", name, "': make it, or name another");
    if (found == nullptr && !name.empty())
        log(LogLevel::info, cat("there is no group '", name, "': '", path.native(), "' is for root alone"));
    if (found != nullptr && ::lchown(path.c_str(), 0, found->gr_gid) != 0)
        return fail_errno(errno, "give '", path.native(), "' to the group '", name, "'");
    if (::chmod(path.c_str(), found == nullptr ? 0600 : 0660) != 0)
        return fail_errno(errno, "chmod '", path.native(), "'");
    return {};
}

Result<std::vector<Listener>> listen_unix(const Path& path, const ListenOptions& options) {
    if (!path.is_absolute())
        return fail(Code::invalid_argument, "listen at 'unix://", path.native(),
                    "': an absolute path is expected, as in unix:///run/rt/rtd.sock");
    RT_TRY_ASSIGN(const sockaddr_un address, unix_address(path));
    RT_TRY(make_directories(path.parent_path(), 0755));
    RT_TRY(make_room(path, address));
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return fail_errno(errno, "make a socket");
    const mode_t before = ::umask(0177); // nobody but root until it has its group
    const int bound = ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address); // NOLINT
    const int problem = errno;
    ::umask(before);
    if (bound != 0) return fail_errno(problem, "listen at '", path.native(), "'");
    Listener listener(std::move(fd), path);
    RT_TRY(give_to_group(path, options));
    if (::listen(listener.fd(), kBacklog) != 0) return fail_errno(errno, "listen at '", path.native(), "'");
    std::vector<Listener> all;
    all.push_back(std::move(listener));
    return all;
}

// "127.0.0.1:2375". as: what the user has written, for errors.
Result<sockaddr_in> tcp_address(std::string_view text, const std::string& as) {
    const auto colon = text.rfind(':');
    std::uint16_t port = 0;
    const std::string_view digits = text.substr(std::min(text.size(), colon + 1));
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    const std::string host(text.substr(0, colon));
    if (colon == std::string_view::npos || problem != std::errc() || end != digits.data() + digits.size() ||
        ::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1)
        return fail(Code::invalid_argument, "listen at '", as,
                    "': expected ADDRESS:PORT, as in 127.0.0.1:2375");
    return address;
}

Result<Listener> listen_at_tcp(const sockaddr_in& address, const std::string& as) {
    UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int yes = 1;
    if (!fd || ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || // NOLINT
        ::listen(fd.get(), kBacklog) != 0)
        return fail_errno(errno, "listen at '", as, "'");
    return Listener(std::move(fd), Path());
}

Result<std::vector<Listener>> listen_tcp(std::string_view text, const ListenOptions& options) {
    const std::string as = cat("tcp://", text);
    RT_TRY_ASSIGN(const sockaddr_in address, tcp_address(text, as));
    const bool is_loopback = (ntohl(address.sin_addr.s_addr) >> 24U) == 127;
    if (!options.has_tls && !is_loopback)
        return fail(Code::unsupported, "listen at '", as,
                    "': without TLS everybody who reaches the port would be root here: say --tlscacert, "
                    "--tlscert and --tlskey, or use a unix socket, over ssh from elsewhere "
                    "(DOCKER_HOST=ssh://...)");
    if (!options.has_tls && !options.open_tcp)
        return fail(Code::permission_denied, "listen at '", as,
                    "': every user and every container with the host's network could become root through it; "
                    "say --allow-open-tcp as well if that is wanted");
    RT_TRY_ASSIGN(Listener listener, listen_at_tcp(address, as));
    if (options.has_tls) listener.speak_tls();
    std::vector<Listener> all;
    all.push_back(std::move(listener));
    return all;
}

// Over which family of addresses clients come to it.
Result<int> family_of(int fd) {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) // NOLINT
        return fail_errno(errno, "take over descriptor ", fd, " of systemd");
    return address.ss_family;
}

// Those that systemd has opened for us.
Result<std::vector<Listener>> inherited(const ListenOptions& options) {
    const char* const pid = std::getenv("LISTEN_PID");
    const char* const count = std::getenv("LISTEN_FDS");
    if (pid == nullptr || count == nullptr || std::atoi(pid) != ::getpid() || std::atoi(count) < 1)
        return fail(Code::failed_precondition,
                    "listen at 'fd://': systemd has passed no sockets: start it by its socket unit");
    std::vector<Listener> all;
    for (int fd = kFirstInherited; fd < kFirstInherited + std::atoi(count); ++fd) {
        if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || ::fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
            return fail_errno(errno, "take over descriptor ", fd, " of systemd");
        Listener listener{UniqueFd(fd), Path()};
        RT_TRY_ASSIGN(const int family, family_of(fd));
        if (family != AF_UNIX && options.has_tls) listener.speak_tls();
        if (family != AF_UNIX && !options.has_tls && !options.open_tcp)
            return fail(
                Code::permission_denied, "listen at 'fd://': descriptor ", fd,
                " is no unix socket: say --tlscacert, --tlscert and --tlskey, or --allow-open-tcp where "
                "it is not reached from elsewhere");
        all.push_back(std::move(listener));
    }
    return all;
}

} // namespace

Listener::~Listener() {
    if (!path_.empty()) ::unlink(path_.c_str());
}

Result<std::vector<Listener>> listen_at(const std::string& address, const ListenOptions& options) {
    if (address.starts_with("unix://")) return listen_unix(address.substr(7), options);
    if (address.starts_with("tcp://")) return listen_tcp(std::string_view(address).substr(6), options);
    if (address == "fd://") return inherited(options);
    return fail(Code::invalid_argument, "--host '", address,
                "': expected unix://PATH, tcp://ADDRESS:PORT or fd://");
}

Result<Listener> listen_for_metrics(const std::string& address) {
    const std::string as = cat("--metrics ", address);
    RT_TRY_ASSIGN(const sockaddr_in parsed, tcp_address(address, as));
    return listen_at_tcp(parsed, as);
}

namespace {

// A machine that sleeps or is switched off says nothing: what it had open (events, a wait) would stay for
// ever.
void notice_when_gone(int client) {
    constexpr int kOn = 1, kSilentSeconds = 15;
    (void)::setsockopt(client, SOL_SOCKET, SO_KEEPALIVE, &kOn, sizeof kOn);
    (void)::setsockopt(client, IPPROTO_TCP, TCP_KEEPIDLE, &kSilentSeconds, sizeof kSilentSeconds);
    (void)::setsockopt(client, IPPROTO_TCP, TCP_KEEPINTVL, &kSilentSeconds, sizeof kSilentSeconds);
}

} // namespace

Awaitable<void> accept_clients(int fd, ServeClient serve) {
    const auto executor = co_await asio::this_coro::executor;
    asio::posix::stream_descriptor listening(executor, ::fcntl(fd, F_DUPFD_CLOEXEC, 0));
    asio::steady_timer pause(executor);
    for (;;) {
        co_await listening.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
        // A burst at a time: the others are served in between.
        for (int left = 64; left > 0; --left) {
            sockaddr_storage peer{};
            socklen_t length = sizeof peer;
            const int client =
                ::accept4(listening.native_handle(), reinterpret_cast<sockaddr*>(&peer), // NOLINT
                          &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
            if (client >= 0) {
                const int family = peer.ss_family;
                if (family != AF_UNIX) notice_when_gone(client);
                Socket socket(executor, asio::generic::stream_protocol(family, 0), client);
                serve(std::move(socket));
                continue;
            }
            if (errno == EAGAIN || errno == ECONNABORTED || errno == EINTR) break;
            // No descriptors or no memory: those who are here have to go first.
            log(LogLevel::warning, cat("accept a client: ", std::strerror(errno)));
            pause.expires_after(std::chrono::milliseconds(100));
            co_await pause.async_wait(asio::use_awaitable);
            break;
        }
    }
}

} // namespace rt::rtd
