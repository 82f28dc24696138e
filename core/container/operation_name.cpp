// SPDX-License-Identifier: Apache-2.0
#include "core/container/operation_name.hpp"

#include <utility>

namespace rt {
namespace {

thread_local std::string current_name;

} // namespace

OperationName::OperationName(std::string id) : before_(std::exchange(current_name, std::move(id))) {}

OperationName::~OperationName() {
    current_name = std::move(before_);
}

const std::string& OperationName::current() {
    return current_name;
}

} // namespace rt
