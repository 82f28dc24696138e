// SPDX-License-Identifier: Apache-2.0
// The files of a container: archive, export, changes.
#include "core/base/base64.hpp"
#include "core/base/clock.hpp"
#include "core/container/copy.hpp"
#include "core/container/diff.hpp"
#include "core/container/spec.hpp"
#include "tools/rtd/routes/named_work.hpp"
#include "tools/rtd/routes/piped.hpp"
#include "tools/rtd/routes/routes.hpp"

#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include <charconv>

namespace rt::rtd {
namespace {

// Go's os.FileMode.
std::uint32_t go_mode(mode_t mode) {
    std::uint32_t go = mode & 0777U;
    if (S_ISDIR(mode)) go |= 1U << 31U;
    if (S_ISLNK(mode)) go |= 1U << 27U;
    if (S_ISBLK(mode)) go |= 1U << 26U;
    if (S_ISCHR(mode)) go |= 1U << 26U | 1U << 21U;
    if (S_ISFIFO(mode)) go |= 1U << 25U;
    if (S_ISSOCK(mode)) go |= 1U << 24U;
    if ((mode & S_ISUID) != 0) go |= 1U << 23U;
    if ((mode & S_ISGID) != 0) go |= 1U << 22U;
    if ((mode & S_ISVTX) != 0) go |= 1U << 20U;
    return go;
}

Result<std::string> path_of(const Request& request) {
    std::string path = request.query.get("path");
    if (path.empty()) return fail(Code::invalid_argument, "bad parameter: path cannot be empty");
    if (!path.starts_with('/')) path.insert(0, 1, '/');
    return path;
}

Result<std::string> stat_header(Engine& engine, const std::string& reference, const std::string& path) {
    RT_TRY_ASSIGN(const ContainerFiles files, ContainerFiles::open(engine, reference, Writable::no));
    auto found = stat_path(files.root(), path, LastLink::keep);
    if (!found && found.error().code == Code::not_found)
        return fail(Code::not_found, "Could not find the file ", path, " in container ", reference);
    RT_TRY_ASSIGN(const PathStat stat, std::move(found));
    return base64(Json{{"name", stat.name},
                       {"size", stat.size},
                       {"mode", go_mode(stat.mode)},
                       {"mtime", rfc3339(stat.modified_at)},
                       {"linkTarget", stat.link_target}}
                      .dump(-1, ' ', false, Json::error_handler_t::replace));
}

Answer with_stat(const std::string& header, const std::string& content_type) {
    return {200, content_type, "", {{"X-Docker-Container-Path-Stat", header}}};
}

Result<Answer> stat_archive(Engine& engine, const Request& request) {
    RT_TRY_ASSIGN(const std::string path, path_of(request));
    RT_TRY_ASSIGN(const std::string header, stat_header(engine, request.parameter("id"), path));
    return with_stat(header, "");
}

Awaitable<Result<void>> get_archive(Services& services, Exchange& exchange) {
    RT_CO_TRY_ASSIGN(const std::string path, path_of(exchange.request()));
    const std::string id = exchange.request().parameter("id");
    auto task = services.workers.run(
        named_work(exchange.request(), [id, path](Engine& engine) { return stat_header(engine, id, path); }));
    RT_CO_TRY_ASSIGN(const std::string header, co_await std::move(task));
    auto sending = write_piped(services, exchange, with_stat(header, "application/x-tar"),
                               [id, path](Engine& engine, int out) {
                                   CopyRequest request;
                                   request.source = path;
                                   return archive_from_container(engine, id, request, out);
                               });
    co_return co_await std::move(sending);
}

// The uid and gid of the container's own user, where they are numbers.
Result<std::pair<uid_t, gid_t>> container_owner(Engine& engine, const std::string& reference) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(const Container container, state->containers.find(reference));
    RT_TRY_ASSIGN(const ContainerSpec spec, spec_from_json(container.spec));
    std::pair<uid_t, gid_t> owner{0, 0};
    const char* text = spec.user.data();
    const char* const end = text + spec.user.size();
    if (text == end) return owner;
    auto parsed = std::from_chars(text, end, owner.first);
    if (parsed.ec == std::errc() && parsed.ptr != end && *parsed.ptr == ':')
        parsed = std::from_chars(parsed.ptr + 1, end, owner.second);
    if (parsed.ec == std::errc() && parsed.ptr == end) return owner;
    return fail(Code::unsupported,
                "the parameter 'copyUIDGID' is not supported for a container whose user has a "
                "name ('",
                spec.user, "'): leave it out, or make the container with numbers");
}

Awaitable<Result<void>> put_archive(Services& services, Exchange& exchange) {
    const Request& request = exchange.request();
    ExtractRequest wanted;
    RT_CO_TRY_ASSIGN(wanted.directory, path_of(request));
    wanted.kinds = request.query.flag("noOverwriteDirNonDir") ? ArchiveToTree::Kinds::kept
                                                              : ArchiveToTree::Kinds::replaced;
    const std::string id = request.parameter("id");
    const bool as_user = request.query.flag("copyUIDGID");
    auto task = read_piped(services, exchange,
                           [id, wanted, as_user](Engine& engine, int in, const Operation&) -> Result<void> {
                               ExtractRequest extract = wanted;
                               if (as_user) {
                                   RT_TRY_ASSIGN(extract.owner, container_owner(engine, id));
                               }
                               return extract_to_container(engine, id, extract, in);
                           });
    RT_CO_TRY(co_await std::move(task));
    co_await exchange.answer(empty_answer(200));
    co_return Result<void>();
}

Awaitable<Result<void>> export_one(Services& services, Exchange& exchange) {
    const std::string id = exchange.request().parameter("id");
    auto task = services.workers.run(named_work(exchange.request(), [id](Engine& engine) -> Result<void> {
        RT_TRY_ASSIGN(Engine::State* const state, engine.state());
        RT_TRY(state->containers.find(id));
        return {};
    }));
    RT_CO_TRY(co_await std::move(task));
    Answer head{200, "application/octet-stream"};
    auto sending = write_piped(services, exchange, std::move(head),
                               [id](Engine& engine, int out) { return export_container(engine, id, out); });
    co_return co_await std::move(sending);
}

Result<Answer> changes(Engine& engine, const Request& request) {
    RT_TRY_ASSIGN(const auto found, diff_container(engine, request.parameter("id")));
    Json answer = found.empty() ? Json() : Json::array();
    for (const Change& change : found)
        answer.push_back({{"Path", change.path}, {"Kind", static_cast<int>(change.kind)}});
    return json_answer(answer);
}

} // namespace

std::vector<Route> container_file_routes() {
    return {{"HEAD", "/containers/{id}/archive", stat_archive},
            {"GET", "/containers/{id}/archive", get_archive},
            {"PUT", "/containers/{id}/archive", put_archive},
            {"GET", "/containers/{id}/export", export_one},
            {"GET", "/containers/{id}/changes", changes}};
}

} // namespace rt::rtd
