// SPDX-License-Identifier: Apache-2.0
#include "core/image/module/layer_stream.hpp"

#include "core/image/module/blob_intake.hpp"
#include "core/image/module/inflater.hpp"
#include "core/image/module/layer_applier.hpp"
#include "core/image/module/repository.hpp"

#include <fcntl.h>

#include <exception>
#include <thread>

namespace rt::image {
namespace {

constexpr std::uint64_t kProgressEvery = 512U << 10U;

// Counts what passes, for the progress line.
class Meter final : public ByteSink {
public:
    Meter(const LayerRequest& request, ByteSink* behind) : request_(request), behind_(behind) {}
    Result<void> write(std::string_view data) override {
        size_ += data.size();
        if (request_.progress && size_ - told_ >= kProgressEvery) {
            told_ = size_;
            request_.progress(size_, request_.blob.size);
        }
        return behind_ == nullptr ? Result<void>() : behind_->write(data);
    }

private:
    const LayerRequest& request_;
    ByteSink* behind_;
    std::uint64_t size_ = 0;
    std::uint64_t told_ = 0;
};

class CancellableSource final : public ByteSource {
public:
    CancellableSource(ByteSource& source, const Cancellation& cancellation)
        : source_(source), cancellation_(cancellation) {}
    Result<std::string_view> next() override {
        RT_TRY(cancellation_.check());
        return source_.next();
    }

private:
    ByteSource& source_;
    const Cancellation& cancellation_;
};

// A stage of the pipeline in a thread of its own; joined by the destructor. Exceptions become errors.
template <class Body>
class Stage {
public:
    Stage(ByteQueue& output, Body body)
        : thread_([&output, work = std::move(body)]() mutable {
              Result<void> outcome;
              try {
                  outcome = work();
              } catch (const std::exception& problem) {
                  outcome = fail(Code::internal, "unpack a layer: ", problem.what());
              }
              output.close(std::move(outcome));
          }) {}
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;
    ~Stage() {
        if (thread_.joinable()) thread_.join();
    }

private:
    std::thread thread_;
};

// Wakes a stage that waits for room when nobody will read on.
class AbandonAtEnd {
public:
    explicit AbandonAtEnd(ByteQueue& queue) : queue_(queue) {}
    AbandonAtEnd(const AbandonAtEnd&) = delete;
    AbandonAtEnd& operator=(const AbandonAtEnd&) = delete;
    ~AbandonAtEnd() { queue_.abandon(); }

private:
    ByteQueue& queue_;
};

std::string media_type_of(Compression compression) {
    constexpr std::string_view kTar = "application/vnd.oci.image.layer.v1.tar";
    switch (compression) {
    case Compression::none: return std::string(kTar);
    case Compression::gzip: return cat(kTar, "+gzip");
    case Compression::zstd: return cat(kTar, "+zstd");
    case Compression::xz: return cat(kTar, "+xz"); // not in the specification; only import makes it
    case Compression::bzip2: return cat(kTar, "+bzip2");
    }
    return std::string(kTar);
}

// From the registry or the stream into the content store, and to the sink.
Result<BlobDescriptor> fetch(const ContentStore& store, const LayerRequest& request, ByteSink* sink,
                             const Cancellation& cancellation) {
    Meter meter(request, sink);
    if (request.repository != nullptr) {
        RT_TRY_ASSIGN(BlobIntake intake, BlobIntake::resume(store, request.blob.digest, &meter));
        RT_TRY(static_cast<Repository*>(request.repository)
                   ->blob(request.blob, intake.size(), intake, cancellation));
        RT_TRY(intake.finish(request.blob.digest));
        return request.blob;
    }
    RT_TRY_ASSIGN(BlobIntake intake, BlobIntake::begin(store, &meter));
    FdSource plain(request.stream);
    CancellableSource source(plain, cancellation);
    for (;;) {
        RT_TRY_ASSIGN(const std::string_view block, source.next());
        if (block.empty()) break;
        RT_TRY(intake.write(block));
    }
    BlobDescriptor blob{{}, {}, intake.size()};
    RT_TRY_ASSIGN(blob.digest, intake.finish(request.blob.digest));
    return blob;
}

// Inflates and hashes source into the queue.
struct Unpacked {
    Compression compression = Compression::none;
    std::string diff_id;
};
Result<void> inflate(ByteSource& source, ByteQueue& output, Unpacked& unpacked) {
    RT_TRY_ASSIGN(const auto inflater, Inflater::open(source));
    unpacked.compression = inflater->compression();
    Sha256 hash;
    for (;;) {
        RT_TRY_ASSIGN(const std::string_view block, inflater->next());
        if (block.empty()) break;
        hash.add(block);
        RT_TRY(output.write(block));
    }
    unpacked.diff_id = hash.digest();
    return {};
}

Result<void> drain(ByteSource& source) {
    for (;;) {
        RT_TRY_ASSIGN(const std::string_view block, source.next());
        if (block.empty()) return {};
    }
}

// The end of the pipeline: packed is read to its end, the files are written.
Result<LayerOutcome> unpack(ByteSource& packed, const LayerRequest& request,
                            const Cancellation& cancellation) {
    LayerOutcome outcome;
    Unpacked unpacked;
    {
        ByteQueue tar_bytes;
        Stage stage(tar_bytes, [&] { return inflate(packed, tar_bytes, unpacked); });
        const AbandonAtEnd abandon(tar_bytes);
        TarReader tar(tar_bytes);
        LayerApplier applier(*request.target);
        RT_TRY_ASSIGN(outcome.unpacked, applier.apply(tar, cancellation));
        RT_TRY(drain(tar_bytes)); // what follows the end mark counts for the digest
        outcome.unpacked_size = applier.size();
        outcome.has_root_entry = applier.has_root_entry();
        outcome.warnings = applier.warnings();
    }
    if (!request.diff_id.empty() && unpacked.diff_id != request.diff_id)
        return fail(Code::corrupt, "the layer unpacks to '", unpacked.diff_id, "', the image's config says '",
                    request.diff_id, "': the image is damaged, or was put together wrongly");
    outcome.diff_id = unpacked.diff_id;
    outcome.blob = request.blob;
    outcome.blob.media_type = media_type_of(unpacked.compression);
    return outcome;
}

Result<void> apply_whiteouts(const ContentStore& store, const LayerRequest& request,
                             const Cancellation& cancellation) {
    RT_TRY_ASSIGN(const UniqueFd file, open_file(store.blob_path(request.blob.digest), O_RDONLY));
    FdSource packed(file.get());
    Unpacked unpacked;
    ByteQueue tar_bytes;
    Stage stage(tar_bytes, [&] { return inflate(packed, tar_bytes, unpacked); });
    const AbandonAtEnd abandon(tar_bytes);
    TarReader tar(tar_bytes);
    return LayerApplier(*request.target).apply_whiteouts(tar, cancellation);
}

// What is below shows in the target.
bool hides_lower(const LayerRequest& request) {
    return request.target && request.target->form == LayerTarget::Form::plain && !request.target->is_base;
}

Result<LockFile> lock_blob(const ContentStore& store, const LayerRequest& request,
                           const Cancellation& cancellation) {
    return store.lock(request.blob.digest, {[&] { return cancellation.check(); }, request.waiting});
}

Result<LayerOutcome> unpack_stored(const ContentStore& store, const LayerRequest& request,
                                   const Cancellation& cancellation) {
    RT_TRY_ASSIGN(const UniqueFd file, open_file(store.blob_path(request.blob.digest), O_RDONLY));
    FdSource packed(file.get());
    return unpack(packed, request, cancellation);
}

Result<bool> is_what_its_name_says(const ContentStore& store, const std::string& digest,
                                   const Cancellation& cancellation) {
    RT_TRY_ASSIGN(const UniqueFd file, open_file(store.blob_path(digest), O_RDONLY));
    FdSource plain(file.get());
    CancellableSource source(plain, cancellation);
    Sha256 hash;
    for (;;) {
        RT_TRY_ASSIGN(const std::string_view block, source.next());
        if (block.empty()) return hash.digest() == digest;
        hash.add(block);
    }
}

// A blob that is not what its name says is of no use to anybody: without it the next one who needs it fetches
// it. Tells whether it was one.
Result<bool> discard_if_damaged(const ContentStore& store, const LayerRequest& request,
                                const Cancellation& cancellation) {
    std::optional<LockFile> lock; // else what is removed may be what another has just brought
    if (request.repository == nullptr) {
        RT_TRY_ASSIGN(lock, lock_blob(store, request, cancellation));
    }
    if (!store.has(request.blob.digest)) return true; // another has seen it, too
    RT_TRY_ASSIGN(const bool good, is_what_its_name_says(store, request.blob.digest, cancellation));
    if (!good) RT_TRY(store.remove(request.blob.digest));
    return !good;
}

Result<LayerOutcome> use_stored(const ContentStore& store, const LayerRequest& request,
                                const Cancellation& cancellation) {
    const auto work = [&]() -> Result<LayerOutcome> {
        if (hides_lower(request)) RT_TRY(apply_whiteouts(store, request, cancellation));
        return unpack_stored(store, request, cancellation);
    };
    auto outcome = work();
    if (outcome || outcome.error().code != Code::corrupt) return outcome;
    RT_TRY_ASSIGN(const bool damaged, discard_if_damaged(store, request, cancellation));
    Error error = std::move(outcome).error();
    if (damaged) error.message += " (it was damaged and is removed now: pull or load the image again)";
    return in_context(std::move(error), "stored blob '", request.blob.digest, "'");
}

Result<LayerOutcome> fetch_and_unpack(const ContentStore& store, const LayerRequest& request,
                                      const Cancellation& cancellation) {
    ByteQueue packed;
    Result<BlobDescriptor> blob;
    Result<LayerOutcome> outcome;
    {
        Stage stage(packed, [&]() -> Result<void> {
            blob = fetch(store, request, &packed, cancellation);
            if (!blob) return std::unexpected(blob.error());
            return {};
        });
        const AbandonAtEnd abandon(packed);
        outcome = unpack(packed, request, cancellation);
        // What follows the compressed data belongs to the blob, too.
        if (outcome)
            if (auto drained = drain(packed); !drained) outcome = std::unexpected(std::move(drained).error());
    }
    if (!outcome) return outcome;
    const std::string media_type = std::move(outcome->blob.media_type);
    outcome->blob = *blob;
    outcome->blob.media_type = media_type;
    return outcome;
}

} // namespace

Result<LayerOutcome> stream_layer(const ContentStore& store, const LayerRequest& request,
                                  const Cancellation& cancellation) {
    std::optional<LockFile> lock;
    if (request.repository != nullptr) {
        RT_TRY_ASSIGN(lock, lock_blob(store, request, cancellation));
    }
    bool stored = !request.blob.digest.empty() && store.has(request.blob.digest);
    if (!stored && request.repository == nullptr && request.stream < 0)
        return fail(Code::not_found, "the blob '", request.blob.digest,
                    "' is not here any more: pull or load the image again");
    if (!stored && (!request.target || hides_lower(request))) { // it has to be read twice
        LayerOutcome outcome;
        RT_TRY_ASSIGN(outcome.blob, fetch(store, request, nullptr, cancellation));
        if (!request.target) return outcome;
        stored = true;
    }
    if (!request.target) return LayerOutcome{request.blob, {}, 0, false, false, {}};
    return stored ? use_stored(store, request, cancellation) : fetch_and_unpack(store, request, cancellation);
}

} // namespace rt::image
