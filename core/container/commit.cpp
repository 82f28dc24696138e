// SPDX-License-Identifier: Apache-2.0
#include "core/container/commit.hpp"

#include "core/container/container_events.hpp"
#include "core/container/container_files.hpp"
#include "core/container/diff.hpp"
#include "core/container/ended_run.hpp"
#include "core/container/pause.hpp"
#include "core/container/recovery.hpp"
#include "core/image/image_service.hpp"
#include "core/image/reference.hpp"

#include <filesystem>

namespace rt {
namespace {

// Unless it is paused anyway or does not run.
Result<std::optional<Standstill>> stop_for_a_moment(Engine& engine, const Container& container) {
    std::error_code problem;
    const bool paused = std::filesystem::exists(engine.run_directory(container.id) / "paused", problem);
    if (paused || has_ended(engine, container)) return std::nullopt;
    auto made = Standstill::make(engine, container);
    if (!made)
        return in_context(std::move(made).error(), "commit (--pause=false does without standing still)");
    return std::move(*made);
}

Result<std::vector<TreeChange>> changes_of(Engine& engine, const std::string& id) {
    RT_TRY_ASSIGN(const auto changes, diff_container(engine, id));
    std::vector<TreeChange> found;
    for (const Change& change : changes) found.push_back({change.path, change.kind == ChangeKind::deleted});
    return found;
}

} // namespace

Result<Image> commit_container(Engine& engine, const std::string& reference, const CommitRequest& request) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(const Container stored, state->containers.find(reference));
    RT_TRY_ASSIGN(const Container container, refresh(engine, stored));
    std::string shown; // as the event has it
    if (!request.name.empty()) {
        RT_TRY_ASSIGN(const Reference name, parse_reference(request.name));
        shown = familiar_name(name.name());
    }
    std::optional<Standstill> standstill;
    if (request.pause == CommitRequest::Pause::yes) {
        RT_TRY_ASSIGN(auto made, stop_for_a_moment(engine, container));
        if (made) standstill.emplace(std::move(*made));
    }
    ChangesToArchive changes;
    RT_TRY_ASSIGN(changes.changes, changes_of(engine, container.id));
    RT_TRY_ASSIGN(const UniqueFd layers, open_container_layers(engine, container));
    changes.root = layers.get();

    CommitOptions options;
    options.base = container.image_id;
    options.config = request.config;
    options.name = request.name;
    options.author = request.author;
    options.message = request.message;
    options.storage = container.storage;
    options.changes = request.changes;
    options.on_record = [&](const Image& image) {
        return note_event(*state, container, "commit",
                          {{"comment", request.message}, {"imageID", image.id}, {"imageRef", shown}});
    };
    Operation operation = Engine::new_operation();
    operation.cancel_fd = request.cancel_fd;
    ImageService service(engine.wiring(), state->database, engine.drivers());
    auto image = service.commit(changes, options, operation);
    if (!image) return in_context(std::move(image).error(), "commit container '", container.name, "'");
    return image;
}

} // namespace rt
