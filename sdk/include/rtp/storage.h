/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Storage drivers are snapshotters: they keep directory trees and know how to put one on top of others.
 *
 * Vocabulary: a snapshot is *active* (writable: a container's own layer, or an image layer while it is
 * unpacked) until it is *committed* (immutable, can be a parent). The host owns ids, the order of parents and
 * reference counts, and hands parents back on every call, so that a driver needs no database: one directory
 * per snapshot will do.
 *
 * Life of an image layer:   prepare(L, parents) -> mounts(L) -> the host writes the files -> commit(L)
 * Life of a container:      prepare(C, [top .. base]) -> mounts(C, [top .. base]) -> it runs -> remove(C)
 *
 * Ids are [A-Za-z0-9][A-Za-z0-9_.-]{0,63}. Parents are ids of committed snapshots, the nearest (topmost)
 * first. Every function is [thread-safe], also between processes, for different ids; the host never uses one
 * id twice at once.
 */
#ifndef RTP_STORAGE_H
#define RTP_STORAGE_H

#include <rtp/base.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RTP_STORAGE_V1 "rt.storage/1"
#define RTP_STORAGE_USAGE_V1 "rt.storage.usage/1"

enum {
    /*
     * A layer may be written into a snapshot prepared *without* its parents, in the on-disk form of overlayfs
     * (a whiteout is a character device 0/0, an opaque directory has the extended attribute
     * trusted.overlay.opaque="y"), and used on top of any parents after commit. The host then unpacks the
     * layers of an image in parallel.
     */
    RTP_STORAGE_OVERLAY_LAYERS = 1u << 0,
    /* mounts() knows RTP_MOUNT_UNSYNCED; no other driver is asked for it. */
    RTP_STORAGE_UNSYNCED = 1u << 1
};

enum { RTP_SNAPSHOT_ACTIVE = 1, RTP_SNAPSHOT_COMMITTED = 2 };
/*
 * RTP_MOUNT_UNSYNCED: read-write, of a snapshot that goes with its container. What is written to it need not
 * outlive a crash of the host, so that neither its unmounting nor an fsync in it has to wait for the disk.
 * One snapshot is always asked for in the same of the two read-write modes.
 */
enum { RTP_MOUNT_READ_WRITE = 0, RTP_MOUNT_READ_ONLY = 1, RTP_MOUNT_UNSYNCED = 2 };

typedef struct rtp_mount_sink {
    void* context;
    void (*add)(void* context,
                const rtp_mount* mount) RTP_NOEXCEPT; /* copies; order is the order of mounting */
} rtp_mount_sink;

typedef struct rtp_snapshot_sink {
    void* context;
    void (*add)(void* context, const char* id, int32_t state) RTP_NOEXCEPT; /* state: RTP_SNAPSHOT_* */
} rtp_snapshot_sink;

typedef struct rtp_storage_v1 {
    uint64_t features; /* RTP_STORAGE_* */

    /*
     * Makes an active snapshot whose content is that of its parents. RTP_ALREADY_EXISTS: id exists in any
     * state. RTP_NOT_FOUND: a parent does not exist or is not committed. After a failure nothing of id is
     * left.
     */
    rtp_status (*prepare)(void* self, const rtp_call* call, const char* id, const char* const* parents,
                          size_t parent_count, rtp_error* error) RTP_NOEXCEPT;

    /*
     * The mounts that show a snapshot at an empty directory. They are data: the driver mounts nothing, and
     * the host (or the isolation driver, inside the container's mount namespace) may mount them any number of
     * times, though an active snapshot read-write only once at a time, and after RTP_MOUNT_UNSYNCED only once
     * for each call. mode: RTP_MOUNT_*; a committed snapshot takes only RTP_MOUNT_READ_ONLY. parents: as
     * given to prepare(), or for a layer that was prepared without any, those it is to be used on.
     * RTP_NOT_FOUND: the snapshot or a parent does not exist.
     */
    rtp_status (*mounts)(void* self, const rtp_call* call, const char* id, const char* const* parents,
                         size_t parent_count, int32_t mode, const rtp_mount_sink* out,
                         rtp_error* error) RTP_NOEXCEPT;

    /* Makes an active snapshot immutable, atomically and repeatable: RTP_OK if it is committed already. Not
     * mounted. */
    rtp_status (*commit)(void* self, const rtp_call* call, const char* id, rtp_error* error) RTP_NOEXCEPT;

    /*
     * Removes a snapshot in any state, also a half-made or half-removed one. Repeatable: RTP_OK if there is
     * none. The host has seen to it that it is nobody's parent and not mounted.
     */
    rtp_status (*remove)(void* self, const rtp_call* call, const char* id, rtp_error* error) RTP_NOEXCEPT;

    /* Every snapshot of this instance, in no order; those that a crash left half-made count as active. */
    rtp_status (*list)(void* self, const rtp_call* call, const rtp_snapshot_sink* out,
                       rtp_error* error) RTP_NOEXCEPT;
} rtp_storage_v1;

/* Optional: "rt.storage.usage/1". */
typedef struct rtp_storage_usage_v1 {
    /* Disk space of this snapshot alone, without its parents: allocated bytes and inodes (hard links once).
     */
    rtp_status (*usage)(void* self, const rtp_call* call, const char* id, uint64_t* bytes, uint64_t* inodes,
                        rtp_error* error) RTP_NOEXCEPT;
} rtp_storage_usage_v1;

#ifdef __cplusplus
}
#endif
#endif
