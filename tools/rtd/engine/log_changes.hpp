// SPDX-License-Identifier: Apache-2.0
// Tells who follows a log that its file was written to, or that another has taken its name. One inotify
// instance for all: the kernel gives a user few of them. On the thread of the server only.
#pragma once

#include "core/base/file.hpp"
#include "tools/rtd/http/asio.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>

struct inotify_event;

namespace rt::rtd {

// Of one follower.
class LogWatch {
public:
    explicit LogWatch(asio::any_io_executor executor) : news_(std::move(executor)) {}

    // Returns when something has changed since the call before, or since it was made.
    Awaitable<void> changed();

private:
    friend class LogChanges;
    void wake();

    bool changed_ = false;
    asio::steady_timer news_;
};

class LogChanges {
public:
    explicit LogChanges(asio::any_io_executor executor)
        : executor_(std::move(executor)), opened_(executor_) {}

    // Until the server ends. What it throws is the end of all watching.
    Awaitable<void> run();

    // Watches as long as that lives; the file need not be there yet, its directory has to.
    Result<std::shared_ptr<LogWatch>> watch(const Path& file);

private:
    Result<void> open();
    Result<void> watch_file(const std::string& file);
    void forget_the_gone();
    void take(const inotify_event& event);
    bool wake(const std::string& file); // false: nobody follows it any more

    asio::any_io_executor executor_;
    asio::steady_timer opened_;
    std::optional<asio::posix::stream_descriptor> changes_; // from the first follower on
    std::multimap<std::string, std::weak_ptr<LogWatch>> followers_;
    std::map<int, std::string> files_, directories_; // by the kernel's numbers of the watches
};

} // namespace rt::rtd
