// SPDX-License-Identifier: Apache-2.0
// What happened to containers, images, networks and volumes, in the order in which it was recorded. An event
// is added in the transaction that makes it true, so there is none without the change and no change without
// it. The newest ones are kept. One log per thread, over its database.
#pragma once

#include "core/base/error.hpp"
#include "core/base/json.hpp"
#include "core/state/database.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace rt {

struct Event {
    std::int64_t id = 0;   // grows; given by add()
    std::int64_t time = 0; // ns; given by add() where it is 0
    std::string type;      // container, image, network, volume
    std::string action;    // docker's words: create, start, die, "health_status: healthy", ...
    std::string actor_id;
    std::string attributes = "{}"; // JSON object of strings
};

class EventLog {
public:
    explicit EventLog(Database& database) : database_(database) {}

    // Inside the transaction of the change.
    Result<void> add(const Event& event);
    // Those with id > after, the oldest first. until: only up to that time (ns; 0: no end).
    Result<void> read(std::int64_t after, std::int64_t since, std::int64_t until,
                      const std::function<void(const Event&)>& on_event);
    Result<std::int64_t> last_id();

private:
    Database& database_;
};

// Becomes readable when something may have been added by any process. Holds an inotify descriptor.
class EventWatch {
public:
    static Result<EventWatch> open(const Path& root); // where rt.db is
    [[nodiscard]] int fd() const { return fd_.get(); }
    void drain(); // before the log is read again

private:
    explicit EventWatch(UniqueFd fd) : fd_(std::move(fd)) {}
    UniqueFd fd_;
};

} // namespace rt
