// SPDX-License-Identifier: Apache-2.0
// Questions that many clients ask at once are answered once: who asks while an answer is being made gets the
// next one, together with all who ask the same by then. So each answer was begun after it was asked for, and
// tells what was done before. On the thread of the server only.
#pragma once

#include "tools/rtd/engine/worker_pool.hpp"
#include "tools/rtd/http/answer.hpp"
#include "tools/rtd/http/asio.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace rt::rtd {

class SharedWork {
public:
    using Outcome = std::shared_ptr<const Result<Answer>>;
    using Call = std::function<Result<Answer>(Engine& engine)>;

    SharedWork(asio::any_io_executor executor, WorkerPool& workers)
        : executor_(std::move(executor)), workers_(workers) {}

    // question: the same for calls that give the same answer.
    Awaitable<Outcome> ask(std::string question, Call call);

private:
    struct Batch;
    struct Topic {
        bool busy = false;
        std::shared_ptr<Batch> next; // null: nobody waits for it
    };
    Awaitable<void> carry_out(std::string question, std::shared_ptr<Batch> batch);
    void begin(const std::string& question, std::shared_ptr<Batch> batch);

    asio::any_io_executor executor_;
    WorkerPool& workers_;
    std::map<std::string, Topic> topics_; // that are busy
};

} // namespace rt::rtd
