// SPDX-License-Identifier: Apache-2.0
// Compiled only: that the isolation macro takes a class with the methods that its header names.
#include <rt/sdk/isolation.hpp>

namespace {

using namespace rt::sdk;

class Nothing {
public:
    static constexpr std::uint64_t features = 0;
    static Result<std::unique_ptr<Nothing>> create(Host, std::string_view) {
        return std::make_unique<Nothing>();
    }
    Result<std::string> probe(Call) { return "{}"; }
    Result<Process> create(Call, const Bundle&) { return fail(Code::unsupported, "runs nothing"); }
    Result<void> start(Call, std::string_view) { return {}; }
    Result<Process> exec(Call, std::string_view, const Exec&) {
        return fail(Code::unsupported, "runs nothing");
    }
    Result<void> signal(Call, std::string_view, int, SignalScope) { return {}; }
    Result<void> destroy(Call, std::string_view, std::string_view) { return {}; }
};

class Ahead : public Nothing {
public:
    Result<UniqueFd> make_network_namespace(Call) { return UniqueFd(); }
};

class Everything : public Ahead {
public:
    Result<void> pause(Call, std::string_view) { return {}; }
    Result<void> resume(Call, std::string_view) { return {}; }
    Result<std::string> stats(Call, std::string_view) { return "{}"; }
    Result<void> update(Call, std::string_view, std::string_view) { return {}; }
    Result<std::vector<int>> processes(Call, std::string_view) { return std::vector<int>(); }
};

static_assert(!detail::MakesNetworkNamespaces<Nothing> && !detail::Freezes<Nothing> &&
              !detail::HasStats<Nothing> && !detail::Updates<Nothing> && !detail::ListsProcesses<Nothing>);
static_assert(detail::MakesNetworkNamespaces<Ahead> && !detail::Freezes<Ahead>);
static_assert(detail::Freezes<Everything> && detail::HasStats<Everything> && detail::Updates<Everything> &&
              detail::ListsProcesses<Everything>);
[[maybe_unused]] constexpr auto find_optional = detail::OptionalIsolationThunks<Everything>::find;

} // namespace

RT_ISOLATION_PLUGIN(Nothing, "nothing", "1.0.0", "Apache-2.0", "runs nothing",
                    R"({"type": "object", "properties": {}, "additionalProperties": false})");
