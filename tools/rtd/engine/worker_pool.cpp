// SPDX-License-Identifier: Apache-2.0
#include "tools/rtd/engine/worker_pool.hpp"

#include <pthread.h>
#include <signal.h>

#include <chrono>

namespace rt::rtd {
namespace {

constexpr std::chrono::seconds kIdle{10}; // after which a thread goes
constexpr std::size_t kEnginesKept = 4;

} // namespace

WorkerPool::Loan::~Loan() {
    if (engine_) pool_.give_back(std::move(engine_));
}

Result<Engine*> WorkerPool::Loan::engine() {
    if (!engine_) {
        RT_TRY_ASSIGN(engine_, pool_.take_engine());
    }
    return engine_.get();
}

WorkerPool::WorkerPool(OpenEngine open, std::size_t most) : open_(std::move(open)), most_(most) {}

WorkerPool::~WorkerPool() {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    jobs_.clear();
    wake_.notify_all();
    ended_.wait(lock, [&] { return threads_ == 0; });
}

bool WorkerPool::is_busy() {
    const std::lock_guard lock(mutex_);
    return threads_ > idle_ || !jobs_.empty();
}

void WorkerPool::post(Job job) {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    jobs_.push_back(std::move(job));
    if (idle_ >= jobs_.size() || threads_ == most_) {
        wake_.notify_one();
        return;
    }
    // Signals are the main thread's.
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    std::thread([this] { work(); }).detach();
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    ++threads_;
}

WorkerPool::Load WorkerPool::load() {
    const std::lock_guard lock(mutex_);
    return {threads_, jobs_.size()};
}

void WorkerPool::work() {
    std::unique_lock lock(mutex_);
    for (;;) {
        ++idle_;
        const bool has_job = wake_.wait_for(lock, kIdle, [&] { return stopping_ || !jobs_.empty(); });
        --idle_;
        if (!has_job || stopping_) break;
        Job job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        {
            Loan loan(*this);
            job(loan);
            job = {}; // what it holds goes before we wait again
        }
        lock.lock();
    }
    --threads_;
    ended_.notify_all();
}

Result<std::unique_ptr<Engine>> WorkerPool::take_engine() {
    {
        const std::lock_guard lock(mutex_);
        if (!engines_.empty()) {
            auto engine = std::move(engines_.back());
            engines_.pop_back();
            return engine;
        }
    }
    return open_();
}

void WorkerPool::give_back(std::unique_ptr<Engine> engine) {
    const std::lock_guard lock(mutex_);
    if (engines_.size() < kEnginesKept) engines_.push_back(std::move(engine));
}

} // namespace rt::rtd
