// SPDX-License-Identifier: Apache-2.0
#include "core/api/image_json.hpp"
#include "core/base/clock.hpp"
#include "core/container/prune.hpp"
#include "core/container/system_use.hpp"
#include "core/image/image_service.hpp"
#include "core/image/platform.hpp"
#include "core/image/reference.hpp"
#include "tools/rtd/log.hpp"
#include "tools/rtd/models/answer_shape.hpp"
#include "tools/rtd/models/filters.hpp"
#include "tools/rtd/models/registry_auth.hpp"
#include "tools/rtd/routes/image_import.hpp"
#include "tools/rtd/routes/piped.hpp"
#include "tools/rtd/routes/progress_stream.hpp"
#include "tools/rtd/routes/routes.hpp"
#include "tools/rtd/services.hpp"

#include <fnmatch.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace rt::rtd {
namespace {

ImageService service_of(Engine& engine, Engine::State& state) {
    return {engine.wiring(), state.database, engine.drivers()};
}

// docker's filters of GET /images/json.
class ImageFilters {
public:
    static Result<ImageFilters> parse(Engine::State& state, const std::vector<std::string>& texts) {
        ImageFilters filters;
        for (const std::string& text : texts) {
            const auto equals = text.find('=');
            const std::string key = text.substr(0, equals);
            const std::string value = text.substr(equals + 1);
            if (key == "reference") {
                filters.references_.push_back(value);
            } else if (key == "label") {
                filters.labels_.push_back(value);
            } else if (key == "dangling") {
                if (value != "true" && value != "1" && value != "false" && value != "0")
                    return fail(Code::invalid_argument, "invalid filter 'dangling=[", value, "]'");
                filters.dangling_ = value == "true" || value == "1";
            } else if (key == "before" || key == "since") {
                RT_TRY_ASSIGN(const Image image, state.images.find(value));
                (key == "before" ? filters.before_ : filters.since_) = created(image);
            } else if (key == "until") {
                RT_TRY_ASSIGN(filters.until_, PruneFilters::parse({text}, now_ns()));
            } else {
                return fail(Code::invalid_argument, "invalid filter '", key,
                            "': known are before, dangling, label, reference, since and until");
            }
        }
        return filters;
    }

    [[nodiscard]] bool matches(const Image& image, const std::map<std::string, std::string>& labels) const {
        if (dangling_ && *dangling_ != image.names.empty()) return false;
        const std::int64_t made = created(image);
        if ((before_ && made >= *before_) || (since_ && made <= *since_)) return false;
        if (until_ && !until_->matches(made, labels)) return false;
        for (const std::string& wanted : labels_) {
            const auto equals = wanted.find('=');
            const auto found = labels.find(wanted.substr(0, equals));
            if (found == labels.end()) return false;
            if (equals != std::string::npos && found->second != wanted.substr(equals + 1)) return false;
        }
        return references_.empty() ||
               std::ranges::any_of(image.names, [&](const std::string& name) { return is_wanted(name); });
    }

    // Of the names that it has those that were asked for.
    void keep_wanted_names(Image& image) const {
        if (!references_.empty())
            std::erase_if(image.names, [&](const std::string& name) { return !is_wanted(name); });
    }

private:
    [[nodiscard]] bool is_wanted(const std::string& name) const {
        return std::ranges::any_of(
            references_, [&](const std::string& pattern) { return fits(pattern, familiar_name(name)); });
    }
    static std::int64_t created(const Image& image) {
        return api::created_at(Json::parse(image.config_json, nullptr, false));
    }
    // "debian" means every tag of it.
    static bool fits(const std::string& pattern, const std::string& name) {
        const auto slash = name.rfind('/');
        const auto colon = name.find_first_of(":@", slash == std::string::npos ? 0 : slash);
        return ::fnmatch(pattern.c_str(), name.c_str(), FNM_PATHNAME) == 0 ||
               ::fnmatch(pattern.c_str(), name.substr(0, colon).c_str(), FNM_PATHNAME) == 0;
    }

    std::vector<std::string> references_, labels_;
    std::optional<bool> dangling_;
    std::optional<std::int64_t> before_, since_;
    std::optional<PruneFilters> until_;
};

std::map<std::string, std::string> labels_of(const Json& document) {
    std::map<std::string, std::string> labels;
    const Json config = document.is_object() ? document.value("config", Json::object()) : Json::object();
    const Json found = config.is_object() ? config.value("Labels", Json::object()) : Json::object();
    for (const auto& [key, value] : found.items())
        if (value.is_string()) labels[key] = value;
    return labels;
}

Result<Answer> image_list(Engine& engine, const Request& request) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(auto texts, filters_of(request));
    if (const std::string name = request.query.get("filter"); !name.empty()) // before API 1.41
        texts.push_back(cat("reference=", name));
    RT_TRY_ASSIGN(const ImageFilters filters, ImageFilters::parse(*state, texts));
    RT_TRY_ASSIGN(auto images, state->images.list());
    const bool wants_shared = request.query.flag("shared-size");
    BytesById shared;
    if (wants_shared) {
        RT_TRY_ASSIGN(shared, shared_bytes(state->database));
    }
    Json answer = Json::array();
    for (Image& image : images) {
        RT_TRY_ASSIGN(api::ImageView view, api::look_at(engine, image));
        if (!filters.matches(image, labels_of(view.document))) continue;
        filters.keep_wanted_names(view.image);
        api::ImageCounts counts;
        if (wants_shared) counts.shared = shared[view.image.id];
        answer.push_back(
            shaped(Shape::image_summary, api::image_summary_json(view, counts), request.version));
    }
    return json_answer(answer);
}

// docker-compose 1 asks in the newest version and expects what came before this one.
ApiVersion version_of_answer(const Request& request) {
    constexpr ApiVersion kKnown{1, 44};
    const bool knows_no_more = request.header("User-Agent").starts_with("docker-compose/1.");
    return knows_no_more && kKnown < request.version ? kKnown : request.version;
}

Result<Answer> image_inspect(Engine& engine, const Request& request) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(const Image image, state->images.find(request.parameter("name")));
    RT_TRY_ASSIGN(const api::ImageView view, api::look_at(engine, image));
    return json_answer(shaped(Shape::image, api::image_json(view), version_of_answer(request)));
}

Result<Answer> image_remove(Engine& engine, const Request& request) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    ImageService service = service_of(engine, *state);
    if (request.query.flag("noprune"))
        return fail(Code::unsupported,
                    "the parameter 'noprune' is not supported: layers that no image needs go");
    if (!request.query.all("platforms").empty())
        return fail(Code::unsupported, "the parameter 'platforms' is not supported: an image is kept for one "
                                       "platform, and is removed as a whole");
    RT_TRY_ASSIGN(
        const RemovedImage removed,
        service.remove(request.parameter("name"),
                       request.query.flag("force") ? ImageService::Force::yes : ImageService::Force::no,
                       Engine::new_operation()));
    Json answer = Json::array();
    for (const std::string& name : removed.untagged) answer.push_back({{"Untagged", name}});
    for (const std::string& id : removed.deleted) answer.push_back({{"Deleted", id}});
    if (!removed.warning.empty()) log(LogLevel::warning, removed.warning);
    return json_answer(answer);
}

Result<Answer> image_prune(Engine& engine, const Request& request) {
    RT_TRY_ASSIGN(auto texts, filters_of(request));
    PruneImages which = PruneImages::dangling;
    std::erase_if(texts, [&](const std::string& text) {
        if (text == "dangling=false" || text == "dangling=0") which = PruneImages::unused;
        return text.starts_with("dangling=");
    });
    RT_TRY_ASSIGN(const PruneFilters filters, PruneFilters::parse(texts, now_ns()));
    RT_TRY_ASSIGN(const Pruned pruned, prune_images(engine, filters, which));
    for (const Error& problem : pruned.problems) log(LogLevel::warning, problem.message);
    Json deleted = pruned.untagged.empty() && pruned.deleted.empty() ? Json() : Json::array();
    for (const std::string& name : pruned.untagged) deleted.push_back({{"Untagged", name}});
    for (const std::string& id : pruned.deleted) deleted.push_back({{"Deleted", id}});
    return json_answer({{"ImagesDeleted", std::move(deleted)}, {"SpaceReclaimed", pruned.reclaimed}});
}

// With a tag or a digest. Without, clients mean all that there are.
bool names_one(const std::string& name) {
    return name.find('@') != std::string::npos || name.find(':', name.rfind('/') + 1) != std::string::npos;
}

Awaitable<Result<void>> pull(Services& services, Exchange& exchange) {
    const Request& request = exchange.request();
    if (request.query.has("fromSrc") && !request.query.get("fromSrc").empty())
        co_return co_await import_image(services, exchange);
    RT_CO_TRY_ASSIGN(const RegistryCredentials credentials, registry_auth(request));
    std::string name = request.query.get("fromImage");
    const std::string tag = request.query.get("tag");
    if (name.empty()) co_return fail(Code::invalid_argument, "fromImage is missing in the request");
    if (!tag.empty()) name += cat(tag.find(':') == std::string::npos ? ":" : "@", tag);
    RT_CO_TRY(parse_reference(name));
    RT_CO_TRY(parse_platform(request.query.get("platform")));
    auto work = [name, credentials, all = !names_one(name), platform = request.query.get("platform")](
                    Engine& engine, ProgressStream& progress) -> Result<void> {
        RT_TRY_ASSIGN(Engine::State* const state, engine.state());
        Operation operation = Engine::new_operation();
        operation.cancel_fd = progress.cancel_fd();
        ImageService service = service_of(engine, *state);
        const CredentialSource source = [&](const std::string&) -> Result<RegistryCredentials> {
            return credentials;
        };
        std::vector<std::string> names{name};
        if (all) {
            RT_TRY_ASSIGN(names, service.remote_tags(name, source, operation));
            for (std::string& one : names) one = cat(name, ":", one);
        }
        for (const std::string& one : names)
            RT_TRY(service.pull(
                one, {platform, "", source}, [&](const ImageProgress& step) { progress.add(step); },
                operation));
        return {};
    };
    auto task = ProgressStream::run(services, exchange, std::move(work));
    co_return co_await std::move(task);
}

std::string stream_line(const std::string& text) {
    return Json{{"stream", text + "\n"}}.dump(-1, ' ', false, Json::error_handler_t::replace) + "\r\n";
}

Awaitable<Result<void>> load(Services& services, Exchange& exchange) {
    auto names = std::make_shared<std::vector<std::string>>();
    RT_CO_TRY_ASSIGN(const std::string platform, platform_of(exchange.request()));
    auto task = read_piped(
        services, exchange,
        [names, platform](Engine& engine, int in, const Operation& operation) -> Result<void> {
            RT_TRY_ASSIGN(Engine::State* const state, engine.state());
            ImageService service = service_of(engine, *state);
            RT_TRY_ASSIGN(const auto images, service.load(ArchiveSource(in), "", {}, operation, platform));
            for (const Image& image : images) {
                for (const std::string& name : image.names)
                    names->push_back(cat("Loaded image: ", familiar_name(name)));
                if (image.names.empty()) names->push_back(cat("Loaded image ID: ", image.id));
            }
            return {};
        });
    RT_CO_TRY(co_await std::move(task));
    co_await exchange.begin(kJsonHead);
    for (const std::string& line : *names) co_await exchange.write(stream_line(line));
    co_return Result<void>();
}

} // namespace

std::vector<Route> image_routes() {
    return {{"GET", "/images/json", image_list},
            {"POST", "/images/create", pull},
            {"POST", "/images/load", load},
            {"POST", "/images/prune", image_prune},
            {"GET", "/images/{name...}/json", image_inspect},
            {"DELETE", "/images/{name...}", image_remove}};
}

} // namespace rt::rtd
