// SPDX-License-Identifier: Apache-2.0
#include "core/config/schema.hpp"

#include "core/config/json_lines.hpp"
#include "core/config/wording.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <regex>

namespace rt {
namespace {

using Checked = std::expected<void, ConfigProblem>;

template <class... Pieces>
std::unexpected<ConfigProblem> problem(std::string pointer, const Pieces&... pieces) {
    return std::unexpected(ConfigProblem{std::move(pointer), cat(pieces...)});
}

// The standard library's regular expressions call themselves for each letter.
constexpr std::size_t kLongestMatched = 4096;

struct TypeName {
    std::string_view name;
    std::string_view words;
    bool (Json::*is)() const noexcept;
};
constexpr std::array kTypes{
    TypeName{"object", "an object", &Json::is_object},
    TypeName{"array", "an array", &Json::is_array},
    TypeName{"string", "a string", &Json::is_string},
    TypeName{"integer", "a whole number", &Json::is_number_integer},
    TypeName{"number", "a number", &Json::is_number},
    TypeName{"boolean", "true or false", &Json::is_boolean},
};

const TypeName* find_type(std::string_view name) {
    const auto* found = std::ranges::find(kTypes, name, &TypeName::name);
    return found == kTypes.end() ? nullptr : found;
}

std::vector<std::string> keys_of(const Json& object) {
    std::vector<std::string> keys;
    for (const auto& item : object.items()) keys.push_back(item.key());
    return keys;
}

std::string enumerate_values(const Json& values) {
    std::string out;
    for (const Json& value : values) out += cat(out.empty() ? "" : ", ", value.dump());
    return out;
}

std::size_t letters_in(const std::string& text) { // code points of UTF-8
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

// ---- the config, against a schema that is known to be good ----

Checked apply(const Json& schema, Json& value, const std::string& pointer,
              std::vector<std::string>* defaulted);

Checked apply_object(const Json& schema, Json& value, const std::string& pointer,
                     std::vector<std::string>* defaulted) {
    static const Json kNone = Json::object();
    const Json& properties = schema.contains("properties") ? schema["properties"] : kNone;
    for (auto& item : value.items()) {
        const std::string below = cat(pointer, "/", pointer_step(item.key()));
        const auto known = properties.find(item.key());
        if (known == properties.end()) {
            const auto keys = keys_of(properties);
            return problem(below, "unknown key '", item.key(), "'", suggestion(item.key(), keys),
                           "; known here: ", enumerate(keys));
        }
        if (auto checked = apply(*known, item.value(), below, defaulted); !checked) return checked;
    }
    for (const auto& item : properties.items()) {
        if (value.contains(item.key())) continue;
        const std::string below = cat(pointer, "/", pointer_step(item.key()));
        if (const auto preset = item.value().find("default"); preset != item.value().end()) {
            value[item.key()] = *preset;
            if (defaulted != nullptr) defaulted->push_back(below);
            // An object that is given as {} by default still gets the defaults of its members. Other defaults
            // are as good as the schema (SchemaCheck::thorough), and a pattern costs 50 us to compile.
            if (preset->is_structured())
                if (auto checked = apply(item.value(), value[item.key()], below, defaulted); !checked)
                    return checked;
        }
    }
    if (const auto required = schema.find("required"); required != schema.end())
        for (const Json& key : *required)
            if (!value.contains(key.get_ref<const std::string&>()))
                return problem(pointer, "the key ", key.dump(), " is missing, and has no default");
    return {};
}

Checked apply_string(const Json& schema, const std::string& text, const std::string& pointer) {
    if (const auto least = schema.find("minLength");
        least != schema.end() && letters_in(text) < least->get<std::size_t>())
        return problem(pointer, "is the string '", text, "', but must have at least ",
                       least->get<std::size_t>(), " characters");
    if (const auto pattern = schema.find("pattern"); pattern != schema.end()) {
        if (text.size() > kLongestMatched)
            return problem(pointer, "is a string of ", text.size(), " bytes, but at most ", kLongestMatched,
                           " are compared with a pattern");
        try {
            const std::regex expression(pattern->get_ref<const std::string&>(), std::regex::ECMAScript);
            if (!std::regex_search(text, expression))
                return problem(pointer, "is ", describe(text), ", but must match the pattern ",
                               pattern->get_ref<const std::string&>());
        } catch (const std::regex_error&) { // too complex for this text, or no expression at all
            return problem(pointer, "cannot be checked: the plugin's pattern ",
                           pattern->get_ref<const std::string&>(),
                           " is not usable; this is the plugin's fault");
        }
    }
    return {};
}

Checked apply_number(const Json& schema, const Json& value, const std::string& pointer) {
    if (const auto least = schema.find("minimum"); least != schema.end() && value < *least)
        return problem(pointer, "is ", value.dump(), ", but must be at least ", least->dump());
    if (const auto most = schema.find("maximum"); most != schema.end() && value > *most)
        return problem(pointer, "is ", value.dump(), ", but must be at most ", most->dump());
    return {};
}

Checked apply(const Json& schema, Json& value, const std::string& pointer,
              std::vector<std::string>* defaulted) {
    const TypeName& type = *find_type(schema["type"].get_ref<const std::string&>());
    if (!(value.*type.is)()) return problem(pointer, "is ", describe(value), ", but must be ", type.words);
    if (const auto allowed = schema.find("enum");
        allowed != schema.end() && std::ranges::find(*allowed, value) == allowed->end())
        return problem(pointer, "is ", describe(value), ", but must be one of ", enumerate_values(*allowed));
    if (value.is_object()) return apply_object(schema, value, pointer, defaulted);
    if (value.is_string()) return apply_string(schema, value.get_ref<const std::string&>(), pointer);
    if (value.is_number()) return apply_number(schema, value, pointer);
    if (value.is_array() && schema.contains("items"))
        for (std::size_t i = 0; i < value.size(); ++i)
            if (auto checked = apply(schema["items"], value[i], cat(pointer, "/", i), defaulted); !checked)
                return checked;
    return {};
}

// ---- the schema itself ----

class SchemaReader {
public:
    explicit SchemaReader(SchemaCheck check) : check_(check) {}

    Checked read(const Json& schema, const std::string& pointer) const {
        if (!schema.is_object()) return problem(pointer, "is ", describe(schema), ", but must be an object");
        const auto type = schema.find("type");
        if (type == schema.end() || !type->is_string() ||
            find_type(type->get_ref<const std::string&>()) == nullptr)
            return problem(pointer,
                           "needs one \"type\" out of object, array, string, integer, number, boolean");
        const std::string& name = type->get_ref<const std::string&>();
        for (const auto& item : schema.items())
            if (auto checked = keyword(name, item.key(), item.value(), cat(pointer, "/", item.key()));
                !checked)
                return checked;
        if (name == "object" && !schema.contains("additionalProperties"))
            return problem(pointer, "is an open object; say \"additionalProperties\": false");
        return check_ == SchemaCheck::thorough ? preset(schema, pointer) : Checked{};
    }

private:
    Checked keyword(const std::string& type, const std::string& key, const Json& value,
                    const std::string& pointer) const {
        if (key == "type" || key == "default" || key == "title" || key == "description" || key == "$schema")
            return {};
        if (type == "object" && key == "properties") return properties(value, pointer);
        if (type == "object" && key == "required" && is_list_of_strings(value)) return {};
        if (type == "object" && key == "additionalProperties" && value == false) return {};
        if (type == "array" && key == "items") return read(value, pointer);
        if (type == "string" && key == "minLength" && value.is_number_unsigned()) return {};
        if (type == "string" && key == "pattern" && value.is_string()) return pattern(value, pointer);
        if ((type == "integer" || type == "number") && (key == "minimum" || key == "maximum") &&
            value.is_number())
            return {};
        if (key == "enum" && value.is_array() && !value.empty()) return {};
        return problem(pointer, "is not part of the schema subset for the type ", type,
                       ", or has a wrong value (", describe(value), ")");
    }

    Checked properties(const Json& value, const std::string& pointer) const {
        if (!value.is_object()) return problem(pointer, "is ", describe(value), ", but must be an object");
        for (const auto& item : value.items())
            if (auto checked = read(item.value(), cat(pointer, "/", pointer_step(item.key()))); !checked)
                return checked;
        return {};
    }

    Checked pattern(const Json& value, const std::string& pointer) const {
        if (check_ == SchemaCheck::quick) return {};
        try {
            const std::regex expression(value.get_ref<const std::string&>(), std::regex::ECMAScript);
            return {};
        } catch (const std::regex_error& error) {
            return problem(pointer, "is no ECMAScript regular expression: ", error.what());
        }
    }

    static Checked preset(const Json& schema, const std::string& pointer) {
        const auto found = schema.find("default");
        if (found == schema.end()) return {};
        Json value = *found;
        if (const auto checked = apply(schema, value, "", nullptr); !checked)
            return problem(cat(pointer, "/default", checked.error().pointer), checked.error().text);
        return {};
    }

    static bool is_list_of_strings(const Json& value) {
        return value.is_array() &&
               std::ranges::all_of(value, [](const Json& item) { return item.is_string(); });
    }

    SchemaCheck check_;
};

} // namespace

std::string describe(const Json& value) {
    constexpr std::size_t kShown = 60;
    switch (value.type()) {
    case Json::value_t::null: return "null";
    case Json::value_t::object: return "an object";
    case Json::value_t::array: return "an array";
    case Json::value_t::string: {
        const std::string& text = value.get_ref<const std::string&>();
        return cat("the string '", text.substr(0, kShown), text.size() > kShown ? "..." : "", "'");
    }
    case Json::value_t::boolean: return value.get<bool>() ? "true" : "false";
    default: return cat("the number ", value.dump());
    }
}

Result<Json> parse_schema(std::string_view text, std::string_view plugin, SchemaCheck check) {
    // Every start reads schemas. The parser that watches for duplicate keys and depth takes five times as
    // long, so it is for those that are not sound, and for the thorough check.
    Result<Json> schema = Json::parse(text, nullptr, false);
    if (schema->is_discarded() || check == SchemaCheck::thorough)
        schema = parse_json(text, cat("config schema of plugin '", plugin, "'"));
    if (!schema) return fail(Code::invalid_argument, schema.error().message, "; this is the plugin's fault");
    auto checked = SchemaReader(check).read(*schema, "");
    if (checked && (*schema)["type"] != "object")
        checked = problem("/type", "must be \"object\" at the root");
    if (!checked)
        return fail(Code::invalid_argument, "config schema of plugin '", plugin, "' at '",
                    checked.error().pointer, "': ", checked.error().text, "; this is the plugin's fault");
    return schema;
}

std::expected<void, ConfigProblem> apply_schema(const Json& schema, Json& config,
                                                std::vector<std::string>* defaulted) {
    return apply(schema, config, "", defaulted);
}

} // namespace rt
