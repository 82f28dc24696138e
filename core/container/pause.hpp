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
        : engine_(std::exchange(other.engine_, nullptr)), container_(std::move(other.container_)),
          shim_(std::move(other.shim_)) {}
    Standstill& operator=(Standstill&&) = delete;
    ~Standstill();

private:
    Standstill(Engine& engine, Container container, ShimClient shim)
        : engine_(&engine), container_(std::move(container)), shim_(std::move(shim)) {}
    Engine* engine_; // none: moved from
    Container container_;
    ShimClient shim_;
};

} // namespace rt
