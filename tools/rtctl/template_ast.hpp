// SPDX-License-Identifier: Apache-2.0
// A template that was read: what template_parse.cpp makes and template_render.cpp walks. Positions are
// columns, from 1.
#pragma once

#include "core/base/error.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rt::cli::template_ast {

struct Pipeline;

struct Operand {
    enum class Kind { literal, dot, variable, function, group } kind = Kind::dot;
    std::size_t at = 0;
    nlohmann::json literal;          // literal
    std::string name;                // variable (with its '$'), function
    std::vector<Pipeline> group;     // group: exactly one
    std::vector<std::string> fields; // ".A.B" behind it
};

struct Pipeline {
    enum class Binds { nothing, declares, assigns } binds = Binds::nothing;
    std::size_t at = 0;
    std::vector<std::string> variables;
    std::vector<std::vector<Operand>> commands; // each result is the last argument of the next
};

struct Node;
struct Block {
    std::vector<Node> nodes;
};

struct Node {
    enum class Kind { text, action, condition, range, with } kind = Kind::text;
    std::string text;
    Pipeline pipeline;
    Block body, otherwise;
};

struct Token {
    enum class Kind { end, field, dot, variable, word, literal, pipe, declare, assign, comma, open, close };
    Kind kind = Kind::end;
    std::size_t at = 0;
    std::string text;
    nlohmann::json literal;
    bool after_space = false;
};

// Of the inside of one {{...}} that stands at column at.
Result<std::vector<Token>> read_tokens(std::string_view text, std::size_t at);

// nothing: there is no such function.
bool is_function(std::string_view name);
Result<nlohmann::json> call_function(std::string_view name, std::span<const nlohmann::json> arguments);
// Of printf: the format first.
Result<nlohmann::json> format_values(std::span<const nlohmann::json> values);
bool is_true(const nlohmann::json& value);
std::string show(const nlohmann::json& value); // as Go's %v

} // namespace rt::cli::template_ast
