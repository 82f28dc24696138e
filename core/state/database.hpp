// SPDX-License-Identifier: Apache-2.0
// rt.db: SQLite with a write-ahead log. It holds what was asked for; what runs is asked of the kernel and the
// shims. One Database per thread; any number of processes at once (a writer waits for another for up to 10
// s). Statements are prepared once and kept. Tables: core/state/schema.cpp.
#pragma once

#include "core/base/error.hpp"
#include "core/base/file.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace rt {

using SqlValue = std::variant<std::nullptr_t, std::int64_t, std::string>;

// The columns of one result row; valid only inside the callback.
class SqlRow {
public:
    explicit SqlRow(sqlite3_stmt* statement) : statement_(statement) {}
    [[nodiscard]] std::int64_t number(int column) const;
    [[nodiscard]] std::string text(int column) const; // NULL reads as ""
    [[nodiscard]] bool is_null(int column) const;

private:
    sqlite3_stmt* statement_;
};

class Database {
public:
    // Opens root/rt.db and brings its tables up to date; makes root where it is missing.
    static Result<Database> open(const Path& root);

    Database(Database&&) noexcept;
    Database& operator=(Database&&) noexcept;
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    ~Database();

    [[nodiscard]] const Path& root() const { return root_; }

    // Runs one statement; on_row is called for each row. A violated UNIQUE or PRIMARY KEY is already_exists.
    Result<void> run(std::string_view sql, const std::vector<SqlValue>& values = {},
                     const std::function<void(const SqlRow&)>& on_row = {});

    // Runs body in one write transaction (BEGIN IMMEDIATE); rolled back when it fails. Not nested.
    Result<void> transaction(const std::function<Result<void>()>& body);

    // Runs body, which only reads, on the database as it is at its first statement: the many statements of a
    // listing agree with each other, and cost one look at the log instead of one each. Not nested.
    Result<void> snapshot(const std::function<Result<void>()>& body);

    // For a process that reads most of the database once and ends: without it the kernel is called for each
    // page. An error of the disk may then be a signal (SIGBUS) instead of an error of ours.
    void map_pages();

private:
    explicit Database(sqlite3* connection);
    Result<sqlite3_stmt*> prepare(std::string_view sql);
    Result<void> between(std::string_view begin, const std::function<Result<void>()>& body);
    Result<void> migrate();
    void keep_log_short();
    void reserve_log() const;

    struct Closer {
        void operator()(sqlite3* connection) const;
    };
    Path root_;
    std::unique_ptr<sqlite3, Closer> connection_;
    std::unique_ptr<int> log_pages_ =
        std::make_unique<int>(0); // in the write-ahead log after our last commit
    std::map<std::string, sqlite3_stmt*, std::less<>> statements_;
};

} // namespace rt
