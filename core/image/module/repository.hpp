// SPDX-License-Identifier: Apache-2.0
// One repository at a registry (OCI distribution specification, pull side): authorisation, retries, and blobs
// that go on where a broken connection left them. Any thread, several at once; they share the token.
#pragma once

#include "core/image/image_module.hpp"
#include "core/image/module/byte_queue.hpp"
#include "core/image/module/credentials.hpp"
#include "core/image/module/http_client.hpp"

#include <chrono>
#include <mutex>
#include <string>

namespace rt::image {

class Repository final : public RemoteRepository {
public:
    // first_wait: before the first retry, doubled each time (a test wants it short).
    Repository(std::string host, std::string path, Credentials credentials,
               std::chrono::milliseconds first_wait = std::chrono::milliseconds(250));

    Result<Manifest> manifest(const std::string& reference, const Cancellation& cancellation) override;
    Result<std::vector<std::string>> tags(const Cancellation& cancellation) override;
    Result<std::string> small_blob(const BlobDescriptor& blob, const Cancellation& cancellation) override;

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
    };
    Result<HttpResponse> get(const Call& call, const HttpBodySink& sink, const Cancellation& cancellation);
    Result<HttpResponse> get_authorised(const Call& call, const HttpBodySink& sink,
                                        const Cancellation& cancellation);
    Result<void> authorise(const HttpResponse& refusal, const std::string& tried,
                           const Cancellation& cancellation);
    Result<std::string> fetch_token(const Challenge& challenge, const Cancellation& cancellation);
    std::unexpected<Error> refused(const HttpResponse& response, const std::string& object) const;

    std::string host_;
    std::string path_;
    std::string base_; // "https://host/v2/path"
    Credentials credentials_;
    std::chrono::milliseconds first_wait_;
    std::mutex mutex_;
    std::string authorization_;
};

} // namespace rt::image
