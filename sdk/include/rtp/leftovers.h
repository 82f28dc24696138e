/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Optional, for every kind of driver: what processes that were killed have left of this instance, in the
 * kernel and below its own directories. The host says what it knows of; what this instance has made and
 * nobody knows of is left over. `rtctl doctor` asks, and removes when it is told to.
 *
 * Only what is proven to be this instance's counts: another engine on the same host, or a person, may have
 * things that look alike. The proof is the driver's own (a mark on the object, a record in its directories,
 * an id of "resting").
 *
 * known JSON (in), the same for every kind of driver:
 *   {"containers": ["ID", ...],  whatever is there of these has its owner: they run, or come or go just now
 *    "resting": ["ID", ...],     of this host, and without anything in the kernel: at rest, or gone
 *    "snapshots": ["ID", ...],   of this instance; those of an instance that is not a storage driver are []
 *    "networks": [<network JSON with result, see network.h>, ...], of this instance likewise
 *    "endpoints": ["ID", ...],
 *    "cgroup_parent": "/rt"}
 *   An id is in "containers", "snapshots", "networks" and "endpoints" from before anything of it is made
 * until all of it is gone. found JSON:
 *   {"leftovers": [{"kind", "name", "what", "whose", "container"?, ...own keys}, ...]}
 *   kind: a word of the driver's ("link"); name: unique among those of the kind; what: it, in a few words
 *   ("link 'rtv0123'"); whose: of what it is left ("endpoint 0123... of network 'back'"); container: the id
 * of the container whose it was, where that can still be said
 *
 * Unknown keys are ignored. The thread tag is that of the kind's other functions.
 */
#ifndef RTP_LEFTOVERS_H
#define RTP_LEFTOVERS_H

#include <rtp/base.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RTP_LEFTOVERS_V1 "rt.leftovers/1"

typedef struct rtp_leftovers_v1 {
    /*
     * Looks, and changes nothing. What is just being made or removed by somebody who lives is no leftover,
     * nor is what the kernel removes by itself.
     */
    rtp_status (*find)(void* self, const rtp_call* call, const char* known_json, const rtp_sink* found,
                       rtp_error* error) RTP_NOEXCEPT;

    /*
     * Removes one that find() told of, where it is still left over by known_json, which is newer than that
     * which find() had; else nothing is done. Repeatable. RTP_INVALID_ARGUMENT: the driver has no such kind.
     */
    rtp_status (*remove)(void* self, const rtp_call* call, const char* known_json, const char* leftover_json,
                         rtp_error* error) RTP_NOEXCEPT;
} rtp_leftovers_v1;

#ifdef __cplusplus
}
#endif
#endif
