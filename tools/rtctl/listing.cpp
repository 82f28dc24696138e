// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/listing.hpp"

#include "core/base/text.hpp"

#include <nlohmann/json.hpp>

namespace rt::cli {
namespace {

// Users write '{{.ID}}\t{{.Names}}' in a shell's quotes: docker takes these two for what they mean.
std::string unescape(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool is_escape =
            text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == 't' || text[i + 1] == 'n');
        plain += !is_escape ? text[i] : text[i + 1] == 't' ? '\t' : '\n';
        if (is_escape) ++i;
    }
    return plain;
}

std::vector<std::string> cells_of(const std::string& line) {
    std::vector<std::string> cells;
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = line.find('\t', begin)) != std::string::npos; begin = end + 1)
        cells.push_back(printable(line.substr(begin, end - begin)));
    cells.push_back(printable(line.substr(begin)));
    return cells;
}

} // namespace

Result<Listing> Listing::make(const std::string& format, std::span<const ListingField> fields,
                              std::vector<std::string_view> columns) {
    Listing listing;
    listing.columns_ = std::move(columns);
    const std::string text = unescape(format);
    if (text == "json") {
        listing.kind_ = Kind::json;
        return listing;
    }
    if (text == "raw")
        return fail(Code::unsupported, "--format raw is not supported: use json, or a template");
    std::vector<std::string> headings;
    const bool is_table = text.empty() || text == "table" || text.starts_with("table ");
    if (const bool has_template = !text.empty() && text != "table"; has_template) {
        const std::string own = is_table ? text.substr(6) : text;
        RT_TRY_ASSIGN(listing.template_, Template::parse(own));
        Json names = Json::object();
        for (const ListingField& field : fields) names[std::string(field.key)] = field.heading;
        const Json label = {{"Label", Json::object()}};
        if (is_table) {
            RT_TRY_ASSIGN(const std::string line, listing.template_->render(names, label));
            headings = cells_of(line);
        }
    } else {
        for (const std::string_view key : listing.columns_)
            for (const ListingField& field : fields)
                if (field.key == key) headings.emplace_back(field.heading);
    }
    if (is_table)
        listing.table_.emplace(std::move(headings));
    else
        listing.kind_ = Kind::lines;
    return listing;
}

Result<void> Listing::add(const Json& row) {
    return add(row, Json::object());
}

Result<void> Listing::add(const Json& row, const Json& methods) {
    if (kind_ == Kind::json) {
        lines_ += json_line(row);
        return {};
    }
    if (!template_) {
        std::vector<std::string> cells;
        for (const std::string_view key : columns_)
            cells.push_back(printable(row.at(std::string(key)).get<std::string>()));
        table_->add(std::move(cells));
        return {};
    }
    RT_TRY_ASSIGN(const std::string line, template_->render(row, methods));
    if (table_)
        table_->add(cells_of(line));
    else
        lines_ += cat(printable_lines(line), "\n");
    return {};
}

std::span<const std::string_view> Listing::keys() const {
    if (kind_ == Kind::table && !template_) return columns_;
    return {};
}

void Listing::print() const {
    print_text(lines_);
    if (table_) table_->print();
}

} // namespace rt::cli
