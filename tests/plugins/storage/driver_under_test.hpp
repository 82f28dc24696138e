// SPDX-License-Identifier: Apache-2.0
// A storage driver as the laws use it: loaded through the C ABI, in a state directory of its own. The laws
// know its features and nothing else of it, so that they hold for every driver.
#pragma once

#include "support/plugin_host.hpp"
#include "support/temp_dir.hpp"

#include <rt/sdk/storage.hpp>
#include <rt/sdk/unique_fd.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace rt::test {

using Ids = std::vector<std::string>; // parents, the nearest first

class DriverUnderTest {
public:
    DriverUnderTest(const std::filesystem::path& plugin, const std::filesystem::path& directory);

    rtp_status prepare(const std::string& id, const Ids& parents = {}, const rtp_call& call = kCall);
    rtp_status commit(const std::string& id);
    rtp_status remove(const std::string& id, const rtp_call& call = kCall);
    rtp_status mounts(const std::string& id, const Ids& parents, int mode, std::vector<sdk::Mount>& out);
    rtp_status usage(const std::string& id, sdk::Usage& out);
    rtp_status probe(std::string& facts);
    std::map<std::string, int> list(); // id -> RTP_SNAPSHOT_*

    [[nodiscard]] bool takes_overlay_layers() const;
    [[nodiscard]] const std::filesystem::path& state() const { return state_; }
    [[nodiscard]] const rtp_error& error() const { return error_; } // of the last failure
    [[nodiscard]] const std::vector<LogLine>& log() const { return host_.log(); }

private:
    std::filesystem::path state_;
    PluginHost host_;
    const rtp_storage_v1& table_;
    rtp_error error_{};
};

// Every path below a directory, to see that nothing was left there.
std::vector<std::string> paths_below(const std::filesystem::path& directory);

// The fixture of the laws; the parameter is the shared object.
class StorageLaws : public testing::TestWithParam<std::filesystem::path> {
protected:
    TempDir temp;
    DriverUnderTest driver{GetParam(), temp.path()};
};
class SnapshotLaws : public StorageLaws {};
class ContentLaws : public StorageLaws {};
class RemovalLaws : public StorageLaws {};
class CrashLaws : public StorageLaws {};

} // namespace rt::test
