// SPDX-License-Identifier: Apache-2.0
// Clients that attach to a container before it runs, as docker's client does before each start: they join
// between the making of the container and its program's first instruction, so that none of its output is
// lost. Any thread.
#pragma once

#include "core/container/engine.hpp"
#include "core/shim/client.hpp"
#include "tools/rtd/engine/event_hub.hpp"
#include "tools/rtd/engine/worker_pool.hpp"
#include "tools/rtd/http/asio.hpp"

#include <boost/asio/steady_timer.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace rt::rtd {

class PendingAttaches {
public:
    explicit PendingAttaches(asio::any_io_executor executor) : executor_(std::move(executor)) {}

    class Waiting {
    public:
        // The client, attached; an error of attaching. On the thread of the server.
        Awaitable<Result<ShimClient>> join();

    private:
        friend class PendingAttaches;
        Waiting(const asio::any_io_executor& executor, bool with_stdin)
            : joined_(executor, asio::steady_timer::time_point::max()), with_stdin_(with_stdin) {}
        asio::steady_timer joined_;
        bool with_stdin_;
        std::optional<Result<ShimClient>> outcome_;
    };

    // Until it joins, or the result goes. Who waited before and has gone is forgotten.
    std::shared_ptr<Waiting> wait(const std::string& container_id, bool with_stdin);

    // All that wait for this container join it now. Blocks.
    void join_all(const Engine& engine, const std::string& container_id);
    // They need not wait any longer.
    void give_up(const std::string& container_id, const Error& why);
    [[nodiscard]] bool is_awaited(const std::string& container_id);

    // What others start is joined as soon as that is heard, without what its program has said before; who
    // waits for a container that is removed is told. Until the server ends.
    Awaitable<void> follow(EventHub& events, WorkerPool& workers);

private:
    using All = std::vector<std::weak_ptr<Waiting>>;
    All take(const std::string& container_id);
    void settle(const std::shared_ptr<Waiting>& waiting, Result<ShimClient> outcome);

    asio::any_io_executor executor_;
    std::mutex mutex_;
    std::map<std::string, All> waiting_;
};

} // namespace rt::rtd
