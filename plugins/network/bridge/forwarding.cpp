// SPDX-License-Identifier: Apache-2.0
#include "forwarding.hpp"

#include "nft_table.hpp"
#include "sysctl.hpp"

#include <rt/sdk/unique_fd.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace rt::bridge {
namespace {

std::string mark(const std::string& run_dir) {
    return run_dir + "/forwarding-was-off";
}

bool was_off(const std::string& run_dir) {
    return ::access(mark(run_dir).c_str(), F_OK) == 0;
}

sdk::Result<void> remember(const std::string& run_dir) {
    const std::string path = mark(run_dir);
    const sdk::UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) return sdk::fail_errno(errno, "make '", path, "'");
    return {};
}

} // namespace

bool is_as_configured(const Config& config, const std::string& run_dir, bool is_closed) {
    return is_closed == (config.forward_drop && was_off(run_dir));
}

sdk::Result<void> start_forwarding(NetlinkSocket& nft, const Config& config, const std::string& run_dir,
                                   const std::string& bridge) {
    RT_TRY_ASSIGN(const RulesSeen seen, look_at_rules(nft, config.nft_table, bridge));
    RT_TRY_ASSIGN(const bool forwards, is_forwarding());
    // A closed table without the file is that of another instance of this driver, which shares the table.
    const bool ours = !forwards || seen.is_closed || was_off(run_dir);
    if (ours) RT_TRY(remember(run_dir));
    if (ours && config.forward_drop) {
        RT_TRY(close_forwarding(nft, config.nft_table));
    } else if (seen.is_closed) {
        RT_TRY(open_forwarding(nft, config.nft_table));
    }
    return enable_forwarding();
}

sdk::Result<void> end_forwarding(NetlinkSocket& nft, const Config& config, const std::string& run_dir) {
    RT_TRY_ASSIGN(const bool used, has_networks(nft, config.nft_table));
    if (used || !was_off(run_dir)) return {};
    // Without forward_drop others may have come to rely on it.
    if (config.forward_drop) RT_TRY(disable_forwarding());
    if (::unlink(mark(run_dir).c_str()) != 0 && errno != ENOENT)
        return sdk::fail_errno(errno, "remove '", mark(run_dir), "'");
    return {};
}

} // namespace rt::bridge
