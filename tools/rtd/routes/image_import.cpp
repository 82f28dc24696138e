// SPDX-License-Identifier: Apache-2.0
#include "tools/rtd/routes/image_import.hpp"

#include "core/image/image_service.hpp"
#include "core/image/reference.hpp"
#include "tools/rtd/routes/piped.hpp"

#include <nlohmann/json.hpp>

namespace rt::rtd {
namespace {

Result<ImportOptions> options_of(const Request& request) {
    const std::string source = request.query.get("fromSrc");
    if (source != "-")
        return fail(Code::unsupported, "import from '", source,
                    "': only the body of the request is supported (fromSrc=-): fetch it first, and send it");
    ImportOptions options;
    options.name = request.query.get("repo");
    if (const std::string tag = request.query.get("tag"); !tag.empty() && !options.name.empty())
        options.name += cat(":", tag);
    if (!options.name.empty()) RT_TRY(parse_reference(options.name));
    options.changes = request.query.all("changes");
    options.message = request.query.get("message");
    if (options.message.empty()) options.message = "Imported from -";
    options.platform = request.query.get("platform");
    return options;
}

} // namespace

Awaitable<Result<void>> import_image(Services& services, Exchange& exchange) {
    RT_CO_TRY_ASSIGN(const ImportOptions options, options_of(exchange.request()));
    const auto id = std::make_shared<std::string>();
    auto task = read_piped(services, exchange,
                           [options, id](Engine& engine, int in, const Operation& operation) -> Result<void> {
                               RT_TRY_ASSIGN(Engine::State* const state, engine.state());
                               ImageService service(engine.wiring(), state->database, engine.drivers());
                               RT_TRY_ASSIGN(const Image image,
                                             service.import(ArchiveSource(in), options, {}, operation));
                               *id = image.id;
                               return {};
                           });
    RT_CO_TRY(co_await std::move(task));
    const std::string line = Json{{"status", *id}}.dump() + "\r\n";
    co_await exchange.begin(kJsonHead);
    co_await exchange.write(line);
    co_return Result<void>();
}

} // namespace rt::rtd
