// SPDX-License-Identifier: Apache-2.0
// One repository at a registry (OCI distribution specification): authorisation, retries, and blobs
// that go on where a broken connection left them, in both directions. Any thread, several at once; they share
// the token.
#pragma once

#include "core/image/image_module.hpp"
#include "core/image/module/byte_queue.hpp"
#include "core/image/module/challenge.hpp"
#include "core/image/module/http_client.hpp"

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>

namespace rt::image {

class Repository final : public RemoteRepository {
public:
    // first_wait: before the first retry, doubled each time (a test wants it short).
    Repository(std::string host, std::string path, RegistryCredentials credentials,
               std::chrono::milliseconds first_wait = std::chrono::milliseconds(250));

    Result<Manifest> manifest(const std::string& reference, const Cancellation& cancellation) override;
    Result<std::vector<std::string>> tags(const Cancellation& cancellation) override;
    Result<std::string> small_blob(const BlobDescriptor& blob, const Cancellation& cancellation) override;

    Result<PushOutcome> push_blob(const ContentStore& store, const BlobToPush& blob,
                                  const Cancellation& cancellation) override;
    Result<void> push_manifest(const std::string& reference, const Manifest& manifest,
                               const Cancellation& cancellation) override;

    // Bytes of the blob from the given one on, to its end.
    Result<void> blob(const BlobDescriptor& blob, std::uint64_t from, ByteSink& sink,
                      const Cancellation& cancellation);

private:
    struct Call {
        std::string url;
        std::vector<std::string> headers;
        std::uint64_t from = 0;
        std::size_t limit = 0;
        std::string object; // for errors: "manifest of 'a/b:c'"
        std::string method = {};
        const HttpUpload* upload = nullptr;
        long patience_s = 60;
    };
    // One blob on its way.
    struct Upload {
        const BlobToPush& blob;
        int file;
        std::string object;
        std::string location; // of the upload at the registry; "": there is none
        std::uint64_t sent = 0;
    };

    Result<HttpResponse> get(const Call& call, const Cancellation& cancellation); // a 200
    Result<HttpResponse> patiently(const Call& call, const Cancellation& cancellation);
    Result<HttpResponse> perform(const Call& call, const HttpBodySink& sink,
                                 const Cancellation& cancellation);
    // After so many tries without progress, of which the last one had this outcome.
    [[nodiscard]] bool may_try_again(int tries, const Result<HttpResponse>& outcome) const;
    Result<void> authorise(const Call& call, const HttpResponse& refusal, const std::string& tried,
                           const Cancellation& cancellation);
    [[nodiscard]] std::unexpected<Error> refused(const HttpResponse& response,
                                                 const std::string& object) const;

    Result<bool> has_blob(const Upload& upload, const Cancellation& cancellation);
    Result<bool> mount(Upload& upload, const std::string& from, const Cancellation& cancellation);
    Result<void> begin(Upload& upload, const Cancellation& cancellation);
    Result<std::string> location_of(const HttpResponse& response, const std::string& asked,
                                    const std::string& object) const;
    Result<void> send(Upload& upload, const Cancellation& cancellation);
    Result<HttpResponse> send_rest(Upload& upload, const Cancellation& cancellation);
    Result<HttpResponse> finish(Upload& upload, const Cancellation& cancellation);
    Result<void> find_out_where(Upload& upload, const Cancellation& cancellation);
    void take_back(Upload& upload);

    std::string host_;
    std::string path_;
    std::string base_; // "https://host/v2/path"
    RegistryCredentials credentials_;
    std::chrono::milliseconds first_wait_;
    std::mutex mutex_;
    std::string authorization_;
    std::atomic<bool> answered_ = false; // the registry, with whatever
};

} // namespace rt::image
