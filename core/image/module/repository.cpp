// SPDX-License-Identifier: Apache-2.0
#include "core/image/module/repository.hpp"

#include "core/base/json.hpp"
#include "core/image/module/sha256.hpp"
#include "core/image/reference.hpp"

#include <nlohmann/json.hpp>
#include <poll.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace rt::image {
namespace {

constexpr std::size_t kManifestLimit = 4U << 20U; // what the specification asks registries to take
constexpr std::size_t kTokenLimit = 1U << 20U;
constexpr int kTagsOfPage = 1000;
constexpr int kMostPages = 10;
constexpr int kMostTries = 6; // without a byte of progress
constexpr std::chrono::milliseconds kLongestWait(30'000);
constexpr std::string_view kHub = "docker.io";
constexpr std::string_view kHubApi = "registry-1.docker.io";

const std::vector<std::string> kAcceptManifests = {
    "Accept: application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.docker.distribution.manifest.v2+json"};

bool is_temporary(long status) {
    return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
}

// The seconds of a Retry-After header; its other form, a date, is rare and waited for like any failure.
std::optional<std::chrono::milliseconds> retry_after(const HttpResponse& response) {
    const std::string text = response.header("retry-after");
    int seconds = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (problem != std::errc() || seconds < 0) return std::nullopt;
    return std::min(kLongestWait, std::chrono::milliseconds(std::chrono::seconds(std::min(seconds, 3600))));
}

Result<void> wait(std::chrono::milliseconds time, const Cancellation& cancellation) {
    constexpr std::chrono::milliseconds kSlice(100);
    while (time.count() > 0) {
        RT_TRY(cancellation.check());
        const auto slice = std::min(time, kSlice);
        ::poll(nullptr, 0, static_cast<int>(slice.count()));
        time -= slice;
    }
    return cancellation.check();
}

// What registries say in the body of an error: {"errors":[{"code":..., "message":...}]}.
std::string reason_in(const std::string& body) {
    const Json value = Json::parse(body, nullptr, false);
    if (!value.is_object()) return {};
    std::string text;
    const auto take = [&](const char* key, const Json& object) {
        if (const auto found = object.find(key); text.empty() && found != object.end() && found->is_string())
            text = found->get<std::string>();
    };
    if (const auto errors = value.find("errors"); errors != value.end() && errors->is_array())
        for (const Json& item : *errors)
            if (item.is_object()) take("message", item);
    take("details", value);
    take("message", value);
    if (text.size() > 300) text.resize(300);
    std::ranges::replace_if(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
    return text.empty() ? text : cat(" (", text, ")");
}

} // namespace

Repository::Repository(std::string host, std::string path, Credentials credentials,
                       std::chrono::milliseconds first_wait)
    : host_(std::move(host)), path_(std::move(path)),
      base_(cat(is_this_machine(host_) ? "http://" : "https://", host_ == kHub ? kHubApi : host_, "/v2/",
                path_)),
      credentials_(std::move(credentials)), first_wait_(first_wait) {}

std::unexpected<Error> Repository::refused(const HttpResponse& response, const std::string& object) const {
    const std::string reason = reason_in(response.body);
    switch (response.status) {
    case 401:
    case 403:
        return fail(Code::permission_denied, object, ": the registry '", host_, "' refuses it", reason,
                    ": check the name, or log in with 'docker login ", host_,
                    "' (its ~/.docker/config.json is used here)");
    case 404:
        return fail(Code::not_found, object, ": not at the registry '", host_, "'", reason,
                    ": check the name and the tag");
    case 429:
        return fail(Code::unavailable, object, ": the registry '", host_,
                    "' says that there were too many requests", reason, ": try again later or log in");
    default:
        return fail(is_temporary(response.status) ? Code::unavailable : Code::failed_precondition, object,
                    ": the registry '", host_, "' answers with status ", response.status, reason);
    }
}

Result<std::string> Repository::fetch_token(const Challenge& challenge, const Cancellation& cancellation) {
    const auto parameter = [&](const char* name) {
        const auto found = challenge.parameters.find(name);
        return found == challenge.parameters.end() ? std::string() : found->second;
    };
    const std::string realm = parameter("realm");
    const std::string origin = origin_of(realm);
    const bool safe = origin.starts_with("https://") ||
                      (origin.starts_with("http://") && is_this_machine(std::string_view(origin).substr(7)) &&
                       base_.starts_with("http://"));
    if (!safe)
        return fail(Code::permission_denied, "the registry '", host_, "' asks to authorise at '", realm,
                    "', which is not an https address: refused");
    std::string scope = parameter("scope");
    if (scope.empty()) scope = cat("repository:", path_, ":pull");
    const std::string service = parameter("service");

    HttpRequest request;
    if (!credentials_.identity_token.empty()) {
        request.url = realm;
        request.form = cat("grant_type=refresh_token&client_id=rt&service=", percent_encode(service),
                           "&scope=", percent_encode(scope),
                           "&refresh_token=", percent_encode(credentials_.identity_token));
    } else {
        request.url =
            cat(realm, realm.find('?') == std::string::npos ? "?" : "&", "scope=", percent_encode(scope));
        if (!service.empty()) request.url += cat("&service=", percent_encode(service));
        if (!credentials_.empty()) request.authorization = credentials_.basic();
    }
    RT_TRY_ASSIGN(const HttpResponse response, http_perform(request, kTokenLimit, {}, cancellation));
    if (response.status != 200)
        return refused(response, cat("authorise for '", path_, "' at '", origin, "'"));
    RT_TRY_ASSIGN(const Json answer, parse_json(response.body, cat("the token of '", origin, "'")));
    for (const char* const key : {"token", "access_token"})
        if (answer.is_object() && answer.contains(key) && answer[key].is_string()) {
            auto token = answer[key].get<std::string>();
            // It goes into a header.
            if (!token.empty() && std::ranges::all_of(token, [](char c) { return c > ' ' && c < '\x7f'; }))
                return token;
        }
    return fail(Code::corrupt, "the answer of '", origin, "' has no token");
}

// tried: what the refused request was sent with; another thread may have got something better since.
Result<void> Repository::authorise(const HttpResponse& refusal, const std::string& tried,
                                   const Cancellation& cancellation) {
    const std::lock_guard lock(mutex_);
    if (authorization_ != tried) return {};
    const auto [first, last] = refusal.headers.equal_range("www-authenticate");
    for (auto header = first; header != last; ++header)
        for (const Challenge& challenge : parse_challenges(header->second)) {
            if (challenge.scheme == "bearer") {
                RT_TRY_ASSIGN(const std::string token, fetch_token(challenge, cancellation));
                authorization_ = cat("Bearer ", token);
                return {};
            }
            if (challenge.scheme == "basic" && !credentials_.user.empty() && tried.empty()) {
                authorization_ = credentials_.basic();
                return {};
            }
        }
    return refused(refusal, cat("'", path_, "'"));
}

Result<HttpResponse> Repository::get_authorised(const Call& call, const HttpBodySink& sink,
                                                const Cancellation& cancellation) {
    constexpr int kMostRefusals = 2; // none yet, or one that has run out
    for (int refusals = 0;; ++refusals) {
        HttpRequest request{call.url, call.headers, {}, {}, call.from};
        {
            const std::lock_guard lock(mutex_);
            request.authorization = authorization_;
        }
        RT_TRY_ASSIGN(HttpResponse response, http_perform(request, call.limit, sink, cancellation));
        if (response.status != 401 || refusals == kMostRefusals) return response;
        RT_TRY(authorise(response, request.authorization, cancellation));
    }
}

Result<HttpResponse> Repository::get(const Call& call, const HttpBodySink& sink,
                                     const Cancellation& cancellation) {
    auto pause = first_wait_;
    for (int tries = 1;; ++tries, pause = std::min(pause * 2, kLongestWait)) {
        auto response = get_authorised(call, sink, cancellation);
        const bool again =
            response ? is_temporary(response->status) : response.error().code == Code::unavailable;
        if (again && tries < kMostTries) {
            RT_TRY(wait(response ? retry_after(*response).value_or(pause) : pause, cancellation));
            continue;
        }
        if (!response) return in_context(std::move(response).error(), call.object);
        if (response->status != 200) return refused(*response, call.object);
        return response;
    }
}

Result<Manifest> Repository::manifest(const std::string& reference, const Cancellation& cancellation) {
    const bool by_digest = is_digest(reference);
    const Call call{cat(base_, "/manifests/", reference), kAcceptManifests, 0, kManifestLimit,
                    cat("manifest of '", path_, by_digest ? "@" : ":", reference, "'")};
    RT_TRY_ASSIGN(HttpResponse response, get(call, {}, cancellation));
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
        RT_TRY_ASSIGN(const HttpResponse response, get(call, {}, cancellation));
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
    RT_TRY_ASSIGN(HttpResponse response, get(call, {}, cancellation));
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
        auto response = get_authorised(call, take, cancellation);
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
        if (!again || tries >= kMostTries) {
            if (!response) return in_context(std::move(response).error(), call.object);
            return refused(*response, call.object);
        }
        RT_TRY(wait(response ? retry_after(*response).value_or(pause) : pause, cancellation));
    }
    return {};
}

} // namespace rt::image
