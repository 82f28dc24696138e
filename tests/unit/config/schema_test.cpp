// SPDX-License-Identifier: Apache-2.0
#include "core/config/schema.hpp"

#include <nlohmann/json.hpp>

#include <gmock/gmock.h>

namespace rt {
namespace {

using testing::HasSubstr;
using testing::UnorderedElementsAre;

constexpr const char* kSchema = R"({
  "type": "object", "additionalProperties": false, "required": ["name"],
  "properties": {
    "name":   {"type": "string", "minLength": 2, "description": "what it is called"},
    "pool":   {"type": "string", "pattern": "^[0-9.]+/[0-9]+$", "default": "10.0.0.0/8"},
    "mode":   {"type": "string", "enum": ["a", "b"], "default": "a"},
    "size":   {"type": "integer", "minimum": 1, "maximum": 10},
    "ratio":  {"type": "number", "minimum": 0.5},
    "strict": {"type": "boolean", "default": true},
    "list":   {"type": "array", "items": {"type": "integer"}, "default": []},
    "more":   {"type": "object", "additionalProperties": false, "default": {},
               "properties": {"deep": {"type": "integer", "default": 7}}}
  }
})";

struct Outcome {
    std::string pointer; // of the problem; "ok" where there is none
    std::string text;
    Json config;
    std::vector<std::string> defaulted;
};

Outcome check(const std::string& config, const char* schema_text = kSchema) {
    const auto schema = parse_schema(schema_text, "test", SchemaCheck::thorough);
    EXPECT_TRUE(schema) << schema.error().message;
    Outcome outcome{"ok", "", Json::parse(config), {}};
    if (const auto result = apply_schema(*schema, outcome.config, &outcome.defaulted); !result) {
        outcome.pointer = result.error().pointer;
        outcome.text = result.error().text;
    }
    return outcome;
}

TEST(ConfigSchema, FillsInDefaultsAtEveryDepth) {
    const Outcome outcome = check(R"({"name":"xy","size":3})");
    EXPECT_EQ(outcome.pointer, "ok");
    EXPECT_EQ(outcome.config,
              Json::parse(R"({"name":"xy","size":3,"pool":"10.0.0.0/8","mode":"a","strict":true,
                                              "list":[],"more":{"deep":7}})"));
    EXPECT_THAT(outcome.defaulted,
                UnorderedElementsAre("/pool", "/mode", "/strict", "/list", "/more", "/more/deep"));
}

TEST(ConfigSchema, NamesWhatIsWrongAndWhere) {
    struct Case {
        const char* config;
        const char* pointer;
        const char* text;
    };
    for (const Case& c : {
             Case{R"({})", "", "\"name\" is missing"},
             Case{R"({"name":"x"})", "/name", "at least 2"},
             Case{R"({"name":5})", "/name", "the number 5, but must be a string"},
             Case{R"({"name":"xy","pool":"here"})", "/pool", "pattern"},
             Case{R"({"name":"xy","mode":"c"})", "/mode", "one of \"a\", \"b\""},
             Case{R"({"name":"xy","size":0})", "/size", "at least 1"},
             Case{R"({"name":"xy","size":11})", "/size", "at most 10"},
             Case{R"({"name":"xy","size":1.5})", "/size", "a whole number"},
             Case{R"({"name":"xy","size":"3"})", "/size", "the string '3'"},
             Case{R"({"name":"xy","ratio":0.25})", "/ratio", "at least 0.5"},
             Case{R"({"name":"xy","strict":null})", "/strict", "null, but must be true or false"},
             Case{R"({"name":"xy","list":[1,"2"]})", "/list/1", "whole number"},
             Case{R"({"name":"xy","list":{}})", "/list", "an object, but must be an array"},
             Case{R"({"name":"xy","more":{"dep":1}})", "/more/dep", "did you mean 'deep'?"},
             Case{R"({"name":"xy","a/b":1})", "/a~1b", "unknown key 'a/b'"},
         }) {
        SCOPED_TRACE(c.config);
        const Outcome outcome = check(c.config);
        EXPECT_EQ(outcome.pointer, c.pointer);
        EXPECT_THAT(outcome.text, HasSubstr(c.text));
    }
}

TEST(ConfigSchema, AcceptsTheLimitsThemselves) {
    for (const char* config :
         {R"({"name":"xy","size":1})", R"({"name":"xy","size":10})", R"({"name":"xy","ratio":0.5})",
          R"({"name":"xy","ratio":1})", R"({"name":"\u00fc\u00fc"})", R"({"name":"xy","list":[-1,2]})"})
        EXPECT_EQ(check(config).pointer, "ok") << config;
    EXPECT_EQ(check("{\"name\":\"\u00fc\"}").pointer, "/name"); // one letter of two bytes
}

TEST(ConfigSchema, RefusesWhatItCannotEnforce) {
    for (
        const char* schema : {
            R"(5)",
            R"({})",
            R"({"type":"object"})",
            R"({"type":"object","additionalProperties":true})",
            R"({"type":"string"})",
            R"({"type":["object"],"additionalProperties":false})",
            R"({"type":"object","additionalProperties":false,"oneOf":[]})",
            R"({"type":"object","additionalProperties":false,"minLength":3})",
            R"({"type":"object","additionalProperties":false,"required":"a"})",
            R"({"type":"object","additionalProperties":false,"properties":[]})",
            R"({"type":"object","additionalProperties":false,"properties":{"a":{}}})",
            R"({"type":"object","additionalProperties":false,"properties":{"a":{"type":"null"}}})",
            R"({"type":"object","additionalProperties":false,"properties":{"a":{"type":"string","format":"ip"}}})",
            R"({"type":"object","additionalProperties":false,"properties":{"a":{"type":"string","minLength":-1}}})",
            R"({"type":"object","additionalProperties":false,"properties":{"a":{"type":"string","enum":[]}}})",
            R"({"type":"object","additionalProperties":false,"properties":{"a":{"type":"integer","minimum":"1"}}})",
            R"({"type":"object","additionalProperties":false,"properties":{"a":{"type":"object"}}})",
            R"({"type":"object","additionalProperties":false,"properties":{"a":{"type":"array","items":5}}})",
            R"({"type":"object","additionalProperties":false)", // cut short
        }) {
        const auto parsed = parse_schema(schema, "test");
        ASSERT_FALSE(parsed) << schema;
        EXPECT_EQ(parsed.error().code, Code::invalid_argument);
        EXPECT_THAT(parsed.error().message, HasSubstr("plugin"));
    }
}

TEST(ConfigSchema, AThoroughCheckTriesPatternsAndDefaults) {
    for (
        const char* schema : {
            R"({"type":"object","additionalProperties":false,"properties":{"a":{"type":"string","pattern":"("}}})",
            R"({"type":"object","additionalProperties":false,"properties":{"a":{"type":"integer","default":"x"}}})",
            R"({"type":"object","additionalProperties":false,"properties":{"a":{"type":"integer","minimum":3,"default":2}}})",
        }) {
        EXPECT_TRUE(parse_schema(schema, "test", SchemaCheck::quick)) << schema;
        EXPECT_FALSE(parse_schema(schema, "test", SchemaCheck::thorough)) << schema;
    }
}

TEST(ConfigSchema, APatternThatIsNoneIsAProblemNotACrash) {
    const auto schema = parse_schema(
        R"({"type":"object","additionalProperties":false,"properties":{"a":{"type":"string","pattern":"("}}})",
        "test");
    ASSERT_TRUE(schema);
    Json config{{"a", "x"}};
    EXPECT_FALSE(apply_schema(*schema, config));
}

// Comparing it would take the stack of the process.
TEST(ConfigSchema, AStringTooLongForAPatternIsRefused) {
    const Outcome outcome = check(R"({"name":"xy","pool":")" + std::string(1'000'000, '1') + R"("})");
    EXPECT_EQ(outcome.pointer, "/pool");
    EXPECT_THAT(outcome.text, HasSubstr("at most"));
}

} // namespace
} // namespace rt
