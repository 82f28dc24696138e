// SPDX-License-Identifier: Apache-2.0
#include "overlay_driver.hpp"

#include "overlay_trial.hpp"

#include <rt/storage/text.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace rt::storage {
namespace {

using sdk::cat;
using sdk::Code;
using sdk::MountMode;
using sdk::Result;
using sdk::SnapshotState;

constexpr std::size_t kMostLayers = 500;        // OVL_MAX_STACK in fs/overlayfs/params.h
constexpr std::size_t kLongestMountData = 4095; // mount(2) takes one page of options with its NUL
constexpr const char* kShortNames = "l";        // symbolic links to committed layers
constexpr std::size_t kLongestStateDir = 180;   // with "/committed/<64>" and a NUL, the 256 of fsconfig(2)

Result<void> check_state_dir(const std::string& directory) {
    if (directory.size() > kLongestStateDir)
        return sdk::fail(Code::invalid_argument, "the state directory '", directory, "' has a name of ",
                         directory.size(), " bytes, overlayfs can be given at most ", kLongestStateDir,
                         ": choose a shorter state directory");
    if (directory.find_first_of(":,\\\"\n") != std::string::npos)
        return sdk::fail(Code::invalid_argument, "the state directory ", in_quotes(directory),
                         " has one of : , \\ \" or a newline in its name, which mean something in the "
                         "options of overlayfs: choose a state directory without them");
    return {};
}

// The same layer twice gives nothing new: whatever it holds or hides, the upper one does already. The kernel
// refuses it.
sdk::Parents without_repeats(const sdk::Parents& parents) {
    sdk::Parents kept;
    for (const std::string_view parent : parents)
        if (std::ranges::find(kept, parent) == kept.end()) kept.push_back(parent);
    return kept;
}

std::string short_path(std::string_view id) {
    constexpr std::size_t kDigits = 12; // as docker shows ids: two are hardly ever the same
    return cat(kShortNames, "/", id.substr(0, kDigits));
}

std::string link_target(std::string_view id) {
    return cat("../", SnapshotStore::content_path(SnapshotState::committed, id));
}

// Where it leads; empty: it is not there, or leads further than one of ours.
std::string link_at(int directory, const std::string& path) {
    char text[256];
    const ssize_t size = ::readlinkat(directory, path.c_str(), text, sizeof text);
    return size < 0 ? std::string() : std::string(text, static_cast<std::size_t>(size));
}

std::string lower_option(const std::vector<std::string>& layers) {
    std::string all = "lowerdir=";
    for (const std::string& layer : layers) {
        if (all.back() != '=') all += ':';
        all += layer;
    }
    return all;
}

} // namespace

OverlayKernel OverlayKernel::of_this_host() {
    OverlayKernel kernel;
    utsname name{};
    int major = 0;
    int minor = 0;
    if (::uname(&name) == 0 && std::sscanf(name.release, "%d.%d", &major, &minor) == 2)
        kernel.appends_layers = major > 6 || (major == 6 && minor >= 5);
    kernel.can_be_volatile = major > 5 || (major == 5 && minor >= 10);
    return kernel;
}

Result<std::unique_ptr<OverlayDriver>> OverlayDriver::create(sdk::Host host, std::string_view) {
    return create(host, OverlayKernel::of_this_host());
}

Result<std::unique_ptr<OverlayDriver>> OverlayDriver::create(sdk::Host host, OverlayKernel kernel) {
    RT_TRY(check_state_dir(host.state_dir()));
    RT_TRY_ASSIGN(SnapshotStore store, SnapshotStore::open(host));
    return std::unique_ptr<OverlayDriver>(new OverlayDriver(std::move(store), std::move(kernel)));
}

Result<std::string> OverlayDriver::probe(sdk::Call call) {
    RT_TRY(call.check());
    RT_TRY(try_overlay(store_, kernel_));
    return cat(R"({"layer_option": ")", kernel_.appends_layers ? "lowerdir+" : "lowerdir",
               R"(", "most_layers": )", kMostLayers, "}");
}

Result<void> OverlayDriver::prepare(sdk::Call call, std::string_view id, const sdk::Parents& parents) {
    RT_TRY(call.check());
    RT_TRY(store_.check_parents(parents));
    RT_TRY(store_.begin(id));
    auto filled = fill(id, parents);
    if (!filled) store_.abandon(id);
    return filled;
}

Result<void> OverlayDriver::fill(std::string_view id, const sdk::Parents& parents) const {
    // The root directory of the mounted overlay has the attributes of the upper one.
    struct stat root{};
    root.st_mode = 0755;
    if (!parents.empty()) {
        const std::string top = SnapshotStore::content_path(SnapshotState::committed, parents.front());
        if (::fstatat(store_.fd(), top.c_str(), &root, AT_SYMLINK_NOFOLLOW) < 0)
            return sdk::fail_errno(errno, "stat the parent '", parents.front(), "'");
    }
    const std::string content = SnapshotStore::content_path(SnapshotState::active, id);
    if (::mkdirat(store_.fd(), content.c_str(), 0700) < 0)
        return sdk::fail_errno(errno, "make the directory '", store_.absolute(content), "'");
    if ((root.st_uid != 0 || root.st_gid != 0) &&
        ::fchownat(store_.fd(), content.c_str(), root.st_uid, root.st_gid, AT_SYMLINK_NOFOLLOW) < 0)
        return sdk::fail_errno(errno, "set the owner of '", store_.absolute(content), "'");
    if (::fchmodat(store_.fd(), content.c_str(), root.st_mode & 07777, 0) < 0)
        return sdk::fail_errno(errno, "set the mode of '", store_.absolute(content), "'");
    return {};
}

Result<std::vector<sdk::Mount>> OverlayDriver::mounts(sdk::Call, std::string_view id,
                                                      const sdk::Parents& parents, MountMode mode) {
    RT_TRY_ASSIGN(const SnapshotState state, state_to_mount(id, parents, mode));
    const bool writable = mode != MountMode::read_only;
    const std::string content = store_.absolute(SnapshotStore::content_path(state, id));
    const char* access = writable ? "rw" : "ro";
    const sdk::Parents lower = without_repeats(parents);
    if (lower.empty()) return std::vector{sdk::Mount{"bind", content, "", {"bind", access}}};

    std::vector<std::string> options{access};
    if (writable) {
        options.push_back(cat("upperdir=", content));
        options.push_back(cat("workdir=", store_.absolute(SnapshotStore::work_path(id))));
    }
    if (mode == MountMode::unsynced && kernel_.can_be_volatile) {
        RT_TRY(forget_volatile(id));
        options.emplace_back("volatile");
    }
    RT_TRY(add_layers(writable ? std::string() : content, lower, options));
    return std::vector{sdk::Mount{kernel_.filesystem, "overlay", "", std::move(options)}};
}

// The kernel leaves a mark in the work directory, and mounts no overlay again that has one: after a crash its
// content cannot be trusted. Of what goes with its container nobody asks for that.
Result<void> OverlayDriver::forget_volatile(std::string_view id) const {
    const std::string mark = cat(SnapshotStore::work_path(id), "/work/incompat/volatile");
    const bool gone = (::unlinkat(store_.fd(), cat(mark, "/dirty").c_str(), 0) == 0 || errno == ENOENT) &&
                      (::unlinkat(store_.fd(), mark.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT);
    return gone ? Result<void>()
                : sdk::fail_errno(errno, "remove the mark '", store_.absolute(mark), "' of overlayfs");
}

Result<void> OverlayDriver::remove(sdk::Call call, std::string_view id) {
    // First: where we are killed, one that is missing is made again, and one without its layer would stay.
    if (link_at(store_.fd(), short_path(id)) == link_target(id))
        (void)::unlinkat(store_.fd(), short_path(id).c_str(), 0);
    return StoreDriver::remove(call, id);
}

Result<void> OverlayDriver::add_layers(const std::string& own, const sdk::Parents& parents,
                                       std::vector<std::string>& options) const {
    std::vector<std::string> layers;
    if (!own.empty()) layers.push_back(own);
    for (const std::string_view parent : parents)
        layers.push_back(store_.absolute(SnapshotStore::content_path(SnapshotState::committed, parent)));
    if (layers.size() > kMostLayers)
        return sdk::fail(Code::unsupported, "overlayfs stacks at most ", kMostLayers,
                         " layers, this snapshot has ", layers.size(),
                         ": use an image with fewer layers or the storage driver 'vfs'");
    if (!kernel_.appends_layers) return add_all_in_one(std::move(layers), parents, options);
    for (const std::string& layer : layers) options.push_back(cat("lowerdir+=", layer));
    return {};
}

// Of a page there is room for some forty layers with their digests as names, and for twice as many short
// ones.
Result<void> OverlayDriver::add_all_in_one(std::vector<std::string> layers, const sdk::Parents& parents,
                                           std::vector<std::string>& options) const {
    std::size_t others = 0;
    for (const std::string& option : options) others += option.size() + 1; // with a comma
    std::string all = lower_option(layers);
    if (others + all.size() > kLongestMountData) {
        const std::size_t own = layers.size() - parents.size();
        for (std::size_t number = 0; number < parents.size(); ++number) {
            RT_TRY_ASSIGN(layers[own + number], short_name(parents[number]));
        }
        all = lower_option(layers);
    }
    if (others + all.size() > kLongestMountData)
        return sdk::fail(Code::unsupported, "the names of ", layers.size(), " layers make ",
                         others + all.size(), " bytes of mount options and this kernel takes ",
                         kLongestMountData,
                         ": use Linux 6.5 or newer, a shorter state directory, an image with fewer layers, "
                         "or the storage driver 'vfs'");
    options.push_back(std::move(all));
    return {};
}

// A symbolic link, which the kernel follows; the layer's full name where another layer has the link.
Result<std::string> OverlayDriver::short_name(std::string_view parent) const {
    const std::string path = short_path(parent), target = link_target(parent);
    if (::mkdirat(store_.fd(), kShortNames, 0700) < 0 && errno != EEXIST)
        return sdk::fail_errno(errno, "make the directory '", store_.absolute(kShortNames), "'");
    if (::symlinkat(target.c_str(), store_.fd(), path.c_str()) == 0) return store_.absolute(path);
    if (errno != EEXIST) return sdk::fail_errno(errno, "make the link '", store_.absolute(path), "'");
    return store_.absolute(link_at(store_.fd(), path) == target
                               ? path
                               : SnapshotStore::content_path(SnapshotState::committed, parent));
}

} // namespace rt::storage
