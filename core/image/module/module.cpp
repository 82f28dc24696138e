// SPDX-License-Identifier: Apache-2.0
#include "core/image/image_module.hpp"

#include "core/image/module/archive_intake.hpp"
#include "core/image/module/archive_writer.hpp"
#include "core/image/module/blob_intake.hpp"
#include "core/image/module/changes_intake.hpp"
#include "core/image/module/layer_stream.hpp"
#include "core/image/module/registry_login.hpp"
#include "core/image/module/registry_search.hpp"
#include "core/image/module/repository.hpp"
#include "core/image/module/tree_extract.hpp"
#include "core/image/module/tree_writer.hpp"

#include <unistd.h>

#include <exception>
#include <new>
#include <vector>

namespace rt::image {
namespace {

// Exceptions of the libraries stop here: the core was built to see Results.
template <class Body>
auto guarded(Body body) -> decltype(body()) {
    try {
        return body();
    } catch (const std::bad_alloc&) {
        return fail(Code::resource_exhausted, "image module: out of memory");
    } catch (const std::exception& problem) {
        return fail(Code::internal, "image module: ", problem.what());
    }
}

class Module final : public ImageModule {
public:
    [[nodiscard]] std::string sha256(std::string_view data) const override { return Sha256::of(data); }

    Result<std::unique_ptr<RemoteRepository>>
    open_repository(const std::string& host, const std::string& path,
                    const RegistryCredentials& credentials) override {
        return guarded([&]() -> Result<std::unique_ptr<RemoteRepository>> {
            return std::make_unique<Repository>(host, path, credentials);
        });
    }
    Result<std::string> log_in(const std::string& host, const RegistryCredentials& credentials,
                               const Cancellation& cancellation) override {
        return guarded([&] { return image::log_in(host, credentials, cancellation); });
    }
    Result<std::vector<SearchResult>> search(const std::string& host, const std::string& term, int limit,
                                             const RegistryCredentials& credentials,
                                             const Cancellation& cancellation) override {
        return guarded([&] { return image::search(host, term, limit, credentials, cancellation); });
    }
    Result<LayerOutcome> take_layer(const ContentStore& store, const LayerRequest& request,
                                    const Cancellation& cancellation) override {
        return guarded([&] { return stream_layer(store, request, cancellation); });
    }
    Result<ArchiveContent> take_archive(const ContentStore& store, int stream,
                                        const Cancellation& cancellation) override {
        return guarded([&] { return image::take_archive(store, stream, cancellation); });
    }
    Result<BlobDescriptor> take_file(const ContentStore& store, int stream,
                                     const Cancellation& cancellation) override {
        return guarded([&] { return image::take_file(store, stream, cancellation); });
    }
    Result<void> write_tree(const TreeToArchive& tree, int out, const Cancellation& cancellation) override {
        return guarded([&] { return image::write_tree(tree, out, cancellation); });
    }
    Result<LayerBlob> take_changes(const ContentStore& store, const ChangesToArchive& changes,
                                   const Cancellation& cancellation) override {
        return guarded([&] { return image::take_changes(store, changes, cancellation); });
    }
    Result<BlobDescriptor> repack(const ContentStore& store, const std::string& digest,
                                  const std::string& diff_id, const Cancellation& cancellation) override {
        return guarded([&] { return image::repack(store, digest, diff_id, cancellation); });
    }
    Result<void> write_archive(const ContentStore& store, const std::vector<ArchivePart>& parts, int out,
                               const Cancellation& cancellation) override {
        return guarded([&] { return image::write_archive(store, parts, out, cancellation); });
    }
    Result<void> extract_tree(const ArchiveToTree& tree, int in, const Cancellation& cancellation) override {
        return guarded([&] { return image::extract_tree(tree, in, cancellation); });
    }
    Result<std::string> sha256_of(int in, const std::function<void(std::uint64_t bytes)>& progress,
                                  const Cancellation& cancellation) override {
        return guarded([&]() -> Result<std::string> {
            Sha256 sum;
            std::vector<char> buffer(1U << 20U);
            for (std::uint64_t bytes = 0;;) {
                RT_TRY(cancellation.check());
                const ssize_t count = ::read(in, buffer.data(), buffer.size());
                if (count < 0 && errno == EINTR) continue;
                if (count < 0) return fail_errno(errno, "read what is to be checked");
                if (count == 0) return sum.digest();
                sum.add({buffer.data(), static_cast<std::size_t>(count)});
                if (progress) progress(bytes += static_cast<std::uint64_t>(count));
            }
        });
    }
    Result<std::string> store_blob(const ContentStore& store, std::string_view data) override {
        return guarded([&]() -> Result<std::string> {
            RT_TRY_ASSIGN(BlobIntake intake, BlobIntake::begin(store, nullptr));
            RT_TRY(intake.write(data));
            return intake.finish({});
        });
    }
};

} // namespace
} // namespace rt::image

extern "C" [[gnu::visibility("default")]] rt::ImageModule* rt_image_module_v1() noexcept {
    static rt::image::Module module;
    return &module;
}
