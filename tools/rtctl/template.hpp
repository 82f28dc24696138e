// SPDX-License-Identifier: Apache-2.0
// Go's templates, as far as docker users write them in --format: fields, index, if, range, with, variables,
// pipelines and docker's functions (docs/format.md), over JSON. Reads and computes only; any thread.
#pragma once

#include "core/base/error.hpp"
#include "core/base/json.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace rt::cli {

namespace template_ast {
struct Block;
}

class Template {
public:
    // invalid_argument: not a template; the message says at which column.
    static Result<Template> parse(std::string_view text);

    // invalid_argument: data has no such member, or a function does not take what it was given. methods: an
    // object of objects, for {{.Label "key"}}: what is not in there is "".
    Result<std::string> render(const Json& data) const;
    Result<std::string> render(const Json& data, const Json& methods) const;

    // Go's names of members that are called otherwise in JSON: looked for where an object has none of the
    // first name.
    using Names = std::map<std::string, std::string>;
    void set_names(Names names) { names_ = std::move(names); }

private:
    explicit Template(std::shared_ptr<const template_ast::Block> block) : block_(std::move(block)) {}
    std::shared_ptr<const template_ast::Block> block_;
    Names names_;
};

} // namespace rt::cli
