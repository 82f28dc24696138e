// SPDX-License-Identifier: Apache-2.0
// Threads for what blocks: the engine's verbs. A call that asks for an Engine gets one that nobody else uses
// meanwhile.
// Threads and engines come when they are needed and go when they are not.
#pragma once

#include "core/container/engine.hpp"
#include "tools/rtd/http/asio.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <concepts>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace rt::rtd {

class WorkerPool {
public:
    using OpenEngine = std::function<Result<std::unique_ptr<Engine>>()>;

    // The engine of one job, which goes back when that is over. Most are kept, but one may have to be opened:
    // who needs none does not ask.
    class Loan {
    public:
        explicit Loan(WorkerPool& pool) : pool_(pool) {}
        Loan(const Loan&) = delete;
        Loan& operator=(const Loan&) = delete;
        ~Loan();
        Result<Engine*> engine();

    private:
        WorkerPool& pool_;
        std::unique_ptr<Engine> engine_;
    };
    using Job = std::function<void(Loan&)>;

    // most: threads; calls beyond them wait.
    WorkerPool(OpenEngine open, std::size_t most);
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;
    ~WorkerPool(); // ends what has begun, and nothing more

    template <class Call>
    struct OutcomeOf : std::invoke_result<Call&, Engine&> {};
    template <class Call>
        requires std::invocable<Call&>
    struct OutcomeOf<Call> : std::invoke_result<Call&> {};

    // call(Engine&) or call() -> Result<T>, on a thread of the pool; the coroutine goes on where it was. What
    // it throws is an error too. Cannot be cancelled: an operation that can be is given a cancel_fd.
    template <class Call>
    Awaitable<typename OutcomeOf<Call>::type> run(Call call) {
        using Outcome = typename OutcomeOf<Call>::type;
        auto initiate = [this](auto handler, Call wanted) {
            auto executor = asio::get_associated_executor(handler);
            auto work = asio::make_work_guard(executor);
            // std::function wants what can be copied.
            auto kept = std::make_shared<decltype(handler)>(std::move(handler));
            auto job = std::make_shared<Call>(std::move(wanted));
            post([executor, work, kept, job](Loan& loan) {
                auto outcome = std::make_shared<Outcome>(outcome_of<Outcome>(*job, loan));
                asio::post(executor, [kept, outcome] { std::move (*kept)(std::move(*outcome)); });
            });
        };
        co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Outcome)>(
            initiate, asio::use_awaitable, std::move(call));
    }

    void post(Job job);

    [[nodiscard]] bool is_busy(); // it works on something, or something waits

    struct Load {
        std::size_t threads = 0, waiting = 0; // waiting: jobs that no thread has taken yet
    };
    [[nodiscard]] Load load();

private:
    template <class Outcome, class Call>
    static Outcome outcome_of(Call& call, Loan& loan) {
        try {
            if constexpr (std::invocable<Call&>) {
                return call();
            } else {
                RT_TRY_ASSIGN(Engine* const engine, loan.engine());
                return call(*engine);
            }
        } catch (const std::exception& exception) {
            return fail(Code::internal, exception.what());
        }
    }

    void work();
    Result<std::unique_ptr<Engine>> take_engine();
    void give_back(std::unique_ptr<Engine> engine);

    OpenEngine open_;
    std::size_t most_;
    std::mutex mutex_;
    std::condition_variable wake_, ended_;
    std::deque<Job> jobs_;
    std::vector<std::unique_ptr<Engine>> engines_; // that nobody uses
    std::size_t threads_ = 0, idle_ = 0;
    bool stopping_ = false;
};

} // namespace rt::rtd
