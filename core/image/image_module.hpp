// SPDX-License-Identifier: Apache-2.0
// What the image module does for the core: registries, archives, digests, unpacking. It is a shared object of
// its own because the libraries behind it (libcurl, libcrypto, libarchive, ISA-L) would cost every start of a
// program milliseconds. Built with the core by one compiler, so C++ crosses; it never touches rt.db (a second
// copy of SQLite in a process breaks the locks of the first). Every method: any thread, several at once.
#pragma once

#include "core/base/error.hpp"
#include "core/base/file.hpp"
#include "core/image/content_store.hpp"
#include "core/image/registry_credentials.hpp"
#include "core/image/tree_archive.hpp"
#include "core/interfaces/driver.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rt {

// When to give up: the caller's operation, or because work beside this one has failed. Borrowed.
struct Cancellation {
    const Operation* operation = nullptr;
    std::atomic<bool> stop = false;

    [[nodiscard]] Result<void> check() const;
};

struct BlobDescriptor {
    std::string media_type;
    std::string digest;
    std::uint64_t size = 0;
};

struct Manifest {
    std::string content; // byte for byte
    std::string media_type;
    std::string digest; // verified where it was asked for by digest
};

// A stored blob on its way to a repository.
struct BlobToPush {
    BlobDescriptor blob;
    std::vector<std::string> mount_from; // repositories at the same registry that may have it
    std::function<void(std::uint64_t bytes)> progress;
};
struct PushOutcome {
    enum class How { present, mounted, pushed } how = How::present;
    std::string from; // the repository it was mounted from
};

// One repository at one registry, with the tokens it gave us.
class RemoteRepository {
public:
    virtual ~RemoteRepository() = default;
    // reference: a tag or a digest. At most 4 MiB.
    virtual Result<Manifest> manifest(const std::string& reference, const Cancellation&) = 0;
    // All its tags, as the registry orders them. resource_exhausted: they are too many.
    virtual Result<std::vector<std::string>> tags(const Cancellation&) = 0;
    // A small blob (an image config), verified.
    virtual Result<std::string> small_blob(const BlobDescriptor&, const Cancellation&) = 0;

    // Sends a blob unless it is there. What the registry has of it after a failure is taken back.
    virtual Result<PushOutcome> push_blob(const ContentStore&, const BlobToPush&, const Cancellation&) = 0;
    // Its blobs are there. reference: a tag or a digest. corrupt: the registry made something else of it.
    virtual Result<void> push_manifest(const std::string& reference, const Manifest&,
                                       const Cancellation&) = 0;
};

struct LayerTarget {
    int root = -1; // directory, borrowed
    enum class Form {
        plain,  // nothing below, or what is below shows in root: whiteouts remove it
        overlay // what is below does not show: whiteouts are written down as overlayfs has them
    } form = Form::plain;
    bool is_base = false; // nothing is below
};

struct LayerRequest {
    // Where it comes from: a registry (unless the blob is here already), or a descriptor to read to its end.
    RemoteRepository* repository = nullptr;
    int stream = -1;
    BlobDescriptor blob;               // of a stream: digest and size may be empty
    std::string diff_id;               // empty: not known before
    std::optional<LayerTarget> target; // empty: only fetch it into the content store
    std::function<void(std::uint64_t bytes, std::uint64_t total)> progress;
    std::function<void()> waiting; // another process has been at this blob for a second; may be empty
};

struct LayerOutcome {
    BlobDescriptor blob; // what stands in the content store; its media type says how it is compressed
    std::string diff_id;
    std::uint64_t unpacked_size = 0; // bytes of the files
    bool unpacked = false;           // false: depends on what is below; to be done again on top of that
    bool has_root_entry = false;     // the attributes of the root directory are the layer's own
    std::vector<std::string> warnings;
};

// What an image archive is made of.
struct ArchivePart {
    std::string name;                   // "blobs/sha256/..."; with "/" at its end: a directory
    std::string content;                // where there is no blob
    std::optional<BlobDescriptor> blob; // stored; checked on the way
};

struct LayerBlob {
    BlobDescriptor blob;
    std::string diff_id;
};

struct SearchResult {
    std::string name, description;
    std::int64_t stars = 0;
    bool official = false, automated = false;
};

// What the tar of an image archive holds: name of each file -> its digest in the content store.
struct ArchiveContent {
    std::map<std::string, BlobDescriptor> files;
};

class ImageModule {
public:
    virtual ~ImageModule() = default;

    [[nodiscard]] virtual std::string sha256(std::string_view data) const = 0; // "sha256:..."

    // host "docker.io" or "localhost:5000"; plain http only where that is this machine.
    virtual Result<std::unique_ptr<RemoteRepository>>
    open_repository(const std::string& host, const std::string& path, const RegistryCredentials& = {}) = 0;

    // Whether the registry takes the credentials; what to keep in the password's place where it gave a token
    // for that, else "". permission_denied: it does not.
    virtual Result<std::string> log_in(const std::string& host, const RegistryCredentials&,
                                       const Cancellation&) = 0;
    // docker's search interface of version 1. limit: 1 to 100.
    virtual Result<std::vector<SearchResult>> search(const std::string& host, const std::string& term,
                                                     int limit, const RegistryCredentials&,
                                                     const Cancellation&) = 0;

    // Fetches, verifies, stores and unpacks one layer, all at once. On failure the target is half written.
    virtual Result<LayerOutcome> take_layer(const ContentStore& store, const LayerRequest& request,
                                            const Cancellation&) = 0;

    // Stores every file of a tar (a descriptor, read to its end; it may be compressed) as a blob.
    virtual Result<ArchiveContent> take_archive(const ContentStore& store, int stream,
                                                const Cancellation&) = 0;
    // Stores one file, read to its end, as a blob.
    virtual Result<BlobDescriptor> take_file(const ContentStore& store, int stream, const Cancellation&) = 0;

    // Writes a tree as a tar (pax where ustar is not enough) to a descriptor. Sockets are left out.
    virtual Result<void> write_tree(const TreeToArchive& tree, int out, const Cancellation&) = 0;
    // Stores the changes of a tree as a layer (tar, gzip).
    virtual Result<LayerBlob> take_changes(const ContentStore& store, const ChangesToArchive& changes,
                                           const Cancellation&) = 0;
    // Stores a blob once more, compressed with gzip instead of what it has. corrupt: it does not unpack to
    // diff_id.
    virtual Result<BlobDescriptor> repack(const ContentStore& store, const std::string& digest,
                                          const std::string& diff_id, const Cancellation&) = 0;
    // Writes an archive to a descriptor: its parts in their order, every one of the same date.
    virtual Result<void> write_archive(const ContentStore& store, const std::vector<ArchivePart>& parts,
                                       int out, const Cancellation&) = 0;
    // Writes the entries of a tar (it may be compressed), read from a descriptor to its end, into a tree. A
    // file stands there whole or not at all. corrupt: no tar, or one with '..' in its paths;
    // failed_precondition: a directory would become something else, or the other way round.
    virtual Result<void> extract_tree(const ArchiveToTree& tree, int in, const Cancellation&) = 0;

    // Stores data as a blob; its digest.
    virtual Result<std::string> store_blob(const ContentStore& store, std::string_view data) = 0;

    // Of what a descriptor has to read, to its end. progress: bytes so far; may be empty.
    virtual Result<std::string> sha256_of(int in, const std::function<void(std::uint64_t bytes)>& progress,
                                          const Cancellation&) = 0;
};

// The module, loaded on first use from lib/rt/modules below the install prefix; lives as long as the process.
Result<ImageModule*> load_image_module();

} // namespace rt

// The one symbol of the shared object.
extern "C" rt::ImageModule* rt_image_module_v1() noexcept;
