// SPDX-License-Identifier: Apache-2.0
#include "tools/rtd/engine/shared_work.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>

namespace rt::rtd {

struct SharedWork::Batch {
    Batch(const asio::any_io_executor& executor, Call wanted)
        : call(std::move(wanted)), done(executor, asio::steady_timer::time_point::max()) {}
    Call call; // of the first who asked
    Outcome outcome;
    asio::steady_timer done;
};

Awaitable<SharedWork::Outcome> SharedWork::ask(std::string question, Call call) {
    std::shared_ptr<Batch> batch;
    Topic& topic = topics_[question];
    if (!topic.busy) {
        topic.busy = true;
        batch = std::make_shared<Batch>(executor_, std::move(call));
        begin(question, batch);
    } else {
        if (topic.next == nullptr) topic.next = std::make_shared<Batch>(executor_, std::move(call));
        batch = topic.next;
    }
    while (batch->outcome == nullptr) {
        boost::system::error_code woken;
        co_await batch->done.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        if (batch->outcome == nullptr) throw boost::system::system_error(asio::error::operation_aborted);
    }
    co_return batch->outcome;
}

void SharedWork::begin(const std::string& question, std::shared_ptr<Batch> batch) {
    asio::co_spawn(executor_, carry_out(question, std::move(batch)), asio::detached);
}

Awaitable<void> SharedWork::carry_out(std::string question, std::shared_ptr<Batch> batch) {
    auto task = workers_.run(std::move(batch->call));
    Result<Answer> outcome = co_await std::move(task);
    batch->outcome = std::make_shared<const Result<Answer>>(std::move(outcome));
    batch->done.cancel();
    Topic& topic = topics_.at(question);
    if (topic.next != nullptr)
        begin(question, std::exchange(topic.next, nullptr));
    else
        topics_.erase(question);
}

} // namespace rt::rtd
