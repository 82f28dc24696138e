// SPDX-License-Identifier: Apache-2.0
#include "tools/rtd/engine/pending_attach.hpp"

#include "core/base/id.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>

#include <algorithm>

namespace rt::rtd {
namespace {

Result<ShimClient> join(const Engine& engine, const std::string& id, bool with_stdin) {
    RT_TRY_ASSIGN(ShimClient shim, ShimClient::connect(engine.run_directory(id)));
    RT_TRY(shim.attach(with_stdin));
    return shim;
}

} // namespace

Awaitable<Result<ShimClient>> PendingAttaches::Waiting::join() {
    while (!outcome_) {
        boost::system::error_code woken;
        co_await joined_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        if (!outcome_) throw boost::system::system_error(asio::error::operation_aborted);
    }
    co_return std::move(*outcome_);
}

std::shared_ptr<PendingAttaches::Waiting> PendingAttaches::wait(const std::string& container_id,
                                                                bool with_stdin) {
    const std::shared_ptr<Waiting> waiting(new Waiting(executor_, with_stdin));
    const std::lock_guard lock(mutex_);
    std::erase_if(waiting_, [](const auto& entry) {
        return std::ranges::all_of(entry.second, [](const auto& one) { return one.expired(); });
    });
    waiting_[container_id].push_back(waiting);
    return waiting;
}

bool PendingAttaches::is_awaited(const std::string& container_id) {
    const std::lock_guard lock(mutex_);
    return waiting_.contains(container_id);
}

PendingAttaches::All PendingAttaches::take(const std::string& container_id) {
    const std::lock_guard lock(mutex_);
    const auto found = waiting_.find(container_id);
    if (found == waiting_.end()) return {};
    All all = std::move(found->second);
    waiting_.erase(found);
    return all;
}

// What waits is the server's: it also ends there.
void PendingAttaches::settle(const std::shared_ptr<Waiting>& waiting, Result<ShimClient> outcome) {
    auto kept = std::make_shared<Result<ShimClient>>(std::move(outcome));
    asio::post(executor_, [waiting, kept] {
        waiting->outcome_ = std::move(*kept);
        waiting->joined_.cancel();
    });
}

void PendingAttaches::join_all(const Engine& engine, const std::string& container_id) {
    for (const auto& weak : take(container_id))
        if (const auto waiting = weak.lock(); waiting != nullptr)
            settle(waiting, join(engine, container_id, waiting->with_stdin_));
}

void PendingAttaches::give_up(const std::string& container_id, const Error& why) {
    for (const auto& weak : take(container_id))
        if (const auto waiting = weak.lock(); waiting != nullptr) settle(waiting, std::unexpected(why));
}

Awaitable<void> PendingAttaches::follow(EventHub& events, WorkerPool& workers) {
    const EventQueue::Wanted wanted = [this](const Event& event) {
        return event.type == "container" && (event.action == "start" || event.action == "destroy") &&
               is_awaited(event.actor_id);
    };
    auto news = events.listen(wanted);
    for (;;) {
        const auto event = co_await news->next();
        if (!event) { // so many that they are lost: from here on again
            news = events.listen(wanted);
            continue;
        }
        const std::string id = (*event)->actor_id;
        if ((*event)->action == "destroy") {
            give_up(id, {Code::not_found, 0, cat("container ", short_id(id), " was removed")});
            continue;
        }
        auto task = workers.run([this, id](Engine& engine) -> Result<void> {
            join_all(engine, id);
            return {};
        });
        (void)co_await std::move(task);
    }
}

} // namespace rt::rtd
