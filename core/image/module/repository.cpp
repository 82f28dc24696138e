// SPDX-License-Identifier: Apache-2.0
#include "core/image/module/repository.hpp"

#include "core/base/json.hpp"
#include "core/image/module/registry_answer.hpp"
#include "core/image/module/registry_token.hpp"
#include "core/image/module/sha256.hpp"
#include "core/image/reference.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace rt::image {
namespace {

constexpr std::size_t kManifestLimit = 4U << 20U; // what the specification asks registries to take
constexpr int kTagsOfPage = 1000;
constexpr int kMostPages = 10;

const std::vector<std::string> kAcceptManifests = {
    "Accept: application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.docker.distribution.manifest.v2+json"};

} // namespace

Repository::Repository(std::string host, std::string path, RegistryCredentials credentials,
                       std::chrono::milliseconds first_wait)
    : host_(std::move(host)), path_(std::move(path)), base_(cat(registry_address(host_), "/v2/", path_)),
      credentials_(std::move(credentials)), first_wait_(first_wait) {
    if (!credentials_.registry_token.empty()) authorization_ = cat("Bearer ", credentials_.registry_token);
}

std::unexpected<Error> Repository::refused(const HttpResponse& response, const std::string& object) const {
    return image::refused(host_, response, object);
}

// tried: what the refused request was sent with; another thread may have got something better since.
Result<void> Repository::authorise(const Call& call, const HttpResponse& refusal, const std::string& tried,
                                   const Cancellation& cancellation) {
    const char* const scope = call.method.empty() || call.method == "HEAD" ? ":pull" : ":pull,push";
    const std::lock_guard lock(mutex_);
    if (authorization_ != tried) return {};
    const auto [first, last] = refusal.headers.equal_range("www-authenticate");
    for (auto header = first; header != last; ++header)
        for (const Challenge& challenge : parse_challenges(header->second)) {
            if (challenge.scheme == "bearer") {
                const TokenRequest request{credentials_, host_, cat("repository:", path_, scope)};
                RT_TRY_ASSIGN(const Token token, fetch_token(challenge, request, cancellation));
                authorization_ = cat("Bearer ", token.bearer);
                return {};
            }
            if (challenge.scheme == "basic" && !credentials_.user.empty() && tried.empty()) {
                authorization_ = credentials_.basic();
                return {};
            }
        }
    return refused(refusal, cat("'", path_, "'"));
}

Result<HttpResponse> Repository::perform(const Call& call, const HttpBodySink& sink,
                                         const Cancellation& cancellation) {
    constexpr int kMostRefusals = 2; // none yet, or one that has run out
    for (int refusals = 0;; ++refusals) {
        HttpRequest request{call.url,  call.headers, {},          {},
                            call.from, call.method,  call.upload, call.patience_s};
        // An upload may go on at another host, which is told no secret of this one.
        if (origin_of(call.url) == origin_of(base_)) {
            const std::lock_guard lock(mutex_);
            request.authorization = authorization_;
        }
        RT_TRY_ASSIGN(HttpResponse response, http_perform(request, call.limit, sink, cancellation));
        answered_ = true;
        // Nor is it asked for by another host, where a redirect has led.
        const bool ours = response.origin == origin_of(base_);
        if (response.status != 401 || refusals == kMostRefusals || !ours) return response;
        RT_TRY(authorise(call, response, request.authorization, cancellation));
    }
}

// Where nobody is, and nobody has been, the name is likelier to be mistyped than a network to be in trouble.
bool Repository::may_try_again(int tries, const Result<HttpResponse>& outcome) const {
    constexpr int kMostUnheard = 2;
    const bool nobody_is_there = !outcome && outcome.error().sys_errno == ECONNREFUSED && !answered_;
    return tries < (nobody_is_there ? kMostUnheard : kMostTries);
}

Result<HttpResponse> Repository::patiently(const Call& call, const Cancellation& cancellation) {
    auto pause = first_wait_;
    for (int tries = 1;; ++tries, pause = std::min(pause * 2, kLongestWait)) {
        auto response = perform(call, {}, cancellation);
        const bool again =
            response ? is_temporary(response->status) : response.error().code == Code::unavailable;
        if (again && may_try_again(tries, response)) {
            RT_TRY(wait(response ? retry_after(*response).value_or(pause) : pause, cancellation));
            continue;
        }
        if (!response) return in_context(std::move(response).error(), call.object);
        return response;
    }
}

Result<HttpResponse> Repository::get(const Call& call, const Cancellation& cancellation) {
    RT_TRY_ASSIGN(HttpResponse response, patiently(call, cancellation));
    if (response.status != 200) return refused(response, call.object);
    return response;
}

Result<Manifest> Repository::manifest(const std::string& reference, const Cancellation& cancellation) {
    const bool by_digest = is_digest(reference);
    const Call call{cat(base_, "/manifests/", reference), kAcceptManifests, 0, kManifestLimit,
                    cat("manifest of '", path_, by_digest ? "@" : ":", reference, "'")};
    RT_TRY_ASSIGN(HttpResponse response, get(call, cancellation));
    Manifest manifest{std::move(response.body), response.header("content-type"), {}};
    manifest.media_type = manifest.media_type.substr(0, manifest.media_type.find(';'));
    manifest.digest = Sha256::of(manifest.content);
    const std::string announced = by_digest ? reference : response.header("docker-content-digest");
    if (is_digest(announced) && announced != manifest.digest)
        return fail(Code::corrupt, call.object, ": the registry '", host_, "' sent '", manifest.digest,
                    "' for '", announced, "'");
    return manifest;
}

Result<std::vector<std::string>> Repository::tags(const Cancellation& cancellation) {
    std::vector<std::string> all;
    Call call{cat(base_, "/tags/list?n=", kTagsOfPage), {}, 0, kManifestLimit, cat("tags of '", path_, "'")};
    for (int page = 0; page < kMostPages; ++page) {
        RT_TRY_ASSIGN(const HttpResponse response, get(call, cancellation));
        RT_TRY_ASSIGN(const Json answer, parse_json(response.body, cat("the list of tags of '", host_, "'")));
        const auto listed = answer.is_object() ? answer.find("tags") : answer.end();
        if (listed == answer.end() || !(listed->is_array() || listed->is_null()))
            return fail(Code::corrupt, call.object, ": the answer of '", host_, "' has no list of tags");
        for (const Json& tag : *listed)
            if (tag.is_string()) all.push_back(tag.get<std::string>());
        if (response.header("link").empty() || listed->empty() || !listed->back().is_string()) return all;
        // What follows the last one, whatever address the registry gives for it: it is the same one.
        call.url = cat(base_, "/tags/list?n=", kTagsOfPage, "&last=", percent_encode(all.back()));
    }
    return fail(Code::resource_exhausted, call.object, ": the registry '", host_, "' has more than ",
                kTagsOfPage * kMostPages, ": pull those that you need by name");
}

Result<std::string> Repository::small_blob(const BlobDescriptor& blob, const Cancellation& cancellation) {
    const Call call{cat(base_, "/blobs/", blob.digest),
                    {},
                    0,
                    kManifestLimit,
                    cat("blob '", blob.digest, "' of '", path_, "'")};
    RT_TRY_ASSIGN(HttpResponse response, get(call, cancellation));
    if (const std::string digest = Sha256::of(response.body); digest != blob.digest)
        return fail(Code::corrupt, call.object, ": the registry '", host_, "' sent something else ('", digest,
                    "')");
    return std::move(response.body);
}

Result<void> Repository::blob(const BlobDescriptor& blob, std::uint64_t from, ByteSink& sink,
                              const Cancellation& cancellation) {
    Call call{
        cat(base_, "/blobs/", blob.digest), {}, from, 0, cat("blob '", blob.digest, "' of '", path_, "'")};
    std::uint64_t skip = 0; // a registry that does not know Range begins again
    bool fresh = false;
    const auto take = [&](const HttpResponse& head, std::string_view data) -> Result<void> {
        if (fresh) skip = head.status == 200 ? call.from : 0;
        if (fresh && head.status == 206 &&
            !head.header("content-range").starts_with(cat("bytes ", call.from, "-")))
            return fail(Code::corrupt, call.object, ": the registry '", host_,
                        "' sent another part than asked for ('", head.header("content-range"), "')");
        fresh = false;
        const auto skipped = std::min<std::uint64_t>(skip, data.size());
        skip -= skipped;
        data.remove_prefix(skipped);
        from += data.size();
        if (from > blob.size)
            return fail(Code::corrupt, call.object, ": the registry '", host_, "' sends more than the ",
                        blob.size, " bytes that the manifest says");
        return data.empty() ? Result<void>() : sink.write(data);
    };
    // A part that another manifest's word for this digest left behind: corrupt, so the caller begins anew
    // without it.
    if (from > blob.size)
        return fail(Code::corrupt, call.object, ": ", from, " bytes were stored, but it has ", blob.size);
    auto pause = first_wait_;
    for (int tries = 1; from < blob.size || tries == 1; ++tries, pause = std::min(pause * 2, kLongestWait)) {
        if (from > call.from) { // it went forward: patience begins anew
            tries = 1;
            pause = first_wait_;
        }
        if (from == blob.size && from != 0) return {};
        call.from = from;
        fresh = true;
        auto response = perform(call, take, cancellation);
        if (response && (response->status == 200 || response->status == 206) && from == blob.size) return {};
        const bool good = response && (response->status == 200 || response->status == 206);
        if (good && from < blob.size && from == call.from && tries >= 2)
            return fail(Code::corrupt, call.object, ": the registry '", host_, "' sends ", from, " of ",
                        blob.size, " bytes");
        if (response && response->status == 416)
            return fail(Code::corrupt, call.object, ": the registry '", host_, "' has no bytes from ", from,
                        " on");
        const bool again =
            good || (response ? is_temporary(response->status) : response.error().code == Code::unavailable);
        if (!again || !may_try_again(tries, response)) {
            if (!response) return in_context(std::move(response).error(), call.object);
            return refused(*response, call.object);
        }
        RT_TRY(wait(response ? retry_after(*response).value_or(pause) : pause, cancellation));
    }
    return {};
}

} // namespace rt::image
