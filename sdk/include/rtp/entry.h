/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one symbol of a plugin. A shared object holds one driver and exports `rtp_entry_v1`, plain data that
 * can be read without running any code of the plugin. The version of the ABI is the symbol's name.
 *
 * Growth: published structs are frozen. Functions grow by new interface ids, data grows by new JSON keys. An
 * interface id that ends in "-draft/N" may change without notice; the host refuses it unless the wiring file
 * allows it.
 */
#ifndef RTP_ENTRY_H
#define RTP_ENTRY_H

#include <rtp/base.h>
#include <rtp/host.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RTP_ENTRY_SYMBOL "rtp_entry_v1"
#define RTP_SDK_VERSION "0.1.0"

#define RTP_KIND_STORAGE "storage"
#define RTP_KIND_NETWORK "network"
#define RTP_KIND_ISOLATION "isolation"

/* What every instance of a driver can do, whatever its kind. */
typedef struct rtp_plugin_api {
    /*
     * Can this driver work on this host? Looks, changes nothing that stays, leaves nothing behind.
     * RTP_OK: yes; facts receives one JSON object of what was found (may be "{}").
     * RTP_UNSUPPORTED or RTP_PERMISSION_DENIED: it cannot work here; the message says why and names an
     * alternative. Any other status: the driver is broken. [thread-safe]
     */
    rtp_status (*probe)(void* self, const rtp_call* call, const rtp_sink* facts,
                        rtp_error* error) RTP_NOEXCEPT;

    /*
     * The function table for interface_id ("rt.storage/1", "rt.storage.usage/1", ...), valid until destroy();
     * NULL where the driver does not have it. The first id of its kind is never NULL. The answer does not
     * change. [thread-safe]
     */
    const void* (*get_interface)(void* self, const char* interface_id)RTP_NOEXCEPT;

    /* Ends the instance; frees memory only, what runs or is stored stays as it is. No call may be under way.
     * [owner] */
    void (*destroy)(void* self) RTP_NOEXCEPT;
} rtp_plugin_api;

typedef struct rtp_plugin {
    void* self;
    const rtp_plugin_api* api;
} rtp_plugin;

typedef struct rtp_entry {
    const char* id;            /* [a-z][a-z0-9-]{0,31}; equal to the file's name without .so */
    const char* version;       /* the driver's own, semantic versioning */
    const char* kind;          /* RTP_KIND_* */
    const char* sdk_version;   /* RTP_SDK_VERSION at build time; information only */
    const char* description;   /* one line */
    const char* license;       /* SPDX expression of the shared object as a whole */
    const char* config_schema; /* JSON Schema subset (docs/plugins.md), the root a closed object */

    /*
     * Makes an instance. config_json has been checked against config_schema and holds every default given
     * there. Cheap: it opens and allocates what it needs, but leaves the host as it is (that is for the first
     * real call). RTP_INVALID_ARGUMENT: the config is wrong in a way the schema cannot say. The calling
     * thread is the [owner].
     */
    rtp_status (*create)(const rtp_host* host, const char* config_json, rtp_plugin* out,
                         rtp_error* error) RTP_NOEXCEPT;
} rtp_entry;

/* Defined by the plugin; see network.hpp, storage.hpp and isolation.hpp in sdk/cpp/rt/sdk for the
   macros that do so for C++ authors. */
#if defined(__GNUC__)
__attribute__((visibility("default")))
#endif
extern const rtp_entry rtp_entry_v1;

#ifdef __cplusplus
}
#endif
#endif
