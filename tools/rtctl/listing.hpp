// SPDX-License-Identifier: Apache-2.0
// What a command that lists things prints for --format: docker's table, "table TEMPLATE", a template for each
// of them, or a JSON object a line. One thread.
#pragma once

#include "core/base/error.hpp"
#include "core/base/json.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/template.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rt::cli {

// A member of the objects that are listed, and what stands above it in a table.
struct ListingField {
    std::string_view key, heading;
};

class Listing {
public:
    // fields: all that there are. columns: the keys that the table shows when nothing else is asked for.
    // invalid_argument: format is no template.
    static Result<Listing> make(const std::string& format, std::span<const ListingField> fields,
                                std::vector<std::string_view> columns);

    // row: an object with all fields. methods: see Template::render(); nobody reads them without a template.
    Result<void> add(const Json& row);
    Result<void> add(const Json& row, const Json& methods);
    [[nodiscard]] bool has_template() const { return template_.has_value(); }
    // Those that a row has to have; empty: all, since a template may ask for any.
    [[nodiscard]] std::span<const std::string_view> keys() const;
    void print() const; // all that was added: no half list where one of them cannot be had

private:
    enum class Kind { table, json, lines };

    Kind kind_ = Kind::table;
    std::optional<Template> template_;
    std::vector<std::string_view> columns_;
    std::optional<Table> table_;
    std::string lines_; // where it is no table
};

} // namespace rt::cli
