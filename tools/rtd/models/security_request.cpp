// SPDX-License-Identifier: Apache-2.0
// Rights, namespaces and kernel settings of HostConfig.
#include "tools/rtd/models/container_request.hpp"

#include <nlohmann/json.hpp>

namespace rt::rtd {
namespace {

// A seccomp profile comes as its text: the client has read the file.
void read_options(ObjectReader& host, ContainerSpec& spec) {
    std::vector<std::string> options;
    host.texts("SecurityOpt", options);
    for (std::string& option : options) {
        constexpr std::string_view kProfile = "seccomp=";
        const bool is_text = option.starts_with(kProfile) && option.find('{') != std::string::npos;
        if (is_text) {
            spec.seccomp_profile = option.substr(kProfile.size());
            option = "seccomp=profile.json"; // the name that it had is the client's
        }
        spec.security_opt.push_back(std::move(option));
    }
}

} // namespace

void read_security(ObjectReader& host, ContainerSpec& spec) {
    host.flag("Privileged", spec.privileged);
    host.texts("CapAdd", spec.cap_add);
    host.texts("CapDrop", spec.cap_drop);
    host.texts("GroupAdd", spec.group_add);
    read_options(host, spec);
    host.map("Sysctls", spec.sysctls);
    host.texts("MaskedPaths", spec.masked_paths);
    host.texts("ReadonlyPaths", spec.readonly_paths);
    host.text("PidMode", spec.pid_mode);
    host.text("IpcMode", spec.ipc_mode);
    host.text("UTSMode", spec.uts_mode);
    host.text("UsernsMode", spec.userns_mode);
    host.text("CgroupnsMode", spec.cgroupns_mode);
}

} // namespace rt::rtd
