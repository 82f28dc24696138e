// SPDX-License-Identifier: Apache-2.0
// "rt.leftovers/1" of a class with find_leftovers() and remove_leftover(), whatever the kind of driver.
#pragma once

#include <rt/sdk/detail/guard.hpp>
#include <rtp/leftovers.h>

#include <concepts>
#include <string>
#include <string_view>

namespace rt::sdk::detail {

template <class Driver>
concept FindsLeftovers = requires(Driver& driver, Call call, std::string_view json) {
    { driver.find_leftovers(call, json) } -> std::same_as<Result<std::string>>;
    { driver.remove_leftover(call, json, json) } -> std::same_as<Result<void>>;
};

// Where the driver has no such methods there is no interface.
template <class Driver>
struct LeftoverThunks {
    static const void* find_interface(std::string_view) noexcept { return nullptr; }
};

template <FindsLeftovers Driver>
struct LeftoverThunks<Driver> {
    static rtp_status find(void* self, const rtp_call* call, const char* known, const rtp_sink* found,
                           rtp_error* error) noexcept {
        return guard(error, [&]() -> Result<void> {
            RT_TRY_ASSIGN(const std::string text,
                          static_cast<Driver*>(self)->find_leftovers(Call(call), view(known)));
            put(found, text);
            return {};
        });
    }
    static rtp_status remove(void* self, const rtp_call* call, const char* known, const char* leftover,
                             rtp_error* error) noexcept {
        return guard(error, [&] {
            return static_cast<Driver*>(self)->remove_leftover(Call(call), view(known), view(leftover));
        });
    }
    static constexpr rtp_leftovers_v1 table{find, remove};
    static const void* find_interface(std::string_view interface_id) noexcept {
        return interface_id == RTP_LEFTOVERS_V1 ? &table : nullptr;
    }
};

} // namespace rt::sdk::detail
