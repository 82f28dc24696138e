// SPDX-License-Identifier: Apache-2.0
#include "core/image/image_intake.hpp"

#include "core/base/id.hpp"
#include "core/image/snapshot_view.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <thread>

namespace rt {

using Phase = ImageProgress::Phase;

namespace {

constexpr std::size_t kWorkers = 3; // layers at once, as docker fetches them

// One out of a file that is imported has no digest yet.
std::unexpected<Error> in_layer(Error error, const LayerRequest& request) {
    if (request.blob.digest.empty()) return in_context(std::move(error), "the archive of a root file system");
    return in_context(std::move(error), "layer '", request.blob.digest, "'");
}

} // namespace

// One layer on its way.
struct ImageIntake::Job {
    IntakeLayer* layer = nullptr;
    bool is_base = false;
    bool unpacked = false; // before we came, or by now
    bool stored = false;
    std::optional<LockFile> lock;
    std::string snapshot;
    UniqueFd root; // of the snapshot while it is written
    int stream = -1;
    std::optional<Result<LayerOutcome>> outcome; // of the helper
};

// Helpers that run jobs in their order; destroyed, they are told to stop, and joined.
class ImageIntake::Workers {
public:
    Workers(ImageIntake& intake, std::vector<Job>& jobs) : intake_(intake), jobs_(jobs) {
        const auto open =
            std::ranges::count_if(jobs, [](const Job& job) { return !job.unpacked || !job.stored; });
        const auto count = std::min(kWorkers, static_cast<std::size_t>(open));
        for (std::size_t i = 0; i < count; ++i) threads_.emplace_back([this] { work(); });
    }
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;
    ~Workers() {
        intake_.cancellation_.stop = true;
        for (std::thread& thread : threads_) thread.join();
    }

    // Waits for one. Of several failures the first one that happened is the cause.
    Result<void> wait(const Job& job) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return job.outcome || failure_; });
        if (failure_) return std::unexpected(*failure_);
        return {};
    }

private:
    static Result<LayerOutcome> already_there(const Job& job) {
        LayerOutcome outcome;
        outcome.blob = job.layer->blob;
        return outcome;
    }

    void work() {
        for (std::size_t index = next_++; index < jobs_.size(); index = next_++) {
            Job& job = jobs_[index];
            auto outcome = job.unpacked && job.stored ? already_there(job) : intake_.run(job);
            const std::lock_guard lock(mutex_);
            if (!outcome && !failure_) {
                failure_ = outcome.error();
                intake_.cancellation_.stop = true;
            }
            job.outcome = std::move(outcome);
            changed_.notify_all();
        }
    }

    ImageIntake& intake_;
    std::vector<Job>& jobs_;
    std::atomic<std::size_t> next_ = 0;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<Error> failure_;
    std::vector<std::thread> threads_; // last: they use the rest
};

ImageIntake::ImageIntake(Database& database, ImageModule& module, const ContentStore& store,
                         StorageDriver& storage, const ImageProgressSink& progress,
                         const Operation& operation)
    : database_(database), module_(module), store_(store), storage_(storage), progress_(progress),
      operation_(operation) {
    cancellation_.operation = &operation;
}

std::vector<std::string> ImageIntake::chain_ids(const ImageModule& module,
                                                const std::vector<IntakeLayer>& layers) {
    std::vector<std::string> chain;
    for (const IntakeLayer& layer : layers)
        chain.push_back(chain.empty() ? layer.diff_id : module.sha256(cat(chain.back(), " ", layer.diff_id)));
    return chain;
}

void ImageIntake::tell(const Job& job, Phase phase, std::uint64_t current) {
    if (!progress_) return;
    const std::lock_guard lock(progress_mutex_);
    const std::string& digest = job.layer->blob.digest;
    progress_({phase, digest.empty() ? "layer" : short_id(digest), {}, current, job.layer->blob.size});
}

void ImageIntake::note(std::string text) {
    if (!progress_) return;
    const std::lock_guard lock(progress_mutex_);
    progress_({Phase::note, {}, std::move(text)});
}

Patience ImageIntake::patience_for(const Job& job) {
    const BlobDescriptor& blob = job.layer->blob;
    const std::string name = short_id(blob.digest.empty() ? job.layer->diff_id : blob.digest);
    return {[this] { return cancellation_.check(); },
            [this, name] { note(cat(name, ": waiting for another rtctl, which brings in the same layer")); }};
}

Result<bool> ImageIntake::is_unpacked(Job& job) {
    bool found = false;
    RT_TRY(database_.run("SELECT snapshot FROM layers WHERE storage = ? AND chain_id = ?",
                         {storage_.instance(), job.layer->chain_id}, [&](const SqlRow& row) {
                             found = true;
                             job.snapshot = row.text(0);
                         }));
    return found;
}

// From the base upwards, like everybody: nobody who holds a lower layer waits for one who holds an upper one.
Result<void> ImageIntake::lock_layers(std::vector<Job>& jobs) {
    for (Job& job : jobs) {
        RT_TRY_ASSIGN(job.unpacked, is_unpacked(job));
        if (!job.unpacked) {
            RT_TRY_ASSIGN(job.lock,
                          store_.lock(cat("layer-", short_id(job.layer->chain_id), "-", storage_.instance()),
                                      patience_for(job)));
            RT_TRY_ASSIGN(job.unpacked, is_unpacked(job));
        }
        job.stored = store_.has(job.layer->blob.digest);
    }
    return {};
}

// The id is new each time: what a killed process left stands in nobody's way, and collect_garbage() knows it
// by the first part of its name.
Result<void> ImageIntake::prepare(Job& job, const StorageDriver::Parents& parents) {
    const std::string id = cat("layer-", random_hex(16));
    RT_TRY(storage_.prepare(operation_, id, parents));
    job.snapshot = id;
    RT_TRY_ASSIGN(const auto mounts, storage_.mounts(operation_, id, parents, MountMode::read_write));
    RT_TRY_ASSIGN(job.root, open_snapshot(mounts, id));
    return {};
}

void ImageIntake::discard(Job& job) {
    job.root.reset();
    if (job.unpacked || job.snapshot.empty()) return;
    (void)storage_.remove({operation_.id, 0, -1}, job.snapshot); // collect_garbage() tries again
    job.snapshot.clear();
}

// What an interrupted download left may have been damaged with it (a power cut), and so may be what is stored
// (a disk that forgets): then once more, all of it.
Result<LayerOutcome> ImageIntake::take_layer(Job& job, LayerRequest& request,
                                             const StorageDriver::Parents& parents) {
    const std::string& digest = request.blob.digest;
    const bool stored = store_.has(digest);
    const bool resumed =
        repository_ != nullptr && !stored && ::access(store_.part_path(digest).c_str(), F_OK) == 0;
    auto outcome = module_.take_layer(store_, request, cancellation_);
    if (outcome || outcome.error().code != Code::corrupt || repository_ == nullptr) return outcome;
    const bool lost = stored && !store_.has(digest);
    if (!resumed && !lost) return outcome;
    if (lost) note(cat("warning: ", short_id(digest), ": the stored blob was damaged and is fetched again"));
    ::unlink(store_.part_path(digest).c_str());
    if (request.target) {
        discard(job);
        RT_TRY(prepare(job, parents));
        request.target->root = job.root.get();
    }
    return module_.take_layer(store_, request, cancellation_);
}

// In a helper.
Result<LayerOutcome> ImageIntake::run(Job& job) {
    LayerRequest request;
    request.repository = repository_;
    request.stream = job.stream;
    request.blob = job.layer->blob;
    request.diff_id = job.layer->diff_id;
    if (job.root)
        request.target = LayerTarget{job.root.get(),
                                     storage_.takes_overlay_layers() ? LayerTarget::Form::overlay
                                                                     : LayerTarget::Form::plain,
                                     job.is_base};
    const Phase phase = job.stored || repository_ == nullptr ? Phase::unpacking : Phase::downloading;
    request.progress = [this, &job, phase](std::uint64_t done, std::uint64_t) { tell(job, phase, done); };
    request.waiting = patience_for(job).after_a_second;
    tell(job, phase);
    auto outcome = take_layer(job, request, {});
    if (!outcome) return in_layer(std::move(outcome).error(), request);
    return outcome;
}

Result<void> ImageIntake::take(std::vector<IntakeLayer>& layers, RemoteRepository* repository) {
    repository_ = repository;
    const std::vector<std::string> chain = chain_ids(module_, layers);
    std::vector<Job> jobs(layers.size());
    for (std::size_t i = 0; i < layers.size(); ++i) {
        layers[i].chain_id = chain[i];
        jobs[i].layer = &layers[i];
        jobs[i].is_base = i == 0;
    }
    RT_TRY(lock_layers(jobs));
    Rollback rollback;
    rollback.add([&] {
        for (Job& job : jobs) discard(job);
    });
    for (Job& job : jobs) {
        tell(job, job.unpacked && job.stored ? Phase::exists : Phase::waiting);
        if (!job.unpacked && (job.is_base || storage_.takes_overlay_layers())) RT_TRY(prepare(job, {}));
    }
    {
        Workers workers(*this, jobs);
        for (std::size_t i = 0; i < jobs.size(); ++i) {
            if (jobs[i].unpacked && jobs[i].stored) continue;
            RT_TRY(workers.wait(jobs[i]));
            RT_TRY(settle(jobs, i));
        }
    }
    rollback.commit();
    return {};
}

// All layers below are committed.
Result<void> ImageIntake::settle(std::vector<Job>& jobs, std::size_t index) {
    Job& job = jobs[index];
    if (!job.unpacked && !(*job.outcome)->unpacked) RT_TRY(unpack_on_top(jobs, index));
    const LayerOutcome& outcome = **job.outcome;
    if (!outcome.blob.media_type.empty()) job.layer->blob.media_type = outcome.blob.media_type;
    if (!job.unpacked) {
        if (!job.is_base && !outcome.has_root_entry) RT_TRY(inherit_root(jobs[index - 1], job));
        RT_TRY(commit(job, job.is_base ? std::string() : jobs[index - 1].layer->chain_id));
    }
    for (const std::string& warning : outcome.warnings)
        note(cat("warning: layer ", short_id(job.layer->blob.digest), ": ", warning));
    tell(job, Phase::done);
    return {};
}

// The driver wants what is below to show, or the layer does.
Result<void> ImageIntake::unpack_on_top(std::vector<Job>& jobs, std::size_t index) {
    Job& job = jobs[index];
    discard(job);
    StorageDriver::Parents parents;
    for (std::size_t i = index; i > 0; --i) parents.push_back(jobs[i - 1].snapshot);
    tell(job, Phase::unpacking);
    RT_TRY(prepare(job, parents));
    LayerRequest request;
    request.repository = repository_;
    request.blob = job.layer->blob;
    request.diff_id = job.layer->diff_id;
    request.target = LayerTarget{job.root.get(), LayerTarget::Form::plain, job.is_base};
    request.waiting = patience_for(job).after_a_second;
    auto outcome = take_layer(job, request, parents);
    if (!outcome) return in_layer(std::move(outcome).error(), request);
    outcome->has_root_entry = true; // or what it stood on has given it one
    job.outcome = std::move(outcome);
    return {};
}

// A layer that says nothing about the root directory leaves it as it is below; the topmost layer's is what a
// mounted overlay shows.
Result<void> ImageIntake::inherit_root(const Job& below, const Job& job) {
    RT_TRY_ASSIGN(const auto mounts, storage_.mounts(operation_, below.snapshot, {}, MountMode::read_only));
    RT_TRY_ASSIGN(const UniqueFd from, open_snapshot(mounts, below.snapshot));
    struct stat status{};
    if (::fstat(from.get(), &status) != 0)
        return fail_errno(errno, "stat the snapshot '", below.snapshot, "'");
    const std::array<timespec, 2> times{status.st_atim, status.st_mtim};
    if (::fchown(job.root.get(), status.st_uid, status.st_gid) != 0 ||
        ::fchmod(job.root.get(), status.st_mode & 07777) != 0 ||
        ::futimens(job.root.get(), times.data()) != 0)
        return fail_errno(errno, "set the attributes of the root of the snapshot '", job.snapshot, "'");
    return {};
}

// On the disk before it is known: after a power cut, nobody looks again into a layer that is recorded.
Result<void> ImageIntake::commit(Job& job, const std::string& parent_chain) {
    if (::syncfs(job.root.get()) != 0)
        return fail_errno(errno, "write the snapshot '", job.snapshot, "' to the disk");
    job.root.reset();
    RT_TRY(storage_.commit(operation_, job.snapshot));
    const SqlValue parent = parent_chain.empty() ? SqlValue(nullptr) : SqlValue(parent_chain);
    RT_TRY(
        database_.run("INSERT INTO layers (storage, chain_id, snapshot, parent, size) VALUES (?, ?, ?, ?, ?)",
                      {storage_.instance(), job.layer->chain_id, job.snapshot, parent,
                       static_cast<std::int64_t>((*job.outcome)->unpacked_size)}));
    job.unpacked = true;
    job.lock.reset();
    return {};
}

Result<IntakeLayer> ImageIntake::take_stream(int stream) {
    IntakeLayer layer;
    Job job;
    job.layer = &layer;
    job.is_base = true;
    job.stream = stream;
    Rollback rollback;
    rollback.add([&] { discard(job); });
    RT_TRY(prepare(job, {}));
    RT_TRY_ASSIGN(LayerOutcome outcome, run(job));
    layer.blob = outcome.blob;
    layer.diff_id = layer.chain_id = outcome.diff_id;
    job.outcome = std::move(outcome);
    RT_TRY_ASSIGN(job.lock, store_.lock(cat("layer-", short_id(layer.chain_id), "-", storage_.instance()),
                                        patience_for(job)));
    const std::string fresh = job.snapshot;
    RT_TRY_ASSIGN(const bool known, is_unpacked(job));
    job.snapshot = fresh;
    if (known) return layer; // the rollback throws ours away
    RT_TRY(commit(job, {}));
    rollback.commit();
    tell(job, Phase::done);
    return layer;
}

} // namespace rt
