// SPDX-License-Identifier: Apache-2.0
#include "tools/rtd/engine/exec_registry.hpp"

namespace rt::rtd {

std::shared_ptr<Exec> ExecRegistry::add(Exec exec) {
    for (auto place = oldest_first_.begin(); by_id_.size() >= kMost && place != oldest_first_.end();) {
        const auto& old = by_id_[*place];
        const bool in_use = old->state == Exec::State::starting || old->state == Exec::State::running;
        if (in_use) {
            ++place;
            continue;
        }
        by_id_.erase(*place);
        place = oldest_first_.erase(place);
    }
    const auto shared = std::make_shared<Exec>(std::move(exec));
    by_id_[shared->id] = shared;
    oldest_first_.push_back(shared->id);
    return shared;
}

std::shared_ptr<Exec> ExecRegistry::find(const std::string& id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second;
}

} // namespace rt::rtd
