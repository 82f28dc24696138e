// SPDX-License-Identifier: Apache-2.0
#include "kept_state.hpp"

#include <sqlite3.h>

#include <memory>
#include <stdexcept>
#include <vector>

namespace rt::test {
namespace {

namespace fs = std::filesystem;

using Connection = std::unique_ptr<sqlite3, decltype(&sqlite3_close_v2)>;

std::vector<std::string> rows(sqlite3* database, const std::string& sql) {
    constexpr int kPatienceMs = 10'000;
    sqlite3_busy_timeout(database, kPatienceMs);
    std::vector<std::string> found;
    char* problem = nullptr;
    const auto add = [](void* into, int count, char** values, char** /*names*/) {
        std::string row;
        for (int i = 0; i < count; ++i) row += std::string(i > 0 ? " " : "") + (values[i] ? values[i] : "");
        static_cast<std::vector<std::string>*>(into)->push_back(std::move(row));
        return 0;
    };
    if (sqlite3_exec(database, sql.c_str(), add, &found, &problem) != SQLITE_OK)
        throw std::runtime_error(sql + ": " + std::string(problem != nullptr ? problem : "unknown"));
    return found;
}

void add_rows(std::set<std::string>& into, const fs::path& file) {
    sqlite3* raw = nullptr;
    const int opened = sqlite3_open_v2(file.c_str(), &raw, SQLITE_OPEN_READONLY, nullptr);
    const Connection database(raw, sqlite3_close_v2);
    if (opened != SQLITE_OK) throw std::runtime_error("cannot open " + file.native());
    for (const std::string& table :
         rows(raw, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
                   "AND name NOT IN ('events', 'settings')")) {
        std::string keys;
        for (const std::string& column :
             rows(raw, "SELECT name FROM pragma_table_info('" + table + "') WHERE pk > 0 ORDER BY pk"))
            keys += (keys.empty() ? "" : ", ") + column;
        for (const std::string& row : rows(raw, "SELECT " + keys + " FROM " + table))
            into.insert("row of " + table + ": " + row);
    }
}

void add_files(std::set<std::string>& into, const fs::path& directory) {
    std::error_code problem; // what goes meanwhile is not there
    for (fs::recursive_directory_iterator entry(directory, problem), end; !problem && entry != end;
         entry.increment(problem))
        into.insert("file " + entry->path().native());
}

} // namespace

std::set<std::string> kept_state(const fs::path& root) {
    std::set<std::string> found;
    add_rows(found, root / "rt.db");
    add_files(found, root / "blobs");
    add_files(found, root / "volumes");
    return found;
}

} // namespace rt::test
