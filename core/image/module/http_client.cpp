// SPDX-License-Identifier: Apache-2.0
#include "core/image/module/http_client.hpp"

#include <curl/curl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <csignal>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>

namespace rt::image {
namespace {

constexpr int kMostRedirects = 10;
constexpr long kConnectSeconds = 30;
constexpr long kBufferSize = 256L << 10;
constexpr std::size_t kMostHeaders = 64U << 10U; // bytes
constexpr std::size_t kErrorBody = 64U << 10U;

struct FreeEasy {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](unsigned char c) { return std::tolower(c); });
    return out;
}

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == std::string::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

bool is_redirect(long status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// A connection that breaks while we send ends the exchange and not the program: libcurl leaves the signal
// alone, and its TLS library may write without asking not to be sent it.
class WithoutSigpipe {
public:
    WithoutSigpipe() {
        sigemptyset(&only_);
        sigaddset(&only_, SIGPIPE);
        sigset_t pending;
        sigpending(&pending);
        was_pending_ = sigismember(&pending, SIGPIPE) == 1;
        ::pthread_sigmask(SIG_BLOCK, &only_, &before_);
    }
    WithoutSigpipe(const WithoutSigpipe&) = delete;
    WithoutSigpipe& operator=(const WithoutSigpipe&) = delete;
    ~WithoutSigpipe() {
        const timespec now{};
        if (!was_pending_) ::sigtimedwait(&only_, nullptr, &now);
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }

private:
    sigset_t only_{}, before_{};
    bool was_pending_ = false;
};

// One exchange, without redirects.
struct Exchange {
    CURL* easy;
    const HttpBodySink& sink;
    std::size_t limit;
    const Cancellation& cancellation;
    HttpResponse response;
    std::size_t header_bytes = 0;
    const HttpUpload* upload = nullptr;
    std::uint64_t sent = 0;
    std::optional<Error> problem; // what made us break it off

    bool to_sink() const { return sink && (response.status == 200 || response.status == 206); }

    static std::size_t on_header(char* data, std::size_t, std::size_t size, void* self) noexcept {
        auto* const exchange = static_cast<Exchange*>(self);
        exchange->header_bytes += size;
        if (exchange->header_bytes > kMostHeaders) return 0;
        const std::string_view line = trim({data, size});
        if (line.starts_with("HTTP/")) { // a new head: what came before was a 100 or a proxy's
            exchange->response.headers.clear();
            return size;
        }
        if (const auto colon = line.find(':'); colon != std::string::npos)
            exchange->response.headers.emplace(lower(line.substr(0, colon)),
                                               std::string(trim(line.substr(colon + 1))));
        return size;
    }

    static std::size_t on_data(char* data, std::size_t, std::size_t size, void* self) noexcept {
        auto* const exchange = static_cast<Exchange*>(self);
        auto taken = exchange->take({data, size});
        if (taken) return size;
        exchange->problem = std::move(taken).error();
        return 0;
    }

    Result<void> take(std::string_view data) {
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &response.status);
        if (to_sink()) return sink(response, data);
        const bool good = response.status == 200;
        const std::size_t most = good ? limit : kErrorBody;
        if (response.body.size() + data.size() > most) {
            if (!good) return {}; // the beginning of an error text is enough
            return fail(Code::resource_exhausted, "the answer is larger than ", limit, " bytes");
        }
        response.body.append(data);
        return {};
    }

    static std::size_t on_upload(char* data, std::size_t, std::size_t room, void* self) noexcept {
        auto* const exchange = static_cast<Exchange*>(self);
        const HttpUpload& upload = *exchange->upload;
        const auto left = std::min<std::uint64_t>(room, upload.length() - exchange->sent);
        std::size_t count = 0;
        if (upload.file < 0) {
            count = left;
            std::memcpy(data, upload.text.data() + exchange->sent, count);
        } else if (left > 0) {
            const ssize_t read =
                ::pread(upload.file, data, left, static_cast<off_t>(upload.from + exchange->sent));
            if (read <= 0) {
                exchange->problem = Error{Code::corrupt, read < 0 ? errno : 0,
                                          "the file that is sent is shorter than it was, or unreadable"};
                return CURL_READFUNC_ABORT;
            }
            count = static_cast<std::size_t>(read);
        }
        exchange->sent += count;
        if (upload.progress) upload.progress(exchange->sent);
        return count;
    }

    static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) noexcept {
        auto* const exchange = static_cast<Exchange*>(self);
        auto may_go_on = exchange->cancellation.check();
        if (may_go_on) return 0;
        exchange->problem = std::move(may_go_on).error();
        return 1;
    }
};

void set_up(Exchange& exchange, const HttpRequest& request, const std::string& origin, curl_slist* headers) {
    CURL* const easy = exchange.easy;
    curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, request.patience_s);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, kBufferSize);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, Exchange::on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &exchange);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, Exchange::on_data);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &exchange);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, Exchange::on_progress);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, &exchange);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
    // No proxy knows a registry on this machine.
    if (is_this_machine(std::string_view(origin).substr(origin.find("//") + 2)))
        curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    if (!request.form.empty()) curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.form.c_str());
    if (request.method == "HEAD") {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else if (!request.method.empty()) {
        // An empty upload, too: "Content-Length: 0" is what registries want to see.
        static const HttpUpload kNothing;
        exchange.upload = request.upload == nullptr ? &kNothing : request.upload;
        curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
        curl_easy_setopt(easy, CURLOPT_READFUNCTION, Exchange::on_upload);
        curl_easy_setopt(easy, CURLOPT_READDATA, &exchange);
        curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, kBufferSize);
        curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(exchange.upload->length()));
    }
    if (request.from != 0) curl_easy_setopt(easy, CURLOPT_RANGE, cat(request.from, "-").c_str());
}

Result<HttpResponse> perform_once(const HttpRequest& request, const std::string& authorization,
                                  std::size_t limit, const HttpBodySink& sink,
                                  const Cancellation& cancellation) {
    const std::string origin = origin_of(request.url);
    if (origin.empty()) return fail(Code::corrupt, "'", request.url, "' is not an http or https address");
    const std::unique_ptr<CURL, FreeEasy> easy(curl_easy_init());
    if (!easy) return fail(Code::resource_exhausted, "libcurl: out of memory");
    std::unique_ptr<curl_slist, FreeList> headers;
    const auto add = [&](const std::string& line) {
        curl_slist* const longer = curl_slist_append(headers.get(), line.c_str());
        (void)headers.release(); // the list is the longer one now
        headers.reset(longer);
    };
    add("User-Agent: rt/0.1.0");
    for (const std::string& line : request.headers) add(line);
    if (!authorization.empty()) add(cat("Authorization: ", authorization));

    if (!request.method.empty()) add("Expect:"); // no pause before the body: a 401 has come before it
    Exchange exchange{easy.get(), sink, limit, cancellation, {}, 0, nullptr, 0, {}};
    set_up(exchange, request, origin, headers.get());
    const WithoutSigpipe without_signal;
    const CURLcode result = curl_easy_perform(easy.get());
    if (exchange.problem) return std::unexpected(std::move(*exchange.problem));
    if (result != CURLE_OK) {
        const bool nobody_is_there = result == CURLE_COULDNT_RESOLVE_HOST || result == CURLE_COULDNT_CONNECT;
        return std::unexpected(Error{Code::unavailable, nobody_is_there ? ECONNREFUSED : 0,
                                     cat("talk to '", origin, "': ", curl_easy_strerror(result),
                                         ": check that it is up and can be reached from here")});
    }
    curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &exchange.response.status);
    return std::move(exchange.response);
}

} // namespace

std::string resolve_location(const std::string& url, const std::string& location) {
    const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parts(curl_url(), curl_url_cleanup);
    char* text = nullptr;
    if (!parts || curl_url_set(parts.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK ||
        curl_url_set(parts.get(), CURLUPART_URL, location.c_str(), 0) != CURLUE_OK ||
        curl_url_get(parts.get(), CURLUPART_URL, &text, 0) != CURLUE_OK)
        return {};
    std::string resolved(text);
    curl_free(text);
    return resolved;
}

std::string HttpResponse::header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
}

bool is_this_machine(std::string_view host) {
    if (host.starts_with('[')) return host.substr(0, host.find(']') + 1) == "[::1]";
    host = host.substr(0, host.find_first_of(":/"));
    if (host == "localhost") return true;
    // 127.0.0.0/8 in digits, and not a name that begins like it.
    return host.starts_with("127.") && std::ranges::count(host, '.') == 3 && host.back() != '.' &&
           host.find_first_not_of("0123456789.") == std::string::npos;
}

std::string origin_of(std::string_view url) {
    const auto scheme = url.find("://");
    if (scheme == std::string::npos) return {};
    std::string name = lower(url.substr(0, scheme));
    if (name != "http" && name != "https") return {};
    const auto start = scheme + 3;
    const auto authority = url.substr(start, std::min(url.find_first_of("/?#", start), url.size()) - start);
    if (authority.empty() || authority.find('@') != std::string::npos) return {};
    return cat(name, "://", lower(authority));
}

std::string percent_encode(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.' || c == '~') {
            out += c;
        } else {
            out += '%';
            out += "0123456789ABCDEF"[byte >> 4U];
            out += "0123456789ABCDEF"[byte & 15U];
        }
    }
    return out;
}

Result<HttpResponse> http_perform(const HttpRequest& request, std::size_t body_limit,
                                  const HttpBodySink& sink, const Cancellation& cancellation) {
    static std::once_flag initialised;
    std::call_once(initialised, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });

    HttpRequest current = request;
    const std::string first_origin = origin_of(request.url);
    for (int hop = 0; hop <= kMostRedirects; ++hop) {
        const std::string origin = origin_of(current.url);
        RT_TRY_ASSIGN(HttpResponse response,
                      perform_once(current, origin == first_origin ? request.authorization : std::string(),
                                   body_limit, sink, cancellation));
        response.origin = origin;
        if (!is_redirect(response.status)) return response;
        // A registry tells of an upload's place in a Location, too, but with a status that is no redirect.
        const bool reads = current.method.empty() || current.method == "HEAD";
        if (!reads && response.status != 307 && response.status != 308) return response;
        const std::string target = resolve_location(current.url, response.header("location"));
        const std::string next = origin_of(target);
        if (next.empty())
            return fail(Code::corrupt, "'", origin, "' redirects to nowhere ('", response.header("location"),
                        "')");
        if (origin.starts_with("https:") && !next.starts_with("https:"))
            return fail(Code::permission_denied, "'", origin, "' redirects from https to '", next,
                        "', which is not encrypted: refused");
        current.url = target;
        current.form.clear();
    }
    return fail(Code::unavailable, "'", first_origin, "' redirects more than ", kMostRedirects, " times");
}

} // namespace rt::image
