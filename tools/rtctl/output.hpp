// SPDX-License-Identifier: Apache-2.0
// What commands print: tables that fit the terminal, or JSON (one object a line, as docker's --format json
// does).
#pragma once

#include "core/base/error.hpp"
#include "core/base/json.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rt::cli {

enum class Format { table, json };

// The value of --format: "table" (or nothing) or "json".
Result<Format> parse_format(std::string_view text);

class Table {
public:
    struct Layout {
        std::size_t least_width = 0; // of a column, with the gap behind it
        bool cut_to_fit = true;      // on a terminal
    };
    explicit Table(std::vector<std::string> headings) : Table(std::move(headings), Layout()) {}
    Table(std::vector<std::string> headings, Layout layout) : layout_(layout) {
        rows_.push_back(std::move(headings));
    }
    void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
    // Columns are as wide as their widest cell, three spaces apart; on a terminal the widest are cut ("...")
    // to fit.
    void print() const;
    [[nodiscard]] std::vector<std::string> lines() const;

private:
    Layout layout_;
    std::vector<std::vector<std::string>> rows_;
};

void print_line(std::string_view text);   // to standard output
void print_json(const Json& value);       // pretty, to standard output
void print_json_line(const Json& value);  // on one line
void print_text(std::string_view text);   // without a line end of ours
std::string json_line(const Json& value); // with a line end
void warn(std::string_view text);         // "rtctl: warning: ..." to standard error
void print_error(const Error& error);     // "rtctl: ..." to standard error, in one line

// printable(), but line ends and tabs stay: what a template made.
std::string printable_lines(std::string_view text);
// Powers of 1000. docker shows three digits in most places ("117MB"), four in sums ("117.3MB").
std::string human_size(std::uint64_t bytes, int digits = 3);
std::string human_size_binary(std::uint64_t bytes); // "1.5GiB", powers of 1024, four digits, as docker's
bool is_terminal(int fd);

} // namespace rt::cli
