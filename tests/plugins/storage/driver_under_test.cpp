// SPDX-License-Identifier: Apache-2.0
#include "driver_under_test.hpp"

#include <algorithm>

namespace rt::test {
namespace {

std::vector<const char*> raw(const Ids& ids) {
    std::vector<const char*> pointers;
    for (const std::string& id : ids) pointers.push_back(id.c_str());
    return pointers;
}

} // namespace

DriverUnderTest::DriverUnderTest(const std::filesystem::path& plugin, const std::filesystem::path& directory)
    : state_(directory / "state"), host_(plugin, directory),
      table_(host_.table<rtp_storage_v1>(RTP_STORAGE_V1)) {}

rtp_status DriverUnderTest::prepare(const std::string& id, const Ids& parents, const rtp_call& call) {
    const auto pointers = raw(parents);
    return table_.prepare(host_.self(), &call, id.c_str(), pointers.data(), pointers.size(), &error_);
}

rtp_status DriverUnderTest::commit(const std::string& id) {
    return table_.commit(host_.self(), &kCall, id.c_str(), &error_);
}

rtp_status DriverUnderTest::remove(const std::string& id, const rtp_call& call) {
    return table_.remove(host_.self(), &call, id.c_str(), &error_);
}

rtp_status DriverUnderTest::mounts(const std::string& id, const Ids& parents, int mode,
                                   std::vector<sdk::Mount>& out) {
    const auto pointers = raw(parents);
    const rtp_mount_sink sink{&out, [](void* context, const rtp_mount* mount) noexcept {
                                  static_cast<std::vector<sdk::Mount>*>(context)->push_back(
                                      sdk::detail::own(*mount));
                              }};
    return table_.mounts(host_.self(), &kCall, id.c_str(), pointers.data(), pointers.size(), mode, &sink,
                         &error_);
}

rtp_status DriverUnderTest::usage(const std::string& id, sdk::Usage& out) {
    const auto& table = host_.table<rtp_storage_usage_v1>(RTP_STORAGE_USAGE_V1);
    return table.usage(host_.self(), &kCall, id.c_str(), &out.bytes, &out.inodes, &error_);
}

rtp_status DriverUnderTest::probe(std::string& facts) {
    const rtp_sink sink = sink_to(facts);
    return host_.plugin().api->probe(host_.self(), &kCall, &sink, &error_);
}

std::map<std::string, int> DriverUnderTest::list() {
    std::vector<std::pair<std::string, int>> all;
    const rtp_snapshot_sink sink{
        &all, [](void* context, const char* id, int32_t state) noexcept {
            static_cast<std::vector<std::pair<std::string, int>>*>(context)->emplace_back(id, state);
        }};
    EXPECT_EQ(table_.list(host_.self(), &kCall, &sink, &error_), RTP_OK) << error_.message;
    const std::map<std::string, int> result(all.begin(), all.end());
    EXPECT_EQ(result.size(), all.size()) << "an id is listed twice";
    return result;
}

bool DriverUnderTest::takes_overlay_layers() const {
    return (table_.features & RTP_STORAGE_OVERLAY_LAYERS) != 0;
}

std::vector<std::string> paths_below(const std::filesystem::path& directory) {
    std::vector<std::string> paths;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory))
        paths.push_back(entry.path().string());
    std::ranges::sort(paths);
    return paths;
}

} // namespace rt::test
