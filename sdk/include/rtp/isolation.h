/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Isolation mechanisms run a container's processes: the OCI runtime's life cycle over a function table. The
 * contract of config_json is the OCI runtime specification's config.json (1.2). rt-shim hosts the instance,
 * one container each; it is single-threaded, is the parent (or subreaper) of the container's processes and
 * reaps them itself.
 *
 *   create -> [host attaches the network] -> start -> (exec, signal)* -> the process ends -> destroy
 *
 * destroy() is also called in another process, with an instance that never saw the container, after rt-shim
 * was killed. All functions are [owner].
 */
#ifndef RTP_ISOLATION_H
#define RTP_ISOLATION_H

#include <rtp/base.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RTP_ISOLATION_V1 "rt.isolation/1"

/* What is to become a container. */
typedef struct rtp_bundle {
    const char* id; /* [A-Za-z0-9][A-Za-z0-9_.-]{0,63} */
    const char*
        directory; /* absolute, exists, mode 0700; root.path of config_json is relative to it or absolute */
    const char* config_json; /* OCI runtime-spec config.json */
    const rtp_mount*
        rootfs; /* mounted at root.path, in order, before the mounts of config_json; in the container's */
    size_t rootfs_count; /*   own mount namespace wherever possible, so that none can be left on the host */
    int32_t stdin_fd;    /* the first process's stdio; all -1 when process.terminal is true */
    int32_t stdout_fd;
    int32_t stderr_fd;
    uint32_t reserved; /* 0 */
} rtp_bundle;

/* A process of the container, seen from the host. The descriptors belong to the caller. */
typedef struct rtp_process {
    int32_t pid;        /* in the caller's pid namespace */
    int32_t pidfd;      /* never -1 */
    int32_t console_fd; /* the pty's master when process.terminal is true, else -1 */
    int32_t netns_fd;   /* create() only: the new network namespace; -1 when config_json asks for none, when
                           it was made ahead (rt.isolation.netns), and for exec() */
} rtp_process;

/* A further process in a running container. */
typedef struct rtp_exec {
    const char* process_json; /* the "process" object of the OCI runtime specification */
    int32_t stdin_fd;         /* as in rtp_bundle */
    int32_t stdout_fd;
    int32_t stderr_fd;
    uint32_t reserved; /* 0 */
} rtp_exec;

enum { RTP_SIGNAL_FIRST_PROCESS = 0, RTP_SIGNAL_ALL_PROCESSES = 1 };

typedef struct rtp_isolation_v1 {
    uint64_t features; /* none defined: 0 */

    /*
     * Makes everything of the container but runs nothing of the user's: namespaces, mounts, limits, and a
     * first process that waits for start(). What the host's kernel cannot give (a capability outside the
     * bounding set) is reduced with a warning in the log; a security setting that cannot be made is a
     * failure. After a failure nothing is left.
     */
    rtp_status (*create)(void* self, const rtp_call* call, const rtp_bundle* bundle, rtp_process* out,
                         rtp_error* error) RTP_NOEXCEPT;

    /*
     * Lets the first process run the user's program; returns once that has been executed.
     * RTP_NOT_FOUND: there is no such program, or its interpreter is missing. RTP_PERMISSION_DENIED: it is
     * not executable, or is a directory. RTP_FAILED_PRECONDITION: not created, or started before. After a
     * failure: destroy().
     */
    rtp_status (*start)(void* self, const rtp_call* call, const char* id, rtp_error* error) RTP_NOEXCEPT;

    /* Runs a further process with the namespaces and limits of the container; codes as for start(). */
    rtp_status (*exec)(void* self, const rtp_call* call, const char* id, const rtp_exec* exec,
                       rtp_process* out, rtp_error* error) RTP_NOEXCEPT;

    /*
     * Sends a signal. scope: RTP_SIGNAL_*. RTP_NOT_FOUND: this instance has no such container.
     * RTP_FAILED_PRECONDITION: no process is left.
     */
    rtp_status (*signal)(void* self, const rtp_call* call, const char* id, int32_t signal_number,
                         int32_t scope, rtp_error* error) RTP_NOEXCEPT;

    /*
     * Ends every process that is left and removes everything that create() made. Repeatable, also half done,
     * also by an instance that did not create it: config_json says where things are (where that of
     * create() is lost, it has linux.cgroupsPath and nothing else). RTP_OK when nothing is
     * left. Processes are killed, but reaping them stays the host's part.
     */
    rtp_status (*destroy)(void* self, const rtp_call* call, const char* id, const char* config_json,
                          rtp_error* error) RTP_NOEXCEPT;
} rtp_isolation_v1;

/*
 * Optional: makes a container's network namespace before create(), so that the host can attach the network
 * while the container is made.
 */
#define RTP_ISOLATION_NETNS_V1 "rt.isolation.netns/1"

typedef struct rtp_isolation_netns_v1 {
    /*
     * Makes a network namespace with its loopback interface up. The next create() whose config_json asks for
     * a new network namespace (without a path) and for no new user namespace takes it instead of making one,
     * and leaves rtp_process.netns_fd at -1. The descriptor is close-on-exec and belongs to the caller; once
     * create() has returned, only the container's processes and that descriptor keep the namespace alive. One
     * that no create() took goes with destroy() or with the instance. RTP_FAILED_PRECONDITION: one that was
     * made before has not been taken yet.
     */
    rtp_status (*make)(void* self, const rtp_call* call, int32_t* netns_fd, rtp_error* error) RTP_NOEXCEPT;
} rtp_isolation_netns_v1;

/*
 * Optional: holds all processes of a container still. Both: RTP_NOT_FOUND: this instance has no such
 * container.
 */
#define RTP_ISOLATION_FREEZE_V1 "rt.isolation.freeze/1"

typedef struct rtp_isolation_freeze_v1 {
    /*
     * Returns once no process of the container runs any more. SIGKILL still ends them, and destroy() works;
     * every other signal waits for resume(), and exec() is refused with RTP_FAILED_PRECONDITION.
     * RTP_FAILED_PRECONDITION: paused already, not started, or the first process has ended. After a failure
     * the container runs as before.
     */
    rtp_status (*pause)(void* self, const rtp_call* call, const char* id, rtp_error* error) RTP_NOEXCEPT;

    /* RTP_FAILED_PRECONDITION: not paused. */
    rtp_status (*resume)(void* self, const rtp_call* call, const char* id, rtp_error* error) RTP_NOEXCEPT;
} rtp_isolation_freeze_v1;

/* Optional: what a container uses. */
#define RTP_ISOLATION_STATS_V1 "rt.isolation.stats/1"

typedef struct rtp_isolation_stats_v1 {
    /*
     * A JSON object. What the host does not count is a missing key. Numbers are unsigned 64-bit integers; a
     * limit that there is not is 2^64 - 1, or what the kernel shows in its place.
     *   {"cgroup_version": 1 | 2,
     *    "cpu": {"usage_ns", "user_ns", "system_ns", "percpu_ns": [..],
     *            "throttling": {"periods", "throttled_periods", "throttled_ns"}},
     *    "memory": {"usage", "max_usage", "limit", "failcnt", "oom_kills", "stats": {the kernel's own keys}},
     *    "pids": {"current", "limit"},
     *    "blkio": {"io_service_bytes": [{"major", "minor", "op", "value"}], "io_serviced": [likewise]},
     *    "hugetlb": {"2MB": {"usage", "limit", "failcnt"}}}
     * oom_kills: how many processes of the container the kernel has killed for want of memory.
     * RTP_NOT_FOUND: this instance has no such container.
     */
    rtp_status (*stats)(void* self, const rtp_call* call, const char* id, const rtp_sink* json,
                        rtp_error* error) RTP_NOEXCEPT;
} rtp_isolation_stats_v1;

/* Optional: changes the limits of a container that runs. */
#define RTP_ISOLATION_UPDATE_V1 "rt.isolation.update/1"

typedef struct rtp_isolation_update_v1 {
    /*
     * resources_json: an object like linux.resources of the OCI runtime specification; what it does not have
     * stays as it is. RTP_FAILED_PRECONDITION: a limit is below what is in use, which the message names.
     * RTP_UNSUPPORTED: what cannot be changed, or not on this host. RTP_NOT_FOUND: this instance has no such
     * container. After a failure the limits are what they were; only of those that are given for each device
     * some may have been changed.
     */
    rtp_status (*update)(void* self, const rtp_call* call, const char* id, const char* resources_json,
                         rtp_error* error) RTP_NOEXCEPT;
} rtp_isolation_update_v1;

/* Optional: who is in a container. */
#define RTP_ISOLATION_PROCESSES_V1 "rt.isolation.processes/1"

typedef struct rtp_pid_sink {
    void* context;
    void (*add)(void* context, int32_t pid) RTP_NOEXCEPT;
} rtp_pid_sink;

typedef struct rtp_isolation_processes_v1 {
    /*
     * The processes of the container in the caller's pid namespace, each once, in ascending order; none
     * when all have ended. RTP_NOT_FOUND: this instance has no such container.
     */
    rtp_status (*processes)(void* self, const rtp_call* call, const char* id, const rtp_pid_sink* out,
                            rtp_error* error) RTP_NOEXCEPT;
} rtp_isolation_processes_v1;

#ifdef __cplusplus
}
#endif
#endif
