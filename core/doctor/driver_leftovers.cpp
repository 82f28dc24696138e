// SPDX-License-Identifier: Apache-2.0
// What drivers find of their own: only they know what they make (<rtp/leftovers.h>).
#include "core/base/id.hpp"
#include "core/base/lock_file.hpp"
#include "core/doctor/areas.hpp"
#include "core/doctor/known.hpp"
#include "core/plugin/leftovers.hpp"

#include <unistd.h>

#include <algorithm>
#include <memory>

namespace rt::doctor {
namespace {

std::string check_of(Role role) {
    return cat(name_of(role), ".leftover");
}

// The lock of the container that it was, where there is one: nothing of it comes to be meanwhile.
Result<std::optional<LockFile>> lock_owner(Engine& engine, const Leftover& leftover) {
    if (leftover.container.size() != kContainerIdDigits || !is_hex(leftover.container)) return std::nullopt;
    const Path file = engine.lock_file(leftover.container);
    RT_TRY(make_directories(file.parent_path()));
    RT_TRY_ASSIGN(auto lock, LockFile::try_acquire(file));
    if (!lock)
        return fail(Code::unavailable, "container ", short_id(leftover.container),
                    " is just being worked on: try again");
    return lock;
}

Result<void> remove(Engine& engine, Engine::State& state, Role role, LeftoverFinder& finder,
                    const std::string& instance, const Leftover& leftover) {
    RT_TRY(none_is_unrecorded(engine, state));
    RT_TRY_ASSIGN(const auto lock, lock_owner(engine, leftover));
    RT_TRY_ASSIGN(const std::string known,
                  known_json(engine, state, role, instance, lock ? leftover.container : std::string()));
    auto removed = finder.remove(Engine::new_operation(), known, leftover);
    if (lock && ::access(engine.run_directory(leftover.container).c_str(), F_OK) != 0)
        ::unlink(engine.lock_file(leftover.container).c_str()); // it was made for this
    return removed;
}

// In both looks, and the second by a record that was read after the first: so it was there, and had no owner.
std::vector<Leftover> in_both(const std::vector<Leftover>& first, std::vector<Leftover> second) {
    std::erase_if(second, [&](const Leftover& one) {
        return std::ranges::none_of(
            first, [&](const Leftover& other) { return other.kind == one.kind && other.name == one.name; });
    });
    return second;
}

Result<void> look_at_instance(Examination& examination, Role role, const std::string& instance) {
    Engine& engine = examination.engine();
    Engine::State& state = examination.state();
    RT_TRY_ASSIGN(const DriverSpec spec, engine.drivers().resolve(role, instance));
    RT_TRY_ASSIGN(auto opened, LeftoverFinder::open(spec, role));
    if (!opened) return {};
    const auto finder = std::make_shared<LeftoverFinder>(std::move(*opened));
    RT_TRY_ASSIGN(std::string known, known_json(engine, state, role, instance));
    RT_TRY_ASSIGN(const auto first, finder->find(Engine::new_operation(), known));
    if (first.empty()) return {};
    RT_TRY_ASSIGN(known, known_json(engine, state, role, instance));
    RT_TRY_ASSIGN(auto second, finder->find(Engine::new_operation(), known));
    for (const Leftover& leftover : in_both(first, std::move(second)))
        examination.report(
            check_of(role),
            {.subject = cat(leftover.kind, " '", leftover.name, "' of driver '", instance, "'"),
             .text = cat(leftover.what, ": nobody owns it any more"),
             .owner = leftover.whose,
             .repair = [&engine, &state, role, finder, instance, leftover] {
                 return remove(engine, state, role, *finder, instance, leftover);
             }});
    return {};
}

} // namespace

void look_at_driver_leftovers(Examination& examination) {
    const Wiring& wiring = examination.engine().wiring();
    const auto unrecorded = unrecorded_containers(examination.engine(), examination.state());
    if (!unrecorded || !unrecorded->empty()) { // what is theirs looks like nobody's
        examination.pass_over(
            "what drivers have left, for the sake of containers that the database does not know");
        return;
    }
    for (const Role role : kRoles)
        for (const auto& [instance, wired] : wiring.role(role).drivers) {
            if (!std::filesystem::exists(wiring.root / name_of(role) / instance) &&
                !std::filesystem::exists(wiring.run / name_of(role) / instance))
                continue; // never used
            examination.look(check_of(role), [&] { return look_at_instance(examination, role, instance); });
        }
}

} // namespace rt::doctor
