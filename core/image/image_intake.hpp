// SPDX-License-Identifier: Apache-2.0
// Brings the layers of one image to where they are needed: blobs into the content store, snapshots into a
// storage driver. Layers that are there already are left alone; those that another process is busy with are
// waited for. Layers are worked on side by side, and committed and recorded from the base upwards. One
// thread, which borrows the Database; it has helpers that do not touch it.
#pragma once

#include "core/base/lock_file.hpp"
#include "core/image/content_store.hpp"
#include "core/image/image_module.hpp"
#include "core/image/image_service.hpp"
#include "core/interfaces/storage_driver.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace rt {

struct IntakeLayer {
    BlobDescriptor blob;
    std::string diff_id;
    std::string chain_id; // filled in by take()
};

class ImageIntake {
public:
    // All borrowed.
    ImageIntake(Database& database, ImageModule& module, const ContentStore& store, StorageDriver& storage,
                const ImageProgressSink& progress, const Operation& operation);

    // repository: where blobs come from that are not in the content store yet; may be null. The media types
    // of the blobs are what they really are afterwards.
    Result<void> take(std::vector<IntakeLayer>& layers, RemoteRepository* repository);

    // The only layer of an image, whose digests are not known before.
    Result<IntakeLayer> take_stream(int stream);

    // Makes the image known. digest: of what the name stood for at the registry. All blobs are stored and all
    // layers unpacked.
    Result<Image> record(const std::string& config_json, const std::string& manifest,
                         const std::vector<IntakeLayer>& layers, const std::vector<std::string>& names,
                         const std::string& digest);

    // Called by record() in its transaction, when all but the names is there.
    using OnRecord = std::function<Result<void>(const Image&)>;
    void on_record(OnRecord call) { on_record_ = std::move(call); }

    // "sha256:..." of each layer on top of those below.
    static std::vector<std::string> chain_ids(const ImageModule& module,
                                              const std::vector<IntakeLayer>& layers);

private:
    struct Job;
    class Workers;

    Result<void> lock_layers(std::vector<Job>& jobs);
    Result<bool> is_unpacked(Job& job);
    Result<void> prepare(Job& job, const StorageDriver::Parents& parents);
    Result<void> work(Job& job);
    Result<LayerOutcome> take_layer(Job& job, LayerRequest& request, const StorageDriver::Parents& parents);
    Result<LayerOutcome> run(Job& job);
    Result<void> settle(std::vector<Job>& jobs, std::size_t index);
    Result<void> unpack_on_top(std::vector<Job>& jobs, std::size_t index);
    Result<void> inherit_root(const Job& below, const Job& job);
    Result<void> commit(Job& job, const std::string& parent_chain);
    void discard(Job& job);
    void note(std::string text);
    // Of a layer, for a lock that another process may hold.
    Patience patience_for(const Job& job);
    void tell(const Job& job, ImageProgress::Phase phase, std::uint64_t current = 0);

    Database& database_;
    ImageModule& module_;
    const ContentStore& store_;
    StorageDriver& storage_;
    const ImageProgressSink& progress_;
    const Operation& operation_;
    RemoteRepository* repository_ = nullptr;
    OnRecord on_record_;
    Cancellation cancellation_;
    std::mutex progress_mutex_;
};

} // namespace rt
