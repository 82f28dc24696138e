// SPDX-License-Identifier: Apache-2.0
#include "core/state/schema.hpp"

#include <array>

namespace rt {
namespace {

constexpr std::string_view kFormat1 = R"sql(
CREATE TABLE images (
    id          TEXT PRIMARY KEY, -- digest of the config: "sha256:..."
    config      TEXT NOT NULL,    -- image config JSON, byte for byte
    manifest    TEXT NOT NULL,    -- digest of the manifest
    size        INTEGER NOT NULL, -- bytes of all layers unpacked
    created_at  INTEGER NOT NULL  -- ns, when it came here
) STRICT, WITHOUT ROWID;

CREATE TABLE image_layers (
    image_id    TEXT NOT NULL REFERENCES images(id) ON DELETE CASCADE,
    position    INTEGER NOT NULL, -- 0: the base
    chain_id    TEXT NOT NULL,    -- of this layer on top of those before it
    diff_id     TEXT NOT NULL,
    blob        TEXT NOT NULL,    -- digest as transferred
    media_type  TEXT NOT NULL,
    PRIMARY KEY (image_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX image_layers_by_chain ON image_layers(chain_id);

CREATE TABLE image_names (
    name        TEXT PRIMARY KEY, -- "docker.io/library/debian:12"
    image_id    TEXT NOT NULL REFERENCES images(id) ON DELETE CASCADE,
    digest      TEXT NOT NULL     -- of what the name stood for at the registry (manifest or index); "" if local
) STRICT, WITHOUT ROWID;
CREATE INDEX image_names_by_image ON image_names(image_id);

CREATE TABLE layers (             -- layers unpacked into a storage driver
    storage     TEXT NOT NULL,    -- driver instance
    chain_id    TEXT NOT NULL,
    snapshot    TEXT NOT NULL,    -- id in the driver
    parent      TEXT,             -- chain id of the layer below
    size        INTEGER NOT NULL, -- bytes
    PRIMARY KEY (storage, chain_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE containers (
    id          TEXT PRIMARY KEY, -- 64 hex digits
    name        TEXT NOT NULL UNIQUE,
    phase       TEXT NOT NULL,    -- creating, created, running, restarting, exited, removing: what was recorded
    image_id    TEXT NOT NULL,    -- "" if none
    image_name  TEXT NOT NULL,    -- as the user gave it
    storage     TEXT NOT NULL,    -- driver instances
    network     TEXT NOT NULL,
    isolation   TEXT NOT NULL,
    spec        TEXT NOT NULL,    -- JSON, what was asked for
    mounts      TEXT NOT NULL DEFAULT '', -- JSON: spec.mounts, those of the image and of others, and who is who among
                                  --   volumes; "" for a container that has no volume: its mounts are those of spec
    start       TEXT NOT NULL,    -- JSON of the latest start: pid, phases, warnings; "{}" before
    created_at  INTEGER NOT NULL, -- ns
    started_at  INTEGER NOT NULL DEFAULT 0,
    finished_at INTEGER NOT NULL DEFAULT 0,
    exit_code   INTEGER NOT NULL DEFAULT 0,
    oom_killed  INTEGER NOT NULL DEFAULT 0,
    problem     TEXT NOT NULL DEFAULT '', -- why it did not start, or why nobody can say how it ended
    stopped_by_user INTEGER NOT NULL DEFAULT 0, -- stop or kill, since a user started it
    restart_count   INTEGER NOT NULL DEFAULT 0, -- by its restart policy, since a user started it
    restart_delay   INTEGER NOT NULL DEFAULT 0, -- ns; the latest that its restart policy took
    log_lines_lost  INTEGER NOT NULL DEFAULT 0  -- of all its runs; could not be written to its log
) STRICT, WITHOUT ROWID;
CREATE INDEX containers_by_image ON containers(image_id);

CREATE TABLE settings (           -- of this state as a whole
    key         TEXT PRIMARY KEY,
    value       TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
    id          INTEGER PRIMARY KEY AUTOINCREMENT, -- never given again: who follows asks for what is above his last
    time        INTEGER NOT NULL, -- ns
    type        TEXT NOT NULL,    -- container, image, network, volume
    action      TEXT NOT NULL,
    actor_id    TEXT NOT NULL,
    attributes  TEXT NOT NULL     -- JSON object
) STRICT;

CREATE TABLE networks (
    id          TEXT PRIMARY KEY, -- 64 hex digits
    name        TEXT NOT NULL UNIQUE,
    driver      TEXT NOT NULL,    -- instance
    host_namespace  INTEGER NOT NULL, -- 0 or 1: what its driver said of itself, so that a start that needs
    publishes_ports INTEGER NOT NULL, --   to know it need not load the driver yet
    options     TEXT NOT NULL,    -- JSON
    result      TEXT NOT NULL,    -- JSON the driver answered; "" before
    created_at  INTEGER NOT NULL,
    config      TEXT NOT NULL DEFAULT '{}' -- JSON, what a user asked for; {}: nobody did
) STRICT, WITHOUT ROWID;

CREATE TABLE endpoints (
    id           TEXT PRIMARY KEY, -- 12 hex digits
    network_id   TEXT NOT NULL REFERENCES networks(id),
    container_id TEXT NOT NULL REFERENCES containers(id) ON DELETE CASCADE,
    request      TEXT NOT NULL,    -- JSON for attach, without the network
    result       TEXT NOT NULL     -- JSON it answered; "" while it has not
) STRICT, WITHOUT ROWID;
CREATE INDEX endpoints_by_container ON endpoints(container_id);

CREATE TABLE leases (              -- addresses in use
    network_id  TEXT NOT NULL REFERENCES networks(id) ON DELETE CASCADE,
    address     INTEGER NOT NULL,  -- IPv4, host byte order
    endpoint_id TEXT NOT NULL REFERENCES endpoints(id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (network_id, address)
) STRICT, WITHOUT ROWID;
CREATE INDEX leases_by_endpoint ON leases(endpoint_id);

CREATE TABLE volumes (
    name        TEXT PRIMARY KEY,
    driver      TEXT NOT NULL,    -- "local"
    options     TEXT NOT NULL,    -- JSON object of strings
    labels      TEXT NOT NULL,    -- JSON object of strings
    removing    INTEGER NOT NULL DEFAULT 0, -- 1: nobody uses it, and its files are on their way out
    created_at  INTEGER NOT NULL  -- ns
) STRICT, WITHOUT ROWID;

-- Who has which volume. Without a foreign key to containers: the removal of one that has none asks nothing here.
CREATE TABLE volume_uses (
    container_id TEXT NOT NULL,
    volume      TEXT NOT NULL REFERENCES volumes(name),
    anonymous   INTEGER NOT NULL, -- 1: it was made for this container and goes with it, unless others have it
    mounted     INTEGER NOT NULL DEFAULT 0, -- 1: it may be mounted on the host for this container
    PRIMARY KEY (container_id, volume)
) STRICT, WITHOUT ROWID;
CREATE INDEX volume_uses_by_volume ON volume_uses(volume);

CREATE TABLE leases6 (             -- IPv6 addresses in use
    network_id  TEXT NOT NULL REFERENCES networks(id) ON DELETE CASCADE,
    address     TEXT NOT NULL,     -- 32 hex digits
    endpoint_id TEXT NOT NULL REFERENCES endpoints(id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (network_id, address)
) STRICT, WITHOUT ROWID;
CREATE INDEX leases6_by_endpoint ON leases6(endpoint_id);

-- Ids of the host that containers with a user namespace have: one range each, never one twice.
CREATE TABLE id_ranges (
    first        INTEGER PRIMARY KEY, -- of 65536
    container_id TEXT NOT NULL UNIQUE REFERENCES containers(id) ON DELETE CASCADE
) STRICT;
)sql";

constexpr std::array kMigrations = {kFormat1};

} // namespace

std::span<const std::string_view> schema_migrations() {
    return kMigrations;
}

} // namespace rt
