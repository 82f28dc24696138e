// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/template.hpp"
#include "tools/rtctl/template_ast.hpp"

#include <optional>
#include <utility>

namespace rt::cli {
namespace template_ast {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kLongest = 64U << 20U; // a template of nested ranges must not fill the memory

class Renderer {
public:
    Renderer(const Json& data, const Json& methods, const Template::Names& names)
        : methods_(methods), names_(names) {
        variables_.emplace_back("$", data);
    }

    Result<void> block(const Block& block, const Json& dot) {
        const std::size_t outside = variables_.size();
        for (const Node& node : block.nodes) RT_TRY(this->node(node, dot));
        variables_.resize(outside);
        return {};
    }
    std::string take() { return std::move(out_); }

private:
    Result<void> put(std::string_view text) {
        if (out_.size() + text.size() > kLongest)
            return fail(Code::resource_exhausted, "its result is larger than ", kLongest, " bytes");
        out_ += text;
        return {};
    }

    Result<void> node(const Node& node, const Json& dot) {
        if (node.kind == Node::Kind::text) return put(node.text);
        const std::size_t outside = variables_.size();
        RT_TRY_ASSIGN(const Json value, evaluate(node.pipeline, dot));
        if (node.kind == Node::Kind::action) {
            if (node.pipeline.binds != Pipeline::Binds::nothing) return bind(node.pipeline, value);
            return put(value.is_null() ? "<no value>" : show(value));
        }
        RT_TRY(control(node, dot, value));
        variables_.resize(outside);
        return {};
    }

    Result<void> control(const Node& node, const Json& dot, const Json& value) {
        if (node.kind == Node::Kind::range) return range(node, dot, value);
        RT_TRY(bind(node.pipeline, value));
        if (!is_true(value)) return block(node.otherwise, dot);
        return block(node.body, node.kind == Node::Kind::with ? value : dot);
    }

    Result<void> range(const Node& node, const Json& dot, const Json& value) {
        if (!value.is_structured() && !value.is_null())
            return fail(Code::invalid_argument, "at column ", node.pipeline.at, ": range can't iterate over ",
                        show(value));
        if (value.empty()) return block(node.otherwise, dot);
        std::int64_t number = 0;
        for (const auto& [key, member] : value.items()) {
            const std::size_t outside = variables_.size();
            const auto& names = node.pipeline.variables;
            const Json position = value.is_object() ? Json(key) : Json(number);
            if (names.size() == 2) set(node.pipeline, names[0], position);
            if (!names.empty()) set(node.pipeline, names.back(), member);
            RT_TRY(block(node.body, member));
            variables_.resize(outside);
            ++number;
        }
        return {};
    }

    Result<void> bind(const Pipeline& pipeline, const Json& value) {
        for (const std::string& name : pipeline.variables) set(pipeline, name, value);
        return {};
    }

    void set(const Pipeline& pipeline, const std::string& name, const Json& value) {
        if (pipeline.binds == Pipeline::Binds::assigns)
            for (auto known = variables_.rbegin(); known != variables_.rend(); ++known)
                if (known->first == name) {
                    known->second = value;
                    return;
                }
        variables_.emplace_back(name, value);
    }

    Result<Json> evaluate(const Pipeline& pipeline, const Json& dot) {
        std::optional<Json> piped;
        for (const auto& command : pipeline.commands) {
            RT_TRY_ASSIGN(Json value, run(command, dot, piped));
            piped = std::move(value);
        }
        return *std::move(piped);
    }

    Result<Json> run(const std::vector<Operand>& command, const Json& dot, const std::optional<Json>& piped) {
        const Operand& first = command.front();
        if (first.kind == Operand::Kind::function) return call(command, dot, piped);
        if (command.size() == 1) return value_of(first, dot);
        if (first.kind != Operand::Kind::dot || first.fields.size() != 1 || command.size() != 2 ||
            !methods_.contains(first.fields[0]))
            return fail(Code::invalid_argument, "at column ", first.at, ": ", first.fields.back(),
                        " has arguments but cannot be invoked as function");
        RT_TRY_ASSIGN(const Json key, value_of(command[1], dot));
        if (!key.is_string())
            return fail(Code::invalid_argument, "at column ", command[1].at, ": expected a string, found ",
                        show(key));
        return methods_[first.fields[0]].value(key.get<std::string>(), Json(""));
    }

    Result<Json> call(const std::vector<Operand>& command, const Json& dot,
                      const std::optional<Json>& piped) {
        const Operand& function = command.front();
        const bool is_and = function.name == "and";
        const bool is_logic = is_and || function.name == "or";
        std::vector<Json> arguments;
        for (std::size_t i = 1; i < command.size(); ++i) {
            RT_TRY_ASSIGN(Json value, value_of(command[i], dot));
            if (is_logic && is_true(value) != is_and) return value;
            arguments.push_back(std::move(value));
        }
        if (piped) arguments.push_back(*piped);
        if (is_logic && !arguments.empty()) return arguments.back();
        Result<Json> result = is_logic ? fail(Code::invalid_argument, function.name, " needs an argument")
                                       : call_function(function.name, arguments);
        if (!result)
            return fail(result.error().code, "at column ", function.at, ": ", result.error().message);
        return follow(*std::move(result), function);
    }

    Result<Json> value_of(const Operand& operand, const Json& dot) {
        switch (operand.kind) {
        case Operand::Kind::literal: return operand.literal;
        case Operand::Kind::dot: return follow(dot, operand);
        case Operand::Kind::function: return call({operand}, dot, std::nullopt);
        case Operand::Kind::variable:
            for (auto known = variables_.rbegin(); known != variables_.rend(); ++known)
                if (known->first == operand.name) return follow(known->second, operand);
            break;
        case Operand::Kind::group: {
            RT_TRY_ASSIGN(const Json value, evaluate(operand.group.front(), dot));
            return follow(value, operand);
        }
        }
        return fail(Code::invalid_argument, "at column ", operand.at, ": undefined variable '", operand.name,
                    "'");
    }

    Result<Json> follow(const Json& from, const Operand& operand) const {
        const Json* at = &from;
        for (const std::string& field : operand.fields) {
            if (at->is_null())
                return fail(Code::invalid_argument, "at column ", operand.at, ": nil pointer evaluating <",
                            path_of(operand), ">: no '", field, "' in nothing");
            if (!at->is_object())
                return fail(Code::invalid_argument, "at column ", operand.at, ": at <", path_of(operand),
                            ">: can't evaluate field ", field, " in ", at->type_name());
            auto found = at->find(field);
            if (const auto name = names_.find(field); found == at->end() && name != names_.end())
                found = at->find(name->second);
            if (found == at->end())
                return fail(Code::invalid_argument, "at column ", operand.at, ": at <", path_of(operand),
                            ">: map has no entry for key \"", field, "\"");
            at = &*found;
        }
        return *at;
    }

    static std::string path_of(const Operand& operand) {
        std::string path = operand.kind == Operand::Kind::variable ? operand.name : "";
        for (const std::string& field : operand.fields) path += cat(".", field);
        return path;
    }

    const Json& methods_;
    const Template::Names& names_;
    std::vector<std::pair<std::string, Json>> variables_; // the innermost last
    std::string out_;
};

} // namespace
} // namespace template_ast

Result<std::string> Template::render(const Json& data) const {
    return render(data, Json::object());
}

Result<std::string> Template::render(const Json& data, const Json& methods) const {
    template_ast::Renderer renderer(data, methods, names_);
    if (auto done = renderer.block(*block_, data); !done)
        return in_context(std::move(done).error(), "template");
    return renderer.take();
}

} // namespace rt::cli
