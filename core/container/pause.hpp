// SPDX-License-Identifier: Apache-2.0
// Stops every process of a container without its notice, and lets them go on.
#pragma once

#include "core/container/engine.hpp"
#include "core/shim/client.hpp"

#include <string>
#include <utility>

namespace rt {

// failed_precondition: it does not run, or is (not) paused already. unsupported: its isolation driver cannot.
Result<void> pause(Engine& engine, const std::string& reference);
Result<void> unpause(Engine& engine, const std::string& reference);

// A running container that is paused for as long as this lives, or the process that made it.
class Standstill {
public:
    static Result<Standstill> make(Engine& engine, const Container& container);
    Standstill(Standstill&& other) noexcept
        : engine_(std::exchange(other.engine_, nullptr)), shim_(std::move(other.shim_)) {}
    Standstill& operator=(Standstill&&) = delete;
    ~Standstill();

private:
    Standstill(Engine& engine, ShimClient shim) : engine_(&engine), shim_(std::move(shim)) {}
    Engine* engine_; // none: moved from
    ShimClient shim_;
};

} // namespace rt
