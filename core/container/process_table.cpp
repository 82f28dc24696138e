// SPDX-License-Identifier: Apache-2.0
#include "core/container/process_table.hpp"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <map>
#include <optional>
#include <ranges>

namespace rt {
namespace {

constexpr std::size_t kLargestFile = 65536;
constexpr std::size_t kLargestCommand = 131072; // the kernel shows more where a program has it; ps cuts too
constexpr std::size_t kUserWidth = 8;
constexpr std::int64_t kSecond = 1'000'000'000; // ns

template <class Number>
std::optional<Number> to_number(std::string_view text) {
    Number value{};
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    return read.ec == std::errc() && read.ptr == text.data() + text.size() ? std::optional(value)
                                                                           : std::nullopt;
}

bool is_blank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t begin = at;
        while (at < text.size() && !is_blank(text[at])) ++at;
        if (at > begin) words.emplace_back(text.substr(begin, at - begin));
        ++at;
    }
    return words;
}

// The fields of /proc/PID/stat that are shown.
struct Stat {
    std::string name; // comm, without brackets
    char state = '?';
    int parent = 0;
    std::uint64_t terminal = 0;      // device number
    std::uint64_t user = 0, own = 0; // CPU time in ticks: in programs, in the kernel
    std::uint64_t start = 0;         // ticks since the boot
};

// proc_pid_stat(5). comm may hold brackets and blanks itself: it ends at the last one.
std::optional<Stat> parse_stat(std::string_view text) {
    const auto open = text.find('(');
    const auto close = text.rfind(')');
    if (open == text.npos || close == text.npos || close < open) return std::nullopt;
    Stat stat;
    stat.name = text.substr(open + 1, close - open - 1);
    const auto rest = words_of(text.substr(close + 1));
    constexpr std::size_t kThird = 3; // rest begins with what proc(5) numbers as the third field
    const auto field = [&](std::size_t number) -> std::string_view { return rest[number - kThird]; };
    if (rest.size() <= 22 - kThird) return std::nullopt;
    stat.state = field(3).front();
    stat.parent = to_number<int>(field(4)).value_or(0);
    stat.terminal = static_cast<std::uint64_t>(to_number<std::int64_t>(field(7)).value_or(0));
    stat.user = to_number<std::uint64_t>(field(14)).value_or(0);
    stat.own = to_number<std::uint64_t>(field(15)).value_or(0);
    stat.start = to_number<std::uint64_t>(field(22)).value_or(0);
    return stat;
}

// The effective one. "Uid:\treal\teffective\tsaved\tfs"
std::optional<uid_t> effective_user(std::string_view status) {
    const auto at = status.find("\nUid:");
    if (at == status.npos) return std::nullopt;
    const auto words = words_of(status.substr(at + 1, status.find('\n', at + 1) - at - 1));
    return words.size() > 2 ? to_number<uid_t>(words[2]) : std::nullopt;
}

// As ps has it: a name that does not fit is cut, and '+' shows that.
std::string user_name(uid_t user) {
    passwd entry{};
    passwd* found = nullptr;
    std::array<char, 16384> buffer{};
    if (::getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr)
        return std::to_string(user);
    std::string name = entry.pw_name;
    if (name.size() > kUserWidth) name.replace(kUserWidth - 1, name.npos, "+");
    return name;
}

std::string terminal_name(std::uint64_t device) {
    const auto major = static_cast<unsigned>((device >> 8U) & 0xfffU);
    const auto minor = static_cast<unsigned>((device & 0xffU) | ((device >> 12U) & 0xfff00U));
    constexpr unsigned kTty = 4;
    constexpr unsigned kFirstSerial = 64; // minor numbers of ttyS begin here
    constexpr unsigned kFirstPts = 136;   // eight majors of 256 each
    if (major == kTty) return minor < kFirstSerial ? cat("tty", minor) : cat("ttyS", minor - kFirstSerial);
    if (major >= kFirstPts && major < kFirstPts + 8) return cat("pts/", (major - kFirstPts) * 256 + minor);
    if (major == 5 && minor == 1) return "console";
    return "?";
}

std::string start_time(std::int64_t started, std::int64_t now) {
    const auto then = static_cast<std::time_t>(started / kSecond);
    const auto today = static_cast<std::time_t>(now / kSecond);
    std::tm begin{};
    std::tm present{};
    ::localtime_r(&then, &begin);
    ::localtime_r(&today, &present);
    std::array<char, 16> text{};
    if (begin.tm_year != present.tm_year)
        std::strftime(text.data(), text.size(), "%Y", &begin);
    else if (begin.tm_yday != present.tm_yday)
        std::strftime(text.data(), text.size(), "%b%d", &begin);
    else
        std::strftime(text.data(), text.size(), "%H:%M", &begin);
    return text.data();
}

std::string cpu_time(std::uint64_t seconds) {
    constexpr std::uint64_t kDay = 86400;
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), "%02u:%02u:%02u", static_cast<unsigned>(seconds % kDay / 3600),
                  static_cast<unsigned>(seconds / 60 % 60), static_cast<unsigned>(seconds % 60));
    return seconds < kDay ? std::string(text.data()) : cat(seconds / kDay, "-", text.data());
}

// The words with blanks between; a process without any (a thread of the kernel, a zombie) shows its name.
std::string command_of(std::string arguments, const Stat& stat) {
    if (arguments.size() > kLargestCommand) arguments.resize(kLargestCommand);
    while (!arguments.empty() && arguments.back() == '\0') arguments.pop_back();
    std::ranges::replace(arguments, '\0', ' ');
    if (!arguments.empty()) return arguments;
    return cat("[", stat.name, "]", stat.state == 'Z' ? " <defunct>" : "");
}

struct Clock {
    std::int64_t now = 0; // ns since 1970
    double uptime = 0;    // seconds
    double ticks = 100;   // a second
};

std::string load_of(const Stat& stat, const Clock& clock) {
    const double age = clock.uptime - static_cast<double>(stat.start) / clock.ticks;
    const double used = static_cast<double>(stat.user + stat.own) / clock.ticks;
    if (age <= 0) return "0";
    return std::to_string(static_cast<int>(std::min(used * 100 / age, 99.0)));
}

// Empty: it has ended.
std::optional<std::vector<std::string>> full_line(const Path& directory, int pid, const Clock& clock) {
    const auto text = read_file(directory / "stat", kLargestFile);
    const auto status = read_file(directory / "status", kLargestFile);
    const auto stat = text ? parse_stat(*text) : std::nullopt;
    const auto user = status ? effective_user(*status) : std::nullopt;
    if (!stat || !user) return std::nullopt;
    const auto arguments = read_file(directory / "cmdline");
    const auto age =
        static_cast<std::int64_t>((clock.uptime - static_cast<double>(stat->start) / clock.ticks) * kSecond);
    const auto used = static_cast<std::uint64_t>(static_cast<double>(stat->user + stat->own) / clock.ticks);
    return std::vector{user_name(*user),
                       std::to_string(pid),
                       std::to_string(stat->parent),
                       load_of(*stat, clock),
                       start_time(clock.now - age, clock.now),
                       terminal_name(stat->terminal),
                       cpu_time(used),
                       command_of(arguments.value_or(std::string()), *stat)};
}

} // namespace

Result<ProcessTable> full_format(const Path& procfs, const std::vector<int>& pids, std::int64_t now) {
    RT_TRY_ASSIGN(const std::string uptime, read_file(procfs / "uptime", kLargestFile));
    const Clock clock{now, std::strtod(uptime.c_str(), nullptr), static_cast<double>(::sysconf(_SC_CLK_TCK))};
    ProcessTable table{{"UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"}, {}};
    for (const int pid : pids)
        if (auto line = full_line(procfs / std::to_string(pid), pid, clock))
            table.processes.push_back(std::move(*line));
    return table;
}

Result<ProcessTable> pick_processes(std::string_view output, const std::vector<int>& pids) {
    ProcessTable table;
    std::size_t column = 0;
    bool of_ours = false; // the process above
    for (const auto part : std::views::split(output, '\n')) {
        std::vector<std::string> words = words_of(std::string_view(part.begin(), part.end()));
        if (words.empty()) continue;
        if (table.titles.empty()) {
            const auto found = std::ranges::find(words, "PID");
            if (found == words.end())
                return fail(Code::failed_precondition,
                            "couldn't find PID field in ps output: ask ps for the column pid as well");
            column = static_cast<std::size_t>(found - words.begin());
            table.titles = std::move(words);
            continue;
        }
        if (words.size() <= column) continue;
        if (words[column] != "-") {
            const auto pid = to_number<int>(words[column]);
            of_ours = pid && std::ranges::find(pids, *pid) != pids.end();
        }
        if (!of_ours) continue;
        // What is left over belongs to the last column: a command line.
        const std::size_t columns = table.titles.size();
        for (std::size_t i = columns; i < words.size(); ++i) words[columns - 1] += " " + words[i];
        words.resize(columns);
        table.processes.push_back(std::move(words));
    }
    if (table.titles.empty()) return fail(Code::failed_precondition, "ps printed nothing");
    return table;
}

} // namespace rt
