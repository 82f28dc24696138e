// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/output.hpp"

#include "core/base/text.hpp"

#include "tools/rtctl/log.hpp"

#include <nlohmann/json.hpp>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace rt::cli {
namespace {

constexpr std::size_t kGap = 3;
constexpr std::size_t kNarrowest = 8;

// Code points, not bytes: names may be UTF-8.
std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

std::string cut(const std::string& text, std::size_t width) {
    if (width_of(text) <= width) return text;
    std::size_t bytes = 0;
    for (std::size_t seen = 0; bytes < text.size(); ++bytes)
        if ((static_cast<unsigned char>(text[bytes]) & 0xc0U) != 0x80U && ++seen > width - 3) break;
    return text.substr(0, bytes) + "...";
}

std::size_t terminal_width() {
    winsize size{};
    if (!is_terminal(STDOUT_FILENO) || ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
    return size.ws_col;
}

// Takes from the widest column until the table fits.
void fit(std::vector<std::size_t>& widths, std::size_t available) {
    for (;;) {
        std::size_t total = kGap * (widths.size() - 1);
        for (const std::size_t width : widths) total += width;
        const auto widest = std::ranges::max_element(widths);
        if (total <= available || *widest <= kNarrowest) return;
        *widest -= std::min(total - available, std::max<std::size_t>(1, *widest - kNarrowest));
    }
}

void write_out(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
}

} // namespace

Result<Format> parse_format(std::string_view text) {
    if (text.empty() || text == "table") return Format::table;
    if (text == "json") return Format::json;
    return fail(Code::invalid_argument, "--format '", text, "' is not one of table, json");
}

std::vector<std::string> Table::lines() const {
    std::size_t columns = 0; // a template may give each row as many as it likes
    for (const auto& row : rows_) columns = std::max(columns, row.size());
    std::vector<std::size_t> widths(columns, 0);
    for (const auto& row : rows_)
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
    if (layout_.least_width > kGap)
        for (std::size_t& width : widths) width = std::max(width, layout_.least_width - kGap);
    if (const std::size_t available = terminal_width(); available > 0 && layout_.cut_to_fit)
        fit(widths, available);
    std::vector<std::string> lines;
    for (const auto& row : rows_) {
        std::string& line = lines.emplace_back();
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string cell = cut(row[i], widths[i]);
            line += cell;
            if (i + 1 < row.size()) line.append(widths[i] - width_of(cell) + kGap, ' ');
        }
    }
    return lines;
}

void Table::print() const {
    for (const std::string& line : lines()) print_line(line);
}

void print_line(std::string_view text) {
    write_out(cat(text, "\n"));
}
void print_json(const Json& value) {
    print_line(value.dump(4, ' ', false, Json::error_handler_t::replace));
}
void print_json_line(const Json& value) {
    write_out(json_line(value));
}
void print_text(std::string_view text) {
    write_out(text);
}

std::string json_line(const Json& value) {
    return cat(value.dump(-1, ' ', false, Json::error_handler_t::replace), "\n");
}

void warn(std::string_view text) {
    log(LogLevel::warning, text);
}

std::string printable_lines(std::string_view text) {
    std::string shown;
    std::size_t begin = 0;
    for (std::size_t i = 0; i <= text.size(); ++i) {
        if (i < text.size() && text[i] != '\t' && text[i] != '\n') continue;
        shown += printable(text.substr(begin, i - begin));
        if (i < text.size()) shown += text[i];
        begin = i + 1;
    }
    return shown;
}

std::string human_size(std::uint64_t bytes, int digits) {
    constexpr std::array kUnits = {"B", "kB", "MB", "GB", "TB", "PB"};
    const double most = 1000 - 0.5 * std::pow(10, 3 - digits); // would be shown as 1000
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (; value >= most && unit + 1 < kUnits.size(); ++unit) value /= 1000;
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.*g%s", digits, value, kUnits[unit]);
    return text.data();
}

std::string human_size_binary(std::uint64_t bytes) {
    constexpr std::array kUnits = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.4g%s", value, kUnits[unit]);
    return text.data();
}

bool is_terminal(int fd) {
    return ::isatty(fd) == 1;
}

void print_error(const Error& error) {
    const bool not_root = error.code == Code::permission_denied && ::geteuid() != 0;
    std::fprintf(stderr, "rtctl: %s%s\n", printable(error.message).c_str(),
                 not_root ? ": rtctl is to be run as root, for example with sudo" : "");
}

} // namespace rt::cli
