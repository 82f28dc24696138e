// SPDX-License-Identifier: Apache-2.0
#include "tools/rtd/engine/pending_attach.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>

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
    auto& all = waiting_[container_id];
    std::erase_if(all, [](const auto& one) { return one.expired(); });
    all.push_back(waiting);
    return waiting;
}

void PendingAttaches::join_all(const Engine& engine, const std::string& container_id) {
    std::vector<std::weak_ptr<Waiting>> all;
    {
        const std::lock_guard lock(mutex_);
        const auto found = waiting_.find(container_id);
        if (found == waiting_.end()) return;
        all = std::move(found->second);
        waiting_.erase(found);
    }
    for (const auto& weak : all) {
        auto waiting = weak.lock();
        if (waiting == nullptr) continue;
        auto outcome = std::make_shared<Result<ShimClient>>(join(engine, container_id, waiting->with_stdin_));
        // What waits is the server's: it also ends there.
        asio::post(executor_, [waiting = std::move(waiting), outcome] {
            waiting->outcome_ = std::move(*outcome);
            waiting->joined_.cancel();
        });
    }
}

} // namespace rt::rtd
