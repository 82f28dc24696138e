// SPDX-License-Identifier: Apache-2.0
#include "core/state/database.hpp"

#include "core/base/clock.hpp"
#include "core/state/schema.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mutex>
#include <utility>

namespace rt {
namespace {

constexpr int kBusyTimeoutMs = 10'000;

// The first process to open the database reads the whole log, so it has to stay short; writing it back syncs,
// so that must not happen in the middle of an operation. Small pages, because an operation touches few bytes
// of many tables.
constexpr std::string_view kPageSize = "PRAGMA page_size=1024";
constexpr int kLogLimitPages = 256;
// Bytes of the log that have their place on the disk before they are written. When everything else is full,
// what fills it can still be stopped and removed: that takes some dozens of pages.
constexpr off_t kReserved = 512 << 10;
constexpr off_t kBlock = 512; // of st_blocks

// Before SQLite is first used. Its own count of the memory that it uses costs a lock at each allocation, and
// nobody asks for it.
void set_up_sqlite() {
    static std::once_flag done;
    std::call_once(done, [] { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); });
}

int note_log_pages(void* context, sqlite3*, const char*, int pages) {
    *static_cast<int*>(context) = pages;
    return SQLITE_OK;
}

Code code_of_sqlite(int result) {
    switch (result & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return Code::unavailable;
    case SQLITE_FULL:
    case SQLITE_NOMEM: return Code::resource_exhausted;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return Code::corrupt;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN: return Code::permission_denied;
    case SQLITE_CONSTRAINT: return Code::already_exists;
    default: return Code::internal;
    }
}

std::unexpected<Error> failure(sqlite3* connection, int result, std::string_view what) {
    return fail(code_of_sqlite(result), "state database: ", what, ": ",
                connection != nullptr ? sqlite3_errmsg(connection) : sqlite3_errstr(result));
}

void bind(sqlite3_stmt* statement, int index, const SqlValue& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value))
        sqlite3_bind_int64(statement, index, *number);
    else if (const auto* text = std::get_if<std::string>(&value))
        sqlite3_bind_text(statement, index, text->data(), static_cast<int>(text->size()), SQLITE_STATIC);
    else
        sqlite3_bind_null(statement, index);
}

// SQLite does not wait by itself for this change: another process may just be making the same new database.
template <class Step>
Result<void> retry_while_busy(const Step& step) {
    const std::int64_t deadline = monotonic_ns() + kBusyTimeoutMs * 1'000'000LL;
    for (;;) {
        auto outcome = step();
        if (outcome || outcome.error().code != Code::unavailable || monotonic_ns() > deadline) return outcome;
        ::poll(nullptr, 0, 5);
    }
}

// It holds the environments of containers. SQLite would leave the mode to the umask of whoever comes first,
// and gives the log the mode of the database. An existing file is not opened: closing it would drop this
// process's locks on it.
Result<void> make_private(const Path& file) {
    if (::access(file.c_str(), F_OK) == 0) return {};
    RT_TRY_ASSIGN(const UniqueFd made, open_file(file, O_RDWR | O_CREAT | O_NOFOLLOW, 0600));
    return {};
}

} // namespace

std::int64_t SqlRow::number(int column) const {
    return sqlite3_column_int64(statement_, column);
}

std::string SqlRow::text(int column) const {
    const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return data == nullptr
               ? std::string()
               : std::string(data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}

bool SqlRow::is_null(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

void Database::Closer::operator()(sqlite3* connection) const {
    sqlite3_close_v2(connection);
}

Database::Database(sqlite3* connection) : connection_(connection) {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;

Database::~Database() {
    if (connection_) keep_log_short();
    for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
}

Result<Database> Database::open(const Path& root) {
    RT_TRY(make_directories(root));
    set_up_sqlite();
    sqlite3* raw = nullptr;
    const Path file = root / "rt.db";
    RT_TRY(make_private(file));
    const int result = sqlite3_open_v2(
        file.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
    Database database(raw);
    database.root_ = root;
    if (result != SQLITE_OK) return failure(raw, result, cat("open '", file.native(), "'"));
    sqlite3_busy_timeout(raw, kBusyTimeoutMs);
    // A short-lived process that is the last to close would write the log back and sync it: milliseconds for
    // nothing.
    sqlite3_db_config(raw, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    sqlite3_wal_hook(raw, note_log_pages,
                     database.log_pages_.get()); // in place of SQLite's own, at every 1000 pages
    RT_TRY(database.migrate());
    database.reserve_log();
    return database;
}

Result<void> Database::migrate() {
    std::int64_t version = 0;
    RT_TRY(run("PRAGMA user_version", {}, [&](const SqlRow& row) { version = row.number(0); }));
    const auto latest = static_cast<std::int64_t>(schema_migrations().size());
    // The journal mode is kept in the file; synchronous is this connection's.
    if (version == 0) {
        RT_TRY(run(kPageSize));
        RT_TRY(retry_while_busy([&] { return run("PRAGMA journal_mode=WAL"); }));
    }
    RT_TRY(run("PRAGMA synchronous=NORMAL"));
    RT_TRY(run("PRAGMA foreign_keys=ON"));
    if (version == latest) return {};
    if (version > latest)
        return fail(Code::unsupported, "state database: it has format ", version,
                    ", this program knows up to ", latest, ": use the newer rt that wrote it");
    return transaction([&]() -> Result<void> {
        // Another process may have done it while this one waited for the lock.
        RT_TRY(run("PRAGMA user_version", {}, [&](const SqlRow& row) { version = row.number(0); }));
        for (; version < latest; ++version) {
            char* problem = nullptr;
            const std::string script(schema_migrations()[static_cast<std::size_t>(version)]);
            if (sqlite3_exec(connection_.get(), script.c_str(), nullptr, nullptr, &problem) != SQLITE_OK) {
                const std::string reason = problem != nullptr ? problem : "unknown";
                sqlite3_free(problem);
                return fail(Code::internal, "state database: bring it to format ", version + 1, ": ", reason);
            }
        }
        return run(cat("PRAGMA user_version=", latest));
    });
}

// Best effort: while others are busy it fails at once, and the next to close finds it longer and does it
// then. The log has to be cut: a process that reads it anew cannot know how much of it was written back
// before.
void Database::keep_log_short() {
    if (*log_pages_ <= kLogLimitPages) return;
    sqlite3_busy_timeout(connection_.get(), 0);
    (void)sqlite3_wal_checkpoint_v2(connection_.get(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    reserve_log();
}

// Best effort: some file systems cannot, and on one that is full already it is too late. SQLite holds no lock
// on this file, so it may be opened and closed.
void Database::reserve_log() const {
    const Path log = root_ / "rt.db-wal";
    struct stat status{};
    if (::stat(log.c_str(), &status) != 0 || status.st_blocks * kBlock >= kReserved) return;
    const auto file = open_file(log, O_WRONLY | O_NOFOLLOW);
    if (file) (void)::fallocate(file->get(), FALLOC_FL_KEEP_SIZE, 0, kReserved);
}

Result<sqlite3_stmt*> Database::prepare(std::string_view sql) {
    if (const auto found = statements_.find(sql); found != statements_.end()) return found->second;
    sqlite3_stmt* statement = nullptr;
    const int result = sqlite3_prepare_v3(connection_.get(), sql.data(), static_cast<int>(sql.size()),
                                          SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (result != SQLITE_OK) return failure(connection_.get(), result, cat("prepare \"", sql, "\""));
    statements_.emplace(sql, statement);
    return statement;
}

Result<void> Database::run(std::string_view sql, const std::vector<SqlValue>& values,
                           const std::function<void(const SqlRow&)>& on_row) {
    RT_TRY_ASSIGN(sqlite3_stmt* const statement, prepare(sql));
    struct Reset { // also where on_row throws
        sqlite3_stmt* statement;
        ~Reset() {
            sqlite3_reset(statement);
            sqlite3_clear_bindings(statement);
        }
    } const reset{statement};
    for (std::size_t i = 0; i < values.size(); ++i) bind(statement, static_cast<int>(i + 1), values[i]);
    int result = SQLITE_ROW;
    while ((result = sqlite3_step(statement)) == SQLITE_ROW)
        if (on_row) on_row(SqlRow(statement));
    if (result != SQLITE_DONE) return failure(connection_.get(), result, sql);
    return {};
}

void Database::map_pages() {
    (void)sqlite3_exec(connection_.get(), "PRAGMA mmap_size=268435456", nullptr, nullptr, nullptr);
}

Result<void> Database::transaction(const std::function<Result<void>()>& body) {
    return between("BEGIN IMMEDIATE", body);
}

Result<void> Database::snapshot(const std::function<Result<void>()>& body) {
    return between("BEGIN DEFERRED", body);
}

Result<void> Database::between(std::string_view begin, const std::function<Result<void>()>& body) {
    RT_TRY(run(begin)); // one that is begun inside of another fails here, and leaves that alone
    // Also where body throws: the next transaction could not begin inside of this one.
    struct Undo {
        sqlite3* connection;
        ~Undo() {
            if (sqlite3_get_autocommit(connection) == 0)
                (void)sqlite3_exec(connection, "ROLLBACK", nullptr, nullptr, nullptr);
        }
    } const undo{connection_.get()};
    RT_TRY(body());
    return run("COMMIT");
}

} // namespace rt
