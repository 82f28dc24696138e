// SPDX-License-Identifier: Apache-2.0
// The sending side. A blob goes up in one PATCH; where that breaks off, the registry is asked how much it
// has, and gets the rest if it lets us.
#include "core/image/module/registry_answer.hpp"
#include "core/image/module/repository.hpp"
#include "core/image/reference.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>

namespace rt::image {
namespace {

constexpr std::size_t kAnswerLimit = 64U << 10U;
// A registry may look at the whole blob again before it says that it has it.
constexpr long kFinishPatience = 900; // seconds

bool is_good(const HttpResponse& response) {
    return response.status >= 200 && response.status < 300;
}

// "0-41", or "bytes=0-41" in the words of some: 42 bytes have come. None: 0.
std::uint64_t received(const std::string& range) {
    const auto dash = range.rfind('-');
    if (dash == std::string::npos) return 0;
    std::uint64_t last = 0;
    const auto [end, problem] = std::from_chars(range.data() + dash + 1, range.data() + range.size(), last);
    // Registries say "0-0" for nothing and for one byte: a byte sent twice harms less than one left out, and
    // the digest tells.
    return problem == std::errc() && last != 0 ? last + 1 : 0;
}

} // namespace

Result<bool> Repository::has_blob(const Upload& upload, const Cancellation& cancellation) {
    Call call{cat(base_, "/blobs/", upload.blob.blob.digest), {}, 0, kAnswerLimit, upload.object, "HEAD"};
    RT_TRY_ASSIGN(const HttpResponse response, patiently(call, cancellation));
    if (response.status == 404) return false;
    if (response.status != 200) return refused(response, upload.object);
    return true;
}

// Where an upload goes on. Never from https to http; what is elsewhere gets no credentials (perform()).
Result<std::string> Repository::location_of(const HttpResponse& response, const std::string& asked,
                                            const std::string& object) const {
    std::string location = resolve_location(asked, response.header("location"));
    const std::string origin = origin_of(location);
    if (response.header("location").empty() || origin.empty())
        return fail(Code::corrupt, object, ": the registry '", host_, "' does not say where to send it");
    if (base_.starts_with("https:") && !origin.starts_with("https:"))
        return fail(Code::permission_denied, object, ": the registry '", host_, "' wants it sent to '",
                    origin, "', which is not encrypted: refused");
    return location;
}

// Whether the registry took it from another of its repositories. One that does not begins an upload instead.
Result<bool> Repository::mount(Upload& upload, const std::string& from, const Cancellation& cancellation) {
    const Call call{
        cat(base_, "/blobs/uploads/?mount=", upload.blob.blob.digest, "&from=", percent_encode(from)),
        {},
        0,
        kAnswerLimit,
        upload.object,
        "POST"};
    auto response = patiently(call, cancellation);
    if (!response) { // not to be allowed to read there is no failure of the push
        if (response.error().code == Code::permission_denied) return false;
        return std::unexpected(std::move(response).error());
    }
    if (response->status == 201) return true;
    if (response->status == 202) {
        RT_TRY_ASSIGN(upload.location, location_of(*response, call.url, upload.object));
    }
    return false;
}

Result<void> Repository::begin(Upload& upload, const Cancellation& cancellation) {
    const Call call{cat(base_, "/blobs/uploads/"), {}, 0, kAnswerLimit, upload.object, "POST"};
    RT_TRY_ASSIGN(const HttpResponse response, patiently(call, cancellation));
    if (response.status != 202) return refused(response, upload.object);
    RT_TRY_ASSIGN(upload.location, location_of(response, call.url, upload.object));
    upload.sent = 0;
    return {};
}

Result<HttpResponse> Repository::send_rest(Upload& upload, const Cancellation& cancellation) {
    const std::uint64_t size = upload.blob.blob.size;
    HttpUpload body;
    body.file = upload.file;
    body.from = upload.sent;
    body.size = size - upload.sent;
    if (upload.blob.progress)
        body.progress = [&upload, from = upload.sent](std::uint64_t sent) {
            upload.blob.progress(from + sent);
        };
    Call call{upload.location,
              {"Content-Type: application/octet-stream"},
              0,
              kAnswerLimit,
              upload.object,
              "PATCH",
              &body};
    // From the beginning it goes without saying, and some registries know only that.
    if (upload.sent != 0) call.headers.push_back(cat("Content-Range: ", upload.sent, "-", size - 1));
    RT_TRY_ASSIGN(HttpResponse response, perform(call, {}, cancellation));
    if (!is_good(response)) return response;
    RT_TRY_ASSIGN(upload.location, location_of(response, call.url, upload.object));
    const std::string range = response.header("range");
    const std::uint64_t has = range.empty() ? size : received(range);
    upload.sent = std::min(size, size == 1 ? 1 : has);
    return response;
}

Result<HttpResponse> Repository::finish(Upload& upload, const Cancellation& cancellation) {
    const bool has_query = upload.location.find('?') != std::string::npos;
    const Call call{
        cat(upload.location, has_query ? "&" : "?", "digest=", percent_encode(upload.blob.blob.digest)),
        {"Content-Type: application/octet-stream"},
        0,
        kAnswerLimit,
        upload.object,
        "PUT",
        nullptr,
        kFinishPatience};
    return perform(call, {}, cancellation);
}

// After a failure: how much of it is there. An upload that the registry knows no more begins anew.
Result<void> Repository::find_out_where(Upload& upload, const Cancellation& cancellation) {
    if (upload.location.empty()) return {};
    const Call call{upload.location, {}, 0, kAnswerLimit, upload.object};
    auto response = perform(call, {}, cancellation);
    if (!response && response.error().code == Code::unavailable) return {}; // the next try will tell
    if (!response) return std::unexpected(std::move(response).error());
    const std::uint64_t has = is_good(*response) ? received(response->header("range")) : 0;
    if (has == 0 || has > upload.blob.blob.size) {
        take_back(upload);
        return {};
    }
    upload.sent = has;
    if (!response->header("location").empty()) {
        RT_TRY_ASSIGN(upload.location, location_of(*response, call.url, upload.object));
    }
    return {};
}

// As far as the registry does it; the failure that led here is what counts.
void Repository::take_back(Upload& upload) {
    if (upload.location.empty()) return;
    const Cancellation own; // whoever cancelled wants this, too
    Call call{upload.location, {}, 0, kAnswerLimit, upload.object, "DELETE"};
    call.patience_s = 5;
    (void)perform(call, {}, own);
    upload.location.clear();
    upload.sent = 0;
}

Result<void> Repository::send(Upload& upload, const Cancellation& cancellation) {
    auto pause = first_wait_;
    std::uint64_t most = 0; // that the registry has had
    for (int tries = 1;; ++tries, pause = std::min(pause * 2, kLongestWait)) {
        if (upload.location.empty()) RT_TRY(begin(upload, cancellation));
        const auto step = [&]() -> Result<HttpResponse> {
            if (upload.sent < upload.blob.blob.size) {
                RT_TRY_ASSIGN(HttpResponse sent, send_rest(upload, cancellation));
                if (!is_good(sent) || upload.sent < upload.blob.blob.size) return sent;
            }
            return finish(upload, cancellation);
        };
        auto response = step();
        if (response && response->status == 201) {
            upload.location.clear();
            return {};
        }
        if (upload.sent > most) { // it went forward: patience begins anew
            most = upload.sent;
            tries = 1;
            pause = first_wait_;
        }
        const bool partly = response && is_good(*response);
        // 404 and 416: the upload is not what we took it for.
        const bool again = partly || (response ? is_temporary(response->status) || response->status == 404 ||
                                                     response->status == 416
                                               : response.error().code == Code::unavailable);
        if (!again || !may_try_again(tries, response)) {
            if (!response) return in_context(std::move(response).error(), upload.object);
            return refused(*response, upload.object);
        }
        if (partly) continue;
        RT_TRY(wait(response ? retry_after(*response).value_or(pause) : pause, cancellation));
        RT_TRY_ASSIGN(const bool there, has_blob(upload, cancellation)); // only its answer was lost
        if (there) return {};
        RT_TRY(find_out_where(upload, cancellation));
    }
}

Result<PushOutcome> Repository::push_blob(const ContentStore& store, const BlobToPush& blob,
                                          const Cancellation& cancellation) {
    RT_TRY_ASSIGN(const UniqueFd file, open_file(store.blob_path(blob.blob.digest), O_RDONLY));
    Upload upload{blob, file.get(), cat("blob '", blob.blob.digest, "' for '", path_, "'"), {}, 0};
    RT_TRY_ASSIGN(const bool there, has_blob(upload, cancellation));
    if (there) return PushOutcome{PushOutcome::How::present, {}};
    Rollback rollback;
    rollback.add([&] { take_back(upload); });
    for (const std::string& from : blob.mount_from) {
        take_back(upload); // of the repository asked before
        RT_TRY_ASSIGN(const bool mounted, mount(upload, from, cancellation));
        if (!mounted) continue;
        rollback.commit();
        return PushOutcome{PushOutcome::How::mounted, from};
    }
    RT_TRY(send(upload, cancellation));
    rollback.commit();
    return PushOutcome{PushOutcome::How::pushed, {}};
}

Result<void> Repository::push_manifest(const std::string& reference, const Manifest& manifest,
                                       const Cancellation& cancellation) {
    HttpUpload body;
    body.text = manifest.content;
    const Call call{cat(base_, "/manifests/", reference),
                    {cat("Content-Type: ", manifest.media_type)},
                    0,
                    kAnswerLimit,
                    cat("manifest of '", path_, is_digest(reference) ? "@" : ":", reference, "'"),
                    "PUT",
                    &body};
    RT_TRY_ASSIGN(const HttpResponse response, patiently(call, cancellation));
    if (!is_good(response)) return refused(response, call.object);
    const std::string digest = response.header("docker-content-digest");
    if (is_digest(digest) && digest != manifest.digest)
        return fail(Code::corrupt, call.object, ": the registry '", host_, "' has '", digest,
                    "' of it, and '", manifest.digest, "' was sent");
    return {};
}

} // namespace rt::image
