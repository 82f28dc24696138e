// SPDX-License-Identifier: Apache-2.0
#include "core/image/module/changes_intake.hpp"

#include "core/image/module/blob_intake.hpp"
#include "core/image/module/deflater.hpp"
#include "core/image/module/inflater.hpp"
#include "core/image/module/tree_writer.hpp"

#include <fcntl.h>

namespace rt::image {
namespace {

constexpr const char* kLayerType = "application/vnd.oci.image.layer.v1.tar+gzip";

// The bytes of a tar on their way to be a layer: hashed, compressed, stored.
class NewLayer final : public ByteSink {
public:
    static Result<std::unique_ptr<NewLayer>> begin(const ContentStore& store) {
        RT_TRY_ASSIGN(BlobIntake blob, BlobIntake::begin(store, nullptr));
        return std::make_unique<NewLayer>(std::move(blob));
    }
    explicit NewLayer(BlobIntake blob) : blob_(std::move(blob)), gzip_(blob_) {}

    Result<void> write(std::string_view data) override {
        hash_.add(data);
        return gzip_.write(data);
    }
    // diff_id: what it has to be; empty: anything.
    Result<LayerBlob> finish(const std::string& diff_id) {
        RT_TRY(gzip_.finish());
        LayerBlob layer;
        layer.diff_id = hash_.digest();
        if (!diff_id.empty() && layer.diff_id != diff_id)
            return fail(Code::corrupt, "the stored layer unpacks to '", layer.diff_id, "' and not to '",
                        diff_id, "': remove the image and pull or load it again");
        layer.blob.media_type = kLayerType;
        layer.blob.size = blob_.size();
        RT_TRY_ASSIGN(layer.blob.digest, blob_.finish({}));
        return layer;
    }

private:
    BlobIntake blob_;
    Deflater gzip_;
    Sha256 hash_;
};

} // namespace

Result<LayerBlob> take_changes(const ContentStore& store, const ChangesToArchive& changes,
                               const Cancellation& cancellation) {
    RT_TRY_ASSIGN(const auto layer, NewLayer::begin(store));
    RT_TRY(write_changes(changes, *layer, cancellation));
    return layer->finish({});
}

Result<BlobDescriptor> repack(const ContentStore& store, const std::string& digest,
                              const std::string& diff_id, const Cancellation& cancellation) {
    RT_TRY_ASSIGN(const UniqueFd file, open_file(store.blob_path(digest), O_RDONLY | O_NOFOLLOW));
    FdSource packed(file.get());
    RT_TRY_ASSIGN(const auto inflater, Inflater::open(packed));
    RT_TRY_ASSIGN(const auto layer, NewLayer::begin(store));
    for (;;) {
        RT_TRY(cancellation.check());
        RT_TRY_ASSIGN(const std::string_view block, inflater->next());
        if (block.empty()) break;
        RT_TRY(layer->write(block));
    }
    RT_TRY_ASSIGN(LayerBlob made, layer->finish(diff_id));
    return std::move(made.blob);
}

} // namespace rt::image
