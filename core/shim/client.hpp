// SPDX-License-Identifier: Apache-2.0
// The engine's end of a conversation with one rt-shim. rt-shim hosts the isolation driver of one container,
// is the parent of its processes, owns stdio or the pty, writes the log, and records the exit; it outlives
// the process that started it.
//
// A connection may hold the *reaper lease*: its holder cleans up when the container ends. When no connection
// holds it (or its holder dies before it has said reaped()), the shim runs the reaper command that launch()
// gave it, again with back-off until one says reaped(); then it exits. One ShimClient per connection; one
// thread at a time.
#pragma once

#include "core/base/error.hpp"
#include "core/base/file.hpp"
#include "core/interfaces/isolation.hpp"
#include "core/plugin/loader.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rt {

// How to start a shim.
struct ShimLaunch {
    Path program; // rt-shim
    std::string container_id;
    Path directory;       // run directory of the container: socket, pid file, exit record, shim.log
    DriverSpec isolation; // loaded by the shim, at once, while we go on
    std::vector<std::string> reaper_command; // run with the container's id as its last argument
    bool make_network_namespace = false;     // at once; for network_namespace()
    Path cgroup_parent = {};                 // of the wiring; for shim_cgroup()
    // The container's lock, which the shim holds too until it can be seen: whoever finds the lock free and no
    // shim may take the container for abandoned. -1: none. Borrowed.
    int lock = -1;
};

// Where output is kept. Docker's json-file format: `file`, and the older ones as file.1, file.2, ...
inline constexpr std::size_t kMostLogAttributes = 16U << 10U;

struct ShimLog {
    std::string driver = "json-file"; // or "none"
    Path file;
    std::int64_t max_size = 0; // bytes, at which the next file is begun; 0: no limit
    int max_files = 1;         // all together
    // JSON object of strings that goes into each line as "attrs"; "": none. At most kMostLogAttributes bytes.
    std::string attributes{};
};

// A program that says from time to time whether the container is well, with docker's meaning. Times in ns.
struct ShimHealth {
    std::string process_json; // of the OCI runtime specification
    std::int64_t interval = 30'000'000'000;
    std::int64_t timeout = 30'000'000'000;
    std::int64_t start_period = 0;               // after the start, in which failures do not count
    std::int64_t start_interval = 5'000'000'000; // in place of interval during the start period
    int retries = 3;                             // failures in a row that make it unhealthy
};

// What create() asks for, besides the bundle.
struct ShimContainer {
    std::string bundle_directory;
    std::string config_json; // OCI runtime-spec config.json
    std::vector<Mount> rootfs;
    bool terminal = false;
    bool open_stdin = false; // the container's stdin stays open for clients that attach; else it is /dev/null
    bool stdin_once = false; // stdin ends when the first client that had it goes
    ShimLog log;
    std::optional<ShimHealth> health;
};

struct ShimCreated {
    int pid = 0;
    UniqueFd netns;                    // empty: it is the host's, or was made ahead (network_namespace())
    std::vector<std::string> warnings; // of the isolation driver
};

// Valid in `directory` after the end, also when the shim is dead.
struct ExitRecord {
    int exit_code = 0;                // 128+n for signal n
    std::int64_t finished_at = 0;     // ns
    std::uint64_t log_lines_lost = 0; // could not be written to the log file (a full disk)
    bool oom_killed = false;          // the kernel killed something of it for want of memory
};

// A further process in the running container.
struct ShimExec {
    std::string id; // made up by the caller, one of its own for each
    std::string process_json;
    bool terminal = false;
    bool open_stdin = false; // for the client that starts it; else it is /dev/null
};

struct ShimExecState {
    std::string id;
    int pid = 0; // seen from the host
    bool running = false;
    int exit_code = 0; // once it does not run
};

struct ShimState {
    std::string phase; // "none", "created", "running", "ending", "ended", "resting"
    int pid = 0;
    bool paused = false;
    std::string health;               // as in the file `health`; empty: there is no check
    std::vector<ShimExecState> execs; // those that run, and the last 64 that have ended
};

// What the container's name server answers by itself, and whom it asks for the rest.
struct ShimNames {
    // In the network of that place in directories, who asks for name means target. In small letters.
    struct Link {
        std::uint32_t network = 0;
        std::string name, target;
    };
    std::vector<std::string> directories; // of its networks' names (core/network/name_directory.hpp)
    std::vector<std::string> servers;     // addresses, asked from the host's network; empty: none is asked
    std::vector<Link> links;
};

struct ShimNamePorts {
    std::uint16_t udp = 0, tcp = 0;
};

enum class Stream : std::uint8_t { in = 0, out = 1, error = 2 };

// What next() brings. progress: nothing to do, but write_window() may have grown.
struct ShimEvent {
    enum class Kind { output, exit, progress, closed } kind = Kind::closed;
    Stream stream = Stream::out;
    std::string data; // output: at most 64 KiB
    ExitRecord exit;  // exit: all output has come before it
};

class ShimClient {
public:
    // Starts a shim and connects to it (over a socket pair: no wait for its socket). This connection holds
    // the lease. Returns at once; the shim loads its driver meanwhile. A shim that fails says so in the
    // answer to create().
    static Result<ShimClient> launch(const ShimLaunch& launch);

    // Connects to the shim of a container. not_found: there is none (no socket, or nobody listens).
    static Result<ShimClient> connect(const Path& directory);

    // Shims that this process has launched are its children, and stay its zombies when they end: who outlives
    // them calls this at SIGCHLD. Waits for nothing. Any thread.
    static void reap_launched();

    ShimClient(ShimClient&&) noexcept;
    ShimClient& operator=(ShimClient&&) noexcept;
    ~ShimClient();

    // The driver's create(), start(), signal(), with its codes and messages.
    Result<ShimCreated> create(const Operation& operation, const ShimContainer& container);
    Result<void> start(const Operation& operation);
    // attach(), if a client is to be, and start() in one step.
    enum class Attach { none, output, output_and_input };
    Result<void> attach_and_start(const Operation& operation, Attach attach);
    Result<void> signal(const Operation& operation, int number, SignalScope scope);

    // A further process. Needs a connection of its own: next(), write(), close_stdin(), resize() and signal()
    // of this connection are then the process's. It goes on when the connection ends, its output is thrown
    // away then. Answers its pid; not_found and permission_denied are the program's, failed_precondition: the
    // container does not run, or is paused.
    Result<int> exec(const Operation& operation, const ShimExec& exec, Attach attach);
    // The same in two halves, as create's.
    Result<void> send_exec(const Operation& operation, const ShimExec& exec, Attach attach);
    Result<int> receive_exec();

    // The driver's, on the container; unsupported where it has no such interface.
    Result<void> pause(const Operation& operation);
    Result<void> resume(const Operation& operation);
    // Paused until go_on(), but no longer than this connection lives. go_on() leaves alone what somebody else
    // has paused since. The shim tells both events.
    Result<void> stand_still(const Operation& operation);
    Result<void> go_on(const Operation& operation);
    Result<std::string> stats(const Operation& operation); // JSON, see Isolation::stats()
    // Answers what the driver warns of: limits that this host cannot keep.
    Result<std::vector<std::string>> update(const Operation& operation, const std::string& resources_json);
    Result<std::vector<int>> processes(const Operation& operation); // pids seen from the host
    Result<ShimState> state();

    // From now on, and until the container ends, the shim answers for names at 127.0.0.11 in its network
    // namespace, on the ports returned. Again with other names: the ports stay.
    Result<ShimNamePorts> serve_names(const ShimNames& names);

    // The network namespace that launch() asked for: the container's own, before create(). Once, and only
    // where config_json will ask for a new one and for no user namespace. unsupported: the driver cannot;
    // create() brings one then. Does not send anything: may be called at any time before receive_created().
    Result<UniqueFd> network_namespace(const Operation& operation);

    // The same for a create() to come in a shim that rests. Made anew where an earlier one was not taken.
    Result<UniqueFd> make_network_namespace(const Operation& operation);

    // create() and destroy() in two halves, so that the caller can do something else meanwhile. Between them
    // nothing may be sent over this connection: that is what cancels the call. Events are kept for next().
    Result<void> send_create(const Operation& operation, const ShimContainer& container);
    Result<ShimCreated> receive_created();
    Result<void> send_destroy(const Operation& operation);
    Result<void> receive_destroyed();

    // Takes part in the container's stdio: from now on next() brings output (and everything not yet seen by
    // nobody, so that attach before start loses nothing). with_stdin: this client may write() to it.
    Result<void> attach(bool with_stdin);
    // To the container's stdin; blocks while the container does not read. failed_precondition: it takes no
    // more.
    Result<void> write(std::string_view data);
    // How many bytes write() takes without blocking. Who has other things to wait for (output, signals) reads
    // its own stdin only while this is not 0: what next() sees makes it grow again.
    [[nodiscard]] std::size_t write_window() const;
    Result<void> close_stdin(); // after what was written; nothing to do for a terminal
    Result<void> resize(unsigned short rows, unsigned short columns);
    // The same without waiting for the answer: for who may not block, and hears from next() how it went.
    Result<void> post_close_stdin();
    Result<void> post_resize(unsigned short rows, unsigned short columns);

    // The next event of an attached client, or the exit. Blocks; use fd() with poll() to wait for other
    // things as well.
    Result<ShimEvent> next();
    // The same without blocking: empty where nothing whole has come yet.
    Result<std::optional<ShimEvent>> poll_next();
    [[nodiscard]] int fd() const;            // readable: next() has something
    [[nodiscard]] bool has_buffered() const; // next() can answer without reading fd()

    // Asks that next() brings the exit (without output); answers at once if it has ended.
    Result<void> watch_exit();

    // Lease. give_up_lease(): for `run -d`, before we go. take_lease(): unavailable when another holds it.
    Result<void> take_lease();
    Result<void> give_up_lease();

    // Ends what is left of the container by the driver's destroy(). The shim stays.
    Result<void> destroy(const Operation& operation);
    // Everything is cleaned up and recorded: the shim exits, and its socket and pid file go. Only with the
    // lease. In two halves like destroy().
    Result<void> reaped();
    Result<void> send_reaped();
    Result<void> receive_reaped();

    // In place of reaped(): everything of this run is cleaned up, but the container is to be started again.
    // The shim stays, without lease, socket and pid file where they are, and runs the reaper command after
    // the delay. A client that takes the lease meanwhile (or then) may create() again. Only with the lease.
    Result<void> rest(std::int64_t delay_ns);

private:
    struct State;
    explicit ShimClient(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

// Is the shim of this run directory alive? (pid file and start time; the directory may be missing)
bool shim_is_alive(const Path& directory); // also where that cannot be seen, for want of descriptors, say
Result<std::optional<ExitRecord>> read_exit_record(const Path& directory);

// Lines of this run that could not be written to the log, by now.
struct LogLoss {
    std::uint64_t lines = 0;
    int sys_errno = 0; // why the latest were not
};
LogLoss read_log_loss(const Path& directory); // of nothing lost, or of what cannot be read: none

} // namespace rt
