// SPDX-License-Identifier: Apache-2.0
// Where the network has no part in it the container has none: that is quicker.
#include "scenario.hpp"

namespace rt::test {
namespace {

const Words kCreate{"create", "--name", "victim", "-p", "127.0.0.1:18095:9", "busybox", "sleep", "1000"};
const Words kRun{"run", "-d", "--name", "victim", "-p", "127.0.0.1:18095:9", "busybox", "sleep", "1000"};

const Words kCreateAlone{"create", "--name", "victim", "--network", "none", "busybox", "sleep", "1000"};
const Words kRunAlone{"run", "-d", "--name", "victim", "--network", "none", "busybox", "sleep", "1000"};
const Words kRunInNetwork{"run", "-d", "--name", "victim", "--network", "crash", "busybox", "sleep", "1000"};

const Words kServe{"run", "-d", "--name", "victim", "-p",  "127.0.0.1:18095:9", "busybox", "nc", "-ll",
                   "-p",  "9",  "-e",     "echo",   "open"};
// By the port that it publishes, wherever that is published.
const Truth kServes{{"run", "--rm", "--network", "host", "busybox", "nc", "-w", "2", "127.0.0.1", "18095"},
                    "open"};

const Words kMakeNetwork{"network", "create", "crash"}, kRemoveNetwork{"network", "rm", "crash"};
const Words kMakeVolume{"volume", "create", "crash"}, kRemoveVolume{"volume", "rm", "crash"};
const Words kImport{"import", "tiny.tar", "tiny"}, kLoad{"load", "-i", "tiny-image.tar"};
const Words kRemoveImage{"rmi", "tiny"}, kPruneImages{"image", "prune", "-f"};
const Words kPull{"pull", "127.0.0.1:5000/tiny"}, kNameTiny{"tag", "127.0.0.1:5000/tiny", "tiny"};

constexpr Role kClient = Role::client, kShim = Role::shim, kReaper = Role::reaper, kChild = Role::child;

const std::string kNotRunning = "is not running";

std::vector<Scenario> of_containers() {
    return {
        {.name = "create", .command = kCreate, .fate = Fate::may_be_missing, .roles = {kClient}},
        {.name = "run", .command = kRun, .fate = Fate::may_be_missing, .roles = {kClient, kShim, kChild}},
        {.name = "run_in_foreground",
         .command = {"run", "--name", "victim", "busybox", "true"},
         .fate = Fate::may_be_missing,
         .to_the_end = true,
         .roles = {kClient, kShim}},
        {.name = "run_and_remove",
         .command = {"run", "--rm", "--name", "victim", "busybox", "true"},
         .fate = Fate::may_be_missing,
         .to_the_end = true,
         .roles = {kClient, kShim}},
        {.name = "end",
         .command = {"run", "-d", "--name", "victim", "busybox", "true"},
         .fate = Fate::may_be_missing,
         .to_the_end = true,
         .roles = {kShim, kReaper}},
        {.name = "start",
         .before = {kCreate},
         .command = {"start", "victim"},
         .roles = {kClient, kShim, kChild}},
        {.name = "exec",
         .before = {kRunAlone},
         .command = {"exec", "victim", "true"},
         .roles = {kClient, kShim, kChild}},
        {.name = "pause", .before = {kRunAlone}, .command = {"pause", "victim"}, .roles = {kClient, kShim}},
        {.name = "unpause",
         .before = {kRunAlone, {"pause", "victim"}},
         .command = {"unpause", "victim"},
         .roles = {kClient, kShim},
         .again = Again{.refusals = {"is not paused", kNotRunning},
                        .runs = true,
                        .then = {{{"exec", "victim", "true"}}}}},
        {.name = "kill",
         .before = {kRunAlone},
         .command = {"kill", "victim"},
         .roles = {kClient, kShim},
         .again = Again{.refusals = {kNotRunning}, .then = {{{"wait", "victim"}}}}},
        {.name = "stop",
         .before = {kRun},
         .command = {"stop", "-t", "0", "victim"},
         .roles = {kClient, kShim}},
        {.name = "restart",
         .before = {kRun},
         .command = {"restart", "-t", "0", "victim"},
         .roles = {kClient, kShim, kChild}},
        {.name = "restart_of_one_that_goes",
         .before = {{"run", "-d", "--rm", "--name", "victim", "--network", "none", "busybox", "sleep",
                     "1000"}},
         .command = {"restart", "-t", "0", "victim"},
         .fate = Fate::may_be_missing,
         .goes_with_its_end = true,
         .roles = {kClient, kShim}},
        {.name = "update",
         .before = {kRunAlone},
         .command = {"update", "-m", "64m", "victim"},
         .roles = {kClient, kShim},
         .again = Again{.runs = true,
                        .then = {{{"inspect", "-f", "{{.HostConfig.Memory}}", "victim"}, "67108864"}}}},
        {.name = "rename",
         .before = {kCreateAlone},
         .command = {"rename", "victim", "other"},
         .roles = {kClient},
         .again = Again{.refusals = {"No such container"}, .then = {{{"rename", "other", "victim"}}}}},
        {.name = "cp",
         .before = {kCreateAlone},
         .command = {"cp", "tiny.tar", "victim:/tmp/"},
         .roles = {kClient, kChild},
         .again = Again{.then = {{{"cp", "victim:/tmp/tiny.tar", "-"}, "hello"}}}},
        {.name = "commit",
         .before = {kCreateAlone, {"cp", "tiny.tar", "victim:/tmp/"}},
         .command = {"commit", "victim", "tiny"},
         .roles = {kClient},
         .again = Again{.then = {{{"run", "--rm", "--network", "none", "tiny", "ls", "/tmp"}, "tiny.tar"}}},
         .after = {kRemoveImage, kPruneImages}},
        {.name = "commit_running",
         .before = {kRunAlone},
         .command = {"commit", "victim", "tiny"},
         .roles = {kClient},
         .again = Again{.runs = true, .then = {{{"inspect", "tiny"}}}},
         .after = {kRemoveImage, kPruneImages}},
        {.name = "export", // a file that is not whole has no name
         .before = {kCreateAlone},
         .command = {"export", "-o", "exported.tar", "victim"},
         .roles = {kClient},
         .again =
             Again{.then = {{{"import", "exported.tar", "exported"}},
                            {{"run", "--rm", "--network", "none", "exported", "cat", "/etc/passwd"}, "web"},
                            {{"rmi", "exported"}},
                            {kPruneImages}}}},
        {.name = "rm",
         .before = {kCreate},
         .command = {"rm", "victim"},
         .fate = Fate::may_be_missing,
         .roles = {kClient}},
        {.name = "rm_force",
         .before = {kRun},
         .command = {"rm", "-f", "victim"},
         .fate = Fate::may_be_missing,
         .roles = {kClient, kShim}},
        {.name = "container_prune",
         .before = {kCreateAlone},
         .command = {"container", "prune", "-f"},
         .fate = Fate::may_be_missing,
         .roles = {kClient},
         .again = Again{.then = {{{"inspect", "victim"}, std::nullopt}}}},
    };
}

std::vector<Scenario> of_networks() {
    return {
        {.name = "network_create",
         .command = kMakeNetwork,
         .fate = Fate::may_be_missing,
         .roles = {kClient},
         .again = Again{.refusals = {"network with name crash already exists"},
                        .then = {{{"run", "--rm", "--network", "crash", "busybox", "true"}}}},
         .after = {kRemoveNetwork}},
        {.name = "network_rm",
         .before = {kMakeNetwork},
         .command = kRemoveNetwork,
         .fate = Fate::may_be_missing,
         .roles = {kClient},
         .again = Again{.refusals = {"network crash not found"},
                        .then = {{{"network", "inspect", "crash"}, std::nullopt}}}},
        {.name = "network_prune",
         .before = {kMakeNetwork},
         .command = {"network", "prune", "-f"},
         .fate = Fate::may_be_missing,
         .roles = {kClient},
         .again = Again{.then = {{{"network", "inspect", "crash"}, std::nullopt}}}},
        {.name = "network_connect",
         .before = {kMakeNetwork, kServe}, // its ports come along
         .command = {"network", "connect", "--gw-priority", "1", "crash", "victim"},
         .roles = {kClient, kShim},
         .always = {kServes},
         .again = Again{.refusals = {"endpoint with name victim already exists in network crash"},
                        .runs = true,
                        .then = {{{"exec", "victim", "ip", "-o", "addr"}, "eth1"},
                                 {{"network", "inspect", "crash"}, "\"victim\""}}},
         .after = {kRemoveNetwork}},
        {.name = "network_disconnect",
         .before = {kMakeNetwork, kServe, {"network", "connect", "--gw-priority", "1", "crash", "victim"}},
         .command = {"network", "disconnect", "crash", "victim"},
         .roles = {kClient, kShim},
         .always = {kServes},
         .again = Again{.refusals = {"is not connected to network crash"},
                        .runs = true,
                        .then = {{{"network", "inspect", "-f", "{{json .Containers}}", "crash"}, "{}"},
                                 {{"exec", "victim", "ls", "/sys/class/net/eth1"}, std::nullopt},
                                 {kRemoveNetwork}}}},
        {.name = "rename_in_network",
         .before = {kMakeNetwork, kRunInNetwork},
         .command = {"rename", "victim", "other"},
         .roles = {kClient},
         .again = Again{.refusals = {"No such container"}, .then = {{{"rename", "other", "victim"}}}},
         .after = {kRemoveNetwork}},
    };
}

std::vector<Scenario> of_volumes() {
    return {
        {.name = "volume_create",
         .command = kMakeVolume,
         .fate = Fate::may_be_missing,
         .roles = {kClient},
         .again = Again{.then = {{{"run", "--rm", "--network", "none", "-v", "crash:/v", "busybox", "touch",
                                   "/v/x"}}}},
         .after = {kRemoveVolume}},
        {.name = "volume_rm",
         .before = {kMakeVolume},
         .command = kRemoveVolume,
         .fate = Fate::may_be_missing,
         .roles = {kClient},
         .again =
             Again{.refusals = {"no such volume"}, .then = {{{"volume", "inspect", "crash"}, std::nullopt}}}},
        {.name = "volume_prune",
         .before = {kMakeVolume},
         .command = {"volume", "prune", "-a", "-f"},
         .fate = Fate::may_be_missing,
         .roles = {kClient},
         .again = Again{.then = {{{"volume", "inspect", "crash"}, std::nullopt}}}},
        {.name = "run_with_new_volume", // which gets what the image has there
         .command = {"run", "-d", "--name", "victim", "--network", "none", "-v", "crash:/etc", "busybox",
                     "sleep", "1000"},
         .fate = Fate::may_be_missing,
         .roles = {kClient},
         .again =
             Again{.refusals = {"is already in use"},
                   .runs = true,
                   .then = {{{"exec", "victim", "cat", "/etc/passwd", "/etc/group"}, "extra:x:2000:web"}}},
         .after = {kRemoveVolume}},
    };
}

// What a killed one leaves the next one removes.
std::vector<Scenario> of_images() {
    const std::vector<Truth> has_its_files{{{"create", "--name", "other", "tiny", "x"}},
                                           {{"cp", "other:/hello", "-"}, "hello"},
                                           {{"rm", "other"}}};
    std::vector<Truth> pulled{{kNameTiny}};
    pulled.insert(pulled.end(), has_its_files.begin(), has_its_files.end());
    return {
        {.name = "import",
         .command = kImport,
         .fate = Fate::may_be_missing,
         .roles = {kClient},
         .again = Again{.then = has_its_files},
         .after = {kRemoveImage, kPruneImages}},
        {.name = "load",
         .command = kLoad,
         .fate = Fate::may_be_missing,
         .roles = {kClient},
         .again = Again{.then = has_its_files},
         .after = {kRemoveImage, kPruneImages}},
        {.name = "pull",
         .command = kPull,
         .fate = Fate::may_be_missing,
         .roles = {kClient},
         .again = Again{.then = pulled},
         .pulls = true,
         .after = {{"rmi", "127.0.0.1:5000/tiny"}, kRemoveImage, kPruneImages}},
        {.name = "rmi",
         .before = {kLoad},
         .command = kRemoveImage,
         .fate = Fate::may_be_missing,
         .roles = {kClient},
         .again = Again{.refusals = {"No such image"}, .then = {{{"inspect", "tiny"}, std::nullopt}}},
         .after = {kLoad, kRemoveImage}},
        {.name = "tag", // which takes the name from another image
         .before = {kLoad, {"import", "tiny.tar", "second"}, {"tag", "tiny", "moved"}},
         .command = {"tag", "second", "moved"},
         .fate = Fate::may_be_missing,
         .roles = {kClient},
         .again =
             Again{.then = {{{"inspect", "-f", "{{.RepoTags}}", "second"}, "moved"}, {{"rmi", "moved"}}}},
         .after = {{"rmi", "second"}, kRemoveImage, kPruneImages}},
        {.name = "image_prune",
         .before = {kImport, kImport}, // the second takes the name from the first
         .command = kPruneImages,
         .fate = Fate::may_be_missing,
         .roles = {kClient},
         .again = Again{},
         .after = {kRemoveImage}},
    };
}

std::vector<Scenario> of_the_system() {
    return {
        {.name = "system_shutdown",
         .before = {{"run", "-d", "--name", "victim", "--restart", "unless-stopped", "-p",
                     "127.0.0.1:18095:9", "busybox", "sleep", "1000"}},
         .command = {"system", "shutdown", "--timeout", "0"},
         .roles = {kClient, kShim, kReaper},
         .again = Again{.then = {{{"inspect", "-f", "{{.State.Status}}", "victim"}, "exited"},
                                 {{"system", "boot"}, "victim"}}}},
    };
}

} // namespace

const std::vector<Scenario>& scenarios() {
    static const std::vector<Scenario> all = [] {
        std::vector<Scenario> joined = of_containers();
        for (const auto& more : {of_networks(), of_volumes(), of_images(), of_the_system()})
            joined.insert(joined.end(), more.begin(), more.end());
        return joined;
    }();
    return all;
}

} // namespace rt::test
