// SPDX-License-Identifier: Apache-2.0
// Images on their way out: save, push, commit; and what registries are asked for besides: auth, search.
#include "core/api/container_json.hpp"
#include "core/container/commit.hpp"
#include "core/image/image_search.hpp"
#include "core/image/image_service.hpp"
#include "core/image/reference.hpp"
#include "core/image/registry_name.hpp"
#include "tools/rtd/models/filters.hpp"
#include "tools/rtd/models/registry_auth.hpp"
#include "tools/rtd/routes/named_work.hpp"
#include "tools/rtd/routes/piped.hpp"
#include "tools/rtd/routes/progress_stream.hpp"
#include "tools/rtd/routes/routes.hpp"
#include "tools/rtd/services.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <memory>

namespace rt::rtd {
namespace {

CredentialSource always(const RegistryCredentials& credentials) {
    return [credentials](const std::string&) -> Result<RegistryCredentials> { return credentials; };
}

// ---- save ----

// What can be told before the head of the answer is sent.
Result<void> check_names(Engine& engine, const std::vector<std::string>& names) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    for (const std::string& name : names) {
        auto found = state->images.find(name);
        if (found) continue;
        // A name without a tag stands for all its tags, of which "latest" need not be one.
        const auto parsed = parse_reference(name);
        const auto images = state->images.list();
        const bool some = parsed && images && std::ranges::any_of(*images, [&](const Image& image) {
                              return std::ranges::any_of(image.names, [&](const std::string& each) {
                                  return each.starts_with(parsed->repository() + ":");
                              });
                          });
        if (!some) return std::unexpected(std::move(found).error());
    }
    return {};
}

Awaitable<Result<void>> save(Services& services, Exchange& exchange, std::vector<std::string> names) {
    RT_CO_TRY_ASSIGN(const std::string platform, platform_of(exchange.request()));
    if (names.empty()) co_return fail(Code::invalid_argument, "there is no image to save: give names");
    auto task = services.workers.run(
        named_work(exchange.request(), [names](Engine& engine) { return check_names(engine, names); }));
    RT_CO_TRY(co_await std::move(task));
    Answer head{200, "application/x-tar"};
    auto sending = write_piped(services, exchange, std::move(head),
                               [names, platform](Engine& engine, int out) -> Result<void> {
                                   RT_TRY_ASSIGN(Engine::State* const state, engine.state());
                                   ImageService service(engine.wiring(), state->database, engine.drivers());
                                   return service.save(names, platform, out, Engine::new_operation());
                               });
    co_return co_await std::move(sending);
}

Awaitable<Result<void>> save_many(Services& services, Exchange& exchange) {
    std::vector<std::string> names = exchange.request().query.all("names");
    auto task = save(services, exchange, std::move(names));
    co_return co_await std::move(task);
}

Awaitable<Result<void>> save_one(Services& services, Exchange& exchange) {
    std::vector<std::string> names;
    names.push_back(exchange.request().parameter("name"));
    auto task = save(services, exchange, std::move(names));
    co_return co_await std::move(task);
}

// ---- push ----

Json pushed_line(const PushedImage& image) {
    const auto reference = parse_reference(image.name);
    return {
        {"progressDetail", Json::object()},
        {"aux", {{"Tag", reference ? reference->tag : ""}, {"Digest", image.digest}, {"Size", image.size}}}};
}

Awaitable<Result<void>> push(Services& services, Exchange& exchange) {
    const Request& request = exchange.request();
    RT_CO_TRY_ASSIGN(const RegistryCredentials credentials, registry_auth(request));
    RT_CO_TRY_ASSIGN(const std::string platform, platform_of(request));
    std::string name = request.parameter("name");
    const std::string tag = request.query.get("tag");
    const auto tags = tag.empty() ? ImageService::Tags::all : ImageService::Tags::one;
    if (!tag.empty()) name += cat(":", tag);
    RT_CO_TRY(parse_reference(name));
    auto task = ProgressStream::run(
        services, exchange,
        [name, tags, platform, credentials](Engine& engine, ProgressStream& progress) -> Result<void> {
            RT_TRY_ASSIGN(Engine::State* const state, engine.state());
            Operation operation = Engine::new_operation();
            operation.cancel_fd = progress.cancel_fd();
            ImageService service(engine.wiring(), state->database, engine.drivers());
            RT_TRY_ASSIGN(const auto pushed,
                          service.push(
                              name, tags, {platform, always(credentials)},
                              [&](const ImageProgress& step) { progress.add(step); }, operation));
            for (const PushedImage& image : pushed) progress.add(pushed_line(image));
            return {};
        });
    co_return co_await std::move(task);
}

// ---- commit ----

// What the client gives comes before what the container has; lists of names are joined.
void merge_config(Json& config, const Json& given) {
    for (const auto& [key, value] : given.items()) {
        const bool empty = value.is_null() || (value.is_string() && value.get<std::string>().empty()) ||
                           ((value.is_array() || value.is_object()) && value.empty());
        if (empty) continue;
        Json& mine = config[key];
        if (value.is_object() && mine.is_object()) {
            for (const auto& [name, item] : value.items()) mine[name] = item;
        } else if (key == "Env" && value.is_array() && mine.is_array()) {
            Json all = value;
            const auto name_of = [](const Json& item) {
                const std::string text = item.is_string() ? item.get<std::string>() : std::string();
                return text.substr(0, text.find('='));
            };
            for (const Json& item : mine)
                if (std::ranges::none_of(value,
                                         [&](const Json& other) { return name_of(other) == name_of(item); }))
                    all.push_back(item);
            mine = std::move(all);
        } else {
            mine = value;
        }
    }
}

std::vector<std::string> lines_of(const std::vector<std::string>& texts) {
    std::vector<std::string> lines;
    for (std::string_view text : texts)
        while (!text.empty()) {
            const auto end = std::min(text.find('\n'), text.size());
            if (const auto line = text.substr(0, end); line.find_first_not_of(" \t\r") != line.npos)
                lines.emplace_back(line);
            text.remove_prefix(std::min(end + 1, text.size()));
        }
    return lines;
}

Result<Answer> commit(Engine& engine, const Request& request) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(const Container container, state->containers.find(request.query.get("container")));
    RT_TRY_ASSIGN(const api::ContainerView view, api::look_at(engine, container, {}));
    Json config = api::container_config_json(view);
    if (Json::parse(request.body, nullptr, false).is_object()) {
        RT_TRY_ASSIGN(const Json given, request.json());
        merge_config(config, given);
    } else if (request.body.find_first_not_of(" \r\n") != std::string::npos &&
               !Json::parse(request.body, nullptr, false).is_null()) {
        return fail(Code::invalid_argument, "the body is not a JSON object");
    }
    CommitRequest wanted;
    wanted.config = config.dump(-1, ' ', false, Json::error_handler_t::replace);
    wanted.name = request.query.get("repo");
    if (const std::string tag = request.query.get("tag"); !tag.empty() && !wanted.name.empty())
        wanted.name += cat(":", tag);
    wanted.author = request.query.get("author");
    wanted.message = request.query.get("comment");
    wanted.changes = lines_of(request.query.all("changes"));
    if (request.query.has("pause") && !request.query.flag("pause")) wanted.pause = CommitRequest::Pause::no;
    RT_TRY_ASSIGN(const Image image, commit_container(engine, container.id, wanted));
    return json_answer({{"Id", image.id}}, 201);
}

// ---- auth and search ----

Result<Answer> auth(Engine& /*unused*/, const Request& request) {
    RT_TRY_ASSIGN(const Json body, request.json());
    const RegistryCredentials credentials = credentials_of(body);
    const auto address = body.find("serveraddress");
    RT_TRY_ASSIGN(const std::string host,
                  registry_named(address != body.end() && address->is_string() ? address->get<std::string>()
                                                                               : std::string()));
    RT_TRY_ASSIGN(ImageModule* const module, load_image_module());
    const Operation operation = Engine::new_operation();
    auto token = module->log_in(host, credentials, Cancellation{&operation});
    if (!token && token.error().code == Code::permission_denied)
        return json_answer({{"message", token.error().message}}, 401);
    if (!token) return std::unexpected(std::move(token).error());
    return json_answer({{"Status", "Login Succeeded"}, {"IdentityToken", *token}});
}

Result<Answer> search(Engine& /*unused*/, const Request& request) {
    RT_TRY_ASSIGN(const RegistryCredentials credentials, registry_auth(request));
    SearchQuery query;
    query.term = request.query.get("term");
    if (const std::string limit = request.query.get("limit"); !limit.empty() && limit != "0") {
        const auto [end, problem] = std::from_chars(limit.data(), limit.data() + limit.size(), query.limit);
        if (problem != std::errc() || end != limit.data() + limit.size())
            return fail(Code::invalid_argument, "the parameter 'limit' is not a number: '", limit, "'");
    }
    RT_TRY_ASSIGN(const auto filters, filters_of(request));
    for (const std::string& filter : filters) RT_TRY(add_search_filter(query, filter));
    RT_TRY_ASSIGN(const auto found, search_images(query, always(credentials), Engine::new_operation()));
    Json answer = Json::array();
    for (const SearchResult& result : found)
        answer.push_back({{"name", result.name},
                          {"description", result.description},
                          {"star_count", result.stars},
                          {"is_official", result.official},
                          {"is_automated", result.automated}});
    return json_answer(answer);
}

} // namespace

std::vector<Route> image_transfer_routes() {
    return {{"POST", "/auth", auth},
            {"POST", "/commit", commit},
            {"GET", "/images/search", search},
            {"GET", "/images/get", save_many},
            {"GET", "/images/{name...}/get", save_one},
            {"POST", "/images/{name...}/push", push}};
}

} // namespace rt::rtd
