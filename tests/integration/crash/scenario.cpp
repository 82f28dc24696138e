// SPDX-License-Identifier: Apache-2.0
#include "scenario.hpp"

namespace rt::test {
namespace {

const Words kCreate{"create", "--name", "victim", "-p", "127.0.0.1:18095:9", "busybox", "sleep", "1000"};
const Words kRun{"run", "-d", "--name", "victim", "-p", "127.0.0.1:18095:9", "busybox", "sleep", "1000"};

constexpr Role kClient = Role::client, kShim = Role::shim, kReaper = Role::reaper, kChild = Role::child;

} // namespace

const std::vector<Scenario>& scenarios() {
    static const std::vector<Scenario> all{
        {"create", {}, kCreate, Fate::may_be_missing, false, {kClient}},
        {"run", {}, kRun, Fate::may_be_missing, false, {kClient, kShim, kChild}},
        {"run_in_foreground",
         {},
         {"run", "--name", "victim", "busybox", "true"},
         Fate::may_be_missing,
         true,
         {kClient, kShim}},
        {"run_and_remove",
         {},
         {"run", "--rm", "--name", "victim", "busybox", "true"},
         Fate::may_be_missing,
         true,
         {kClient, kShim}},
        {"end",
         {},
         {"run", "-d", "--name", "victim", "busybox", "true"},
         Fate::may_be_missing,
         true,
         {kShim, kReaper}},
        {"start", {kCreate}, {"start", "victim"}, Fate::is_there, false, {kClient, kShim, kChild}},
        {"exec", {kRun}, {"exec", "victim", "true"}, Fate::is_there, false, {kClient, kShim, kChild}},
        {"pause", {kRun}, {"pause", "victim"}, Fate::is_there, false, {kClient, kShim}},
        {"stop", {kRun}, {"stop", "-t", "0", "victim"}, Fate::is_there, false, {kClient, kShim}},
        {"restart",
         {kRun},
         {"restart", "-t", "0", "victim"},
         Fate::is_there,
         false,
         {kClient, kShim, kChild}},
        {"rm", {kCreate}, {"rm", "victim"}, Fate::may_be_missing, false, {kClient}},
        {"rm_force", {kRun}, {"rm", "-f", "victim"}, Fate::may_be_missing, false, {kClient, kShim}},
    };
    return all;
}

} // namespace rt::test
