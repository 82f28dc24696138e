// SPDX-License-Identifier: Apache-2.0
// Brings images in, unpacks them into storage drivers, and removes them. The front of the image module, which
// is loaded when something has to be fetched or unpacked; a start of an image that is unpacked needs
// ImageStore only. One per thread (it borrows a Database); any number of processes may do the same things at
// once.
#pragma once

#include "core/base/error.hpp"
#include "core/base/file.hpp"
#include "core/image/image_store.hpp"
#include "core/image/registry_credentials.hpp"
#include "core/interfaces/driver.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace rt {

class DriverRegistry;
class IntakeLock;
class StorageDriver;
struct ChangesToArchive;
struct Wiring;

// What happens to one layer (or, with an empty layer, to the image as a whole: text says it).
struct ImageProgress {
    enum class Phase {
        note,
        waiting, // on the way in
        downloading,
        unpacking,
        done,
        exists,
        preparing, // on the way out
        pushing,
        pushed,
        mounted,
        present
    };
    Phase phase = Phase::note;
    std::string layer; // 12 hexadecimal digits
    std::string text;
    std::uint64_t current = 0; // bytes
    std::uint64_t total = 0;   // bytes; 0: not known
};
// Called by several threads, though never by two at once.
using ImageProgressSink = std::function<void(const ImageProgress&)>;

// Tells progress, if there is one, text.
void note(const ImageProgressSink& progress, std::string text);

struct PullOptions {
    std::string platform;           // "linux/arm64/v8"; empty: the host's
    std::string storage;            // driver instance to unpack into; empty: the default
    CredentialSource credentials{}; // of the registry; empty: nobody's
};

struct PushOptions {
    std::string platform; // refused where the image is for another; empty: any
    CredentialSource credentials{};
};

// What a registry has now under a name.
struct PushedImage {
    std::string name;   // "docker.io/library/debian:12"
    std::string digest; // of the manifest
    std::uint64_t size; // of the manifest, bytes
};

// What is read: a file, "-" for standard input, or a descriptor of the caller's.
struct ArchiveSource {
    ArchiveSource(Path file) : path(std::move(file)) {} // NOLINT(google-explicit-constructor): most are files
    explicit ArchiveSource(int descriptor) : path("-"), fd(descriptor) {}

    Path path;
    int fd = 0; // where path is "-"; read from where it is
    [[nodiscard]] bool is_file() const { return path != "-"; }
    [[nodiscard]] std::string text() const; // for messages
};

struct ImportOptions {
    std::string name;                 // "a/b:c"; empty: the image gets no name
    std::vector<std::string> changes; // "CMD [\"/bin/sh\"]", "ENV a=b", ...
    std::string message;              // for the image's history
    std::string platform;             // empty: the host's
    std::string storage;
};

// What becomes of a container's changes.
struct CommitOptions {
    std::string base;                                    // id of the image below; empty: nothing is
    std::string config;                                  // docker's Config of the new image (JSON object)
    std::string name;                                    // "a/b:c"; empty: the image gets no name
    std::string author;                                  // of the image
    std::string message;                                 // for the image's history
    std::string storage;                                 // driver instance to unpack into
    std::vector<std::string> changes;                    // "CMD [\"/bin/sh\"]", "ENV a=b", ...
    std::function<Result<void>(const Image&)> on_record; // in the transaction that makes the image known
};

struct RemovedImage {
    std::vector<std::string> untagged; // names, as people write them
    std::vector<std::string> deleted;  // ids
    std::string warning;               // why files of them may still be here; empty: they are not
};

class ImageService {
public:
    // All three are borrowed.
    ImageService(const Wiring& wiring, Database& database, DriverRegistry& drivers)
        : wiring_(wiring), database_(database), drivers_(drivers) {}

    // Fetches what is not here yet, from the registry that the reference names, and unpacks it. On success
    // the name stands for what the registry has now. An interrupted pull goes on where it was.
    Result<Image> pull(const std::string& reference, const PullOptions& options,
                       const ImageProgressSink& progress, const Operation& operation);

    // The tags that the registry has of the repository that the reference names.
    Result<std::vector<std::string>> remote_tags(const std::string& reference,
                                                 const CredentialSource& credentials,
                                                 const Operation& operation);

    // Every image of a docker-archive or an OCI layout: a tar file or a directory.
    // platform: only those for this one; not_found: there are none.
    Result<std::vector<Image>> load(const ArchiveSource& source, const std::string& storage,
                                    const ImageProgressSink& progress, const Operation& operation,
                                    const std::string& platform = {});

    // An image of one layer out of the tar of a root file system (plain, gzip, zstd or xz).
    Result<Image> import(const ArchiveSource& source, const ImportOptions& options,
                         const ImageProgressSink& progress, const Operation& operation);

    // Writes images to a descriptor as one tar that docker loads and that is an OCI layout. A reference
    // without a tag stands for all tags of it. The same images give the same bytes. platform: refused where
    // an image is for another; empty: any. corrupt: a stored blob has been damaged.
    Result<void> save(const std::vector<std::string>& references, const std::string& platform, int out,
                      const Operation& operation);

    // Sends an image to the registry that the reference names: only what is not there yet. all_tags: every
    // tag of the reference's repository. What came from a registry keeps its digest. A push that fails or is
    // cancelled leaves nothing half sent where the registry lets it clean up.
    enum class Tags { one, all };
    Result<std::vector<PushedImage>> push(const std::string& reference, Tags tags, const PushOptions& options,
                                          const ImageProgressSink& progress, const Operation& operation);

    // An image of another one's layers and one more, which holds the changes. Without changes it has the same
    // layers.
    Result<Image> commit(const ChangesToArchive& changes, const CommitOptions& options,
                         const Operation& operation);

    // The snapshots of the image's layers, the base first; unpacked (again) where they are not all there.
    Result<std::vector<std::string>> unpacked(const std::string& image_id, const std::string& storage,
                                              const Operation& operation,
                                              const ImageProgressSink& notes = {});

    // Unpacks the image's layers into a driver that has them not all yet, out of the stored blobs. notes gets
    // only what a person waits for or is warned of.
    Result<void> ensure_unpacked(const std::string& image_id, StorageDriver& storage,
                                 const Operation& operation, const ImageProgressSink& notes = {});

    // Gives the image one more name ("a/b:c"); an image that had it has it no more. invalid_argument: it is
    // no name, or has a digest.
    Result<void> tag(const std::string& reference, const std::string& new_name);

    // Takes the name away, and with its last name the image and all that only it needed. By id: all names;
    // with more than one of them only when forced. failed_precondition names the container that uses it;
    // forced, an image that only stopped containers use loses its names and is removed after them.
    enum class Force { no, yes };
    Result<RemovedImage> remove(const std::string& reference, Force force, const Operation& operation);

    // Removes blobs and snapshots that no image needs, also what a killed pull left. Does nothing while
    // another process brings an image in (that one does it afterwards).
    Result<void> collect_garbage(const Operation& operation);

private:
    friend class ImageIntake;

    // collect_garbage() after a success: its failure is a note.
    void tidy(const ImageProgressSink& progress, const Operation& operation);
    // Until nobody removes what no image needs.
    Result<IntakeLock> intake_lock(const ImageProgressSink& progress, const Operation& operation);

    const Wiring& wiring_;
    Database& database_;
    DriverRegistry& drivers_;
};

} // namespace rt
