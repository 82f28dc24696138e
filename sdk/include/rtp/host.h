/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the host (rtctl, rtd or rt-shim) gives to a plugin. The struct and its strings live as long as the
 * plugin's instance; every function is [thread-safe].
 */
#ifndef RTP_HOST_H
#define RTP_HOST_H

#include <rtp/base.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { RTP_LOG_DEBUG = 1, RTP_LOG_INFO = 2, RTP_LOG_WARNING = 3, RTP_LOG_ERROR = 4 };

typedef struct rtp_log_field {
    const char* key;
    const char* value;
} rtp_log_field;

typedef struct rtp_host {
    void* context;
    const char* instance;  /* the driver's name in the wiring file: "overlayfs", "bulk", ... */
    const char* state_dir; /* private to this instance, kept over reboots, mode 0700; exists */
    const char* run_dir;   /* private to this instance, gone after a reboot, mode 0700; exists */

    /* Adds a line to the host's log. A warning is shown to the user of the operation. A failure is returned,
     * not logged. */
    void (*log)(void* context, int32_t level, const char* message, const rtp_log_field* fields,
                size_t field_count) RTP_NOEXCEPT;

    /* A table of further host functions, or NULL where this host does not have that interface. None is
     * defined yet. */
    const void* (*get_interface)(void* context, const char* interface_id)RTP_NOEXCEPT;
} rtp_host;

#ifdef __cplusplus
}
#endif
#endif
