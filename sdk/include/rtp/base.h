/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The vocabulary of the plugin border: status codes, errors, strings that cross it, and what every call
 * carries.
 *
 * Rules that hold for every function in these headers:
 *  - It never throws, never exits the process, and never changes signal dispositions, the working directory
 * or the umask.
 *  - It returns a status; when that is not RTP_OK it fills the caller's rtp_error and leaves its outputs
 * untouched.
 *  - Inputs are borrowed: valid until the function returns, never freed by the callee. A NULL string means
 * "not given".
 *  - Outputs go through a sink, which copies; nothing allocated on one side is freed on the other.
 *  - File descriptors passed in are borrowed. Those handed out belong to the caller and are close-on-exec.
 *  - Text is UTF-8 and NUL-terminated. JSON is one value, RFC 8259, without duplicate keys.
 *
 * Thread tags: [owner] only on the thread that called create(); [thread-safe] on any thread, several at once.
 */
#ifndef RTP_BASE_H
#define RTP_BASE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define RTP_NOEXCEPT noexcept
#else
#define RTP_NOEXCEPT
#endif

/* What a function came to. Closed: no code will be added. docs/errors.md has the recovery for each. */
typedef int32_t rtp_status;
enum {
    RTP_OK = 0,
    RTP_INVALID_ARGUMENT = 1,    /* the request itself is wrong, on any host and at any time */
    RTP_NOT_FOUND = 2,           /* the object named does not exist */
    RTP_ALREADY_EXISTS = 3,      /* the object to be made exists */
    RTP_FAILED_PRECONDITION = 4, /* the object is in a state that does not allow this; change that first */
    RTP_PERMISSION_DENIED = 5,   /* the host refuses this to us */
    RTP_UNSUPPORTED = 6,         /* this host or driver can never do this */
    RTP_UNAVAILABLE = 7,         /* cannot be done now; the same call may succeed later */
    RTP_RESOURCE_EXHAUSTED = 8,  /* disk, memory, addresses, ports, descriptors: something ran out */
    RTP_DEADLINE_EXCEEDED = 9,   /* rtp_call.deadline_ns passed */
    RTP_CANCELLED = 10,          /* rtp_call.cancel_fd became readable */
    RTP_CORRUPT = 11,            /* stored or received data is not what it must be */
    RTP_INTERNAL = 12            /* a defect in the callee */
};

/* Caller-owned, 512 bytes. message: what was tried, on what, why it failed, what to do; NUL-terminated, cut
 * to fit. */
typedef struct rtp_error {
    rtp_status code;
    int32_t sys_errno; /* errno of the system call that failed, 0 when there was none */
    char message[504];
} rtp_error;

/* Receives output. write() copies size bytes and may be called any number of times; the pieces are joined. */
typedef struct rtp_sink {
    void* context;
    void (*write)(void* context, const char* data, size_t size) RTP_NOEXCEPT;
} rtp_sink;

/* Passed to every call that may take time. */
typedef struct rtp_call {
    const char* operation_id; /* goes into every log line about this operation; never NULL */
    int64_t deadline_ns;      /* CLOCK_MONOTONIC, nanoseconds; 0: none */
    int32_t
        cancel_fd; /* readable: give up as soon as that leaves nothing half done; -1: cannot be cancelled */
    uint32_t reserved; /* 0 */
} rtp_call;

/* One mount, as data: what mount(2) or fsconfig(2) is to be told. */
typedef struct rtp_mount {
    /* "overlay", ...; "bind" wants "bind" or "rbind" among the options, as mount(8) has it. */
    const char* type;
    const char* source;         /* device, directory for a bind, or a name */
    const char* target;         /* below the root that is being assembled; "" is that root itself */
    const char* const* options; /* mount options, one each: "ro", "lowerdir=/a:/b", ... */
    size_t option_count;
} rtp_mount;

#ifdef __cplusplus
}
#endif
#endif
