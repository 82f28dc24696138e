// SPDX-License-Identifier: Apache-2.0
#include "core/base/clock.hpp"
#include "core/image/image_history.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/platforms.hpp"
#include "tools/rtctl/rows.hpp"
#include "tools/rtctl/session.hpp"

#include <nlohmann/json.hpp>

#include <array>

namespace rt::cli {
namespace {

constexpr std::size_t kShownOfCommand = 45;
constexpr std::array kHistoryFields = {
    ListingField{"ID", "IMAGE"},
    ListingField{"CreatedSince", "CREATED"},
    ListingField{"CreatedAt", "CREATED AT"},
    ListingField{"CreatedBy", "CREATED BY"},
    ListingField{"Size", "SIZE"},
    ListingField{"Comment", "COMMENT"},
};

enum class Numbers { for_people, exact };

Json to_json(const HistoryStep& step, const std::string& id, Ids ids, Numbers numbers) {
    const auto size = static_cast<std::uint64_t>(step.size);
    return {{"ID", id},
            {"CreatedSince", step.created == 0 ? std::string(kNotCounted) : show_age(step.created)},
            {"CreatedAt", step.created == 0 ? "" : rfc3339(step.created)},
            {"CreatedBy", ids == Ids::whole ? step.created_by : shortened(step.created_by, kShownOfCommand)},
            {"Size", numbers == Numbers::for_people ? human_size(size) : std::to_string(size)},
            {"Comment", step.comment}};
}

options::options_description describe_history() {
    options::options_description description("Options");
    description.add_options()(
        "human,H", options::value<bool>()->implicit_value(true)->value_name("true|false"),
        "sizes and dates for people (default: true)")("no-trunc", "whole ids and commands")(
        "quiet,q", "ids only")("format", options::value<std::string>()->value_name("FORMAT"),
                               "how to show it: json (one object a line), a template, 'table TEMPLATE'");
    add_platform_option(description);
    return description;
}

Outcome history(const Globals& globals, const Arguments& arguments) {
    Arguments words = arguments;
    for (std::string& word : words)
        if (word == "-H" || word == "--human") word = "--human=true"; // what follows is not its value
    RT_TRY_ASSIGN(const auto parsed, parse(kHistory, describe_history(), words, Operands::anywhere, 1, 1));
    if (!parsed) return 0;
    const Ids ids = parsed->has("no-trunc") ? Ids::whole : Ids::cut;
    const Numbers numbers = parsed->get<bool>("human", true) ? Numbers::for_people : Numbers::exact;
    RT_TRY_ASSIGN(Listing listing,
                  Listing::make(parsed->get<std::string>("format"), kHistoryFields,
                                {"ID", numbers == Numbers::for_people ? "CreatedSince" : "CreatedAt",
                                 "CreatedBy", "Size", "Comment"}));
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY_ASSIGN(Engine::State* const state, engine->state());
    RT_TRY_ASSIGN(const Image image, state->images.find(parsed->operands.front()));
    RT_TRY(check_platform(*parsed, image));
    RT_TRY_ASSIGN(const auto steps, history_of(state->database, image));
    std::string id = show_id(image.id, ids); // of the last step; those before it are no images
    for (const HistoryStep& step : steps) {
        if (parsed->has("quiet"))
            print_line(id);
        else
            RT_TRY(listing.add(to_json(step, id, ids, numbers)));
        id = "<missing>";
    }
    if (!parsed->has("quiet")) listing.print();
    return 0;
}

} // namespace

const Command kHistory = {"history", "[OPTIONS] IMAGE", "Show how an image came to be", history};

} // namespace rt::cli
