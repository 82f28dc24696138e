// SPDX-License-Identifier: Apache-2.0
// Every member of the config.json that a container gets has somebody who said so.
#include "core/container/explanation.hpp"
#include "core/container/oci_config.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <functional>
#include <regex>

namespace {

using nlohmann::json;

struct Member {
    const json& config;
    const std::smatch& parts; // of its JSON pointer
    std::string value;        // "" where it is no text
    [[nodiscard]] const json& at(const std::string& pointer) const {
        return config.at(json::json_pointer(pointer));
    }
};

// What is noted of the members whose pointers are like this: its kind, and names of which one has to be
// there.
struct Rule {
    const char* pointer;
    const char* kind;
    std::function<std::vector<std::string>(const Member&)> names;
};

auto always(const char* name) {
    return [name](const Member&) { return std::vector<std::string>{name}; };
}

std::string lower(std::string text) {
    for (char& letter : text) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    return text;
}

std::vector<std::string> argument(const Member& member) {
    const bool with_init = member.at("/process/args/0") == "/sbin/docker-init";
    const int index = std::stoi(member.parts[1]);
    if (with_init && index < 2) return {"init"};
    return {"argument " + std::to_string(with_init ? index - 2 : index)};
}

std::vector<std::string> device_rule(const Member& member) {
    const json& rule = member.at("/linux/resources/devices/" + member.parts[1].str());
    const auto number = [&](const char* key) {
        return rule.contains(key) ? std::to_string(rule[key].get<int>()) : "*";
    };
    const std::string device = rule.value("type", "a") + " " + number("major") + ":" + number("minor");
    std::vector<std::string> names{device, device + " " + rule["access"].get<std::string>(), "all"};
    if (std::stoi(member.parts[1]) < 12) // docker's own come first
        names.emplace_back("null zero full random urandom tty console ptmx pts");
    return names;
}

const std::vector<Rule> kRules = {
    {"/ociVersion", "document", always("ociVersion")},
    {"/root/path", "root file system", always("layers")},
    {"/root/readonly", "root file system", always("read-only")},
    {"/hostname", "name", always("hostname")},
    {"/domainname", "name", always("domainname")},
    {"/process/terminal", "process", always("terminal")},
    {"/process/user/(uid|gid|username)", "process", always("user")},
    {"/process/user/additionalGids/.*", "process",
     [](const Member& member) { return std::vector{"group " + member.value}; }},
    {"/process/args/(\\d+)", "process", argument},
    {"/process/env/.*", "environment",
     [](const Member& member) { return std::vector{member.value.substr(0, member.value.find('='))}; }},
    {"/process/cwd", "process", always("working directory")},
    {"/process/capabilities/.*", "capability",
     [](const Member& member) { return std::vector{member.value}; }},
    {"/process/rlimits/(\\d+)/.*", "limit",
     [](const Member& member) {
         const std::string type = member.at("/process/rlimits/" + member.parts[1].str() + "/type");
         return std::vector{"ulimit " + lower(type.substr(7))};
     }},
    {"/process/oomScoreAdj", "limit", always("oom score adjustment")},
    {"/process/consoleSize/.*", "process", always("console size")},
    {"/process/noNewPrivileges", "security", always("no new privileges")},
    {"/process/apparmorProfile", "security", always("apparmor profile")},
    {"/process/selinuxLabel", "security", always("selinux label")},
    {"/mounts/(\\d+)/.*", "mount",
     [](const Member& member) {
         return std::vector<std::string>{member.at("/mounts/" + member.parts[1].str() + "/destination")};
     }},
    {"/linux/cgroupsPath", "limit", always("cgroup")},
    {"/linux/namespaces/(\\d+)/.*", "namespace",
     [](const Member& member) {
         return std::vector<std::string>{member.at("/linux/namespaces/" + member.parts[1].str() + "/type")};
     }},
    {"/linux/[ug]idMappings/.*", "namespace", always("ids")},
    {"/linux/resources/devices/(\\d+)/.*", "device rule", device_rule},
    {"/linux/resources/(memory|cpu|blockIO|pids)/([^/]*).*", "limit",
     [](const Member& member) { return std::vector{member.parts[1].str() + " " + member.parts[2].str()}; }},
    {"/linux/maskedPaths/.*", "masked path", [](const Member& member) { return std::vector{member.value}; }},
    {"/linux/readonlyPaths/.*", "read-only path",
     [](const Member& member) { return std::vector{member.value}; }},
    {"/linux/(masked|readonly)Paths", "masked path", always("all")},
    {"/linux/devices/(\\d+)/.*", "device",
     [](const Member& member) {
         return std::vector<std::string>{member.at("/linux/devices/" + member.parts[1].str() + "/path")};
     }},
    {"/linux/sysctl/(.*)", "sysctl", [](const Member& member) { return std::vector{member.parts[1].str()}; }},
    {"/linux/rootfsPropagation", "root file system", always("propagation")},
    {"/linux/seccomp/.*", "security", always("seccomp")},
    {"/annotations/io.rt.seccomp", "security", always("seccomp")},
    {"/annotations/(.*)", "annotation",
     [](const Member& member) { return std::vector{member.parts[1].str()}; }},
};

std::string text_of(const json& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
}

bool is_noted(const rt::Origins& origins, const std::string& kind, const std::vector<std::string>& names) {
    return std::ranges::any_of(origins.all(), [&](const rt::Origin& origin) {
        return origin.kind == kind && !origin.from.empty() &&
               std::ranges::find(names, origin.name) != names.end();
    });
}

class OriginsTest : public testing::Test {
protected:
    // The members that nobody owns up to.
    std::vector<std::string> without_origin() {
        rt::Origins origins;
        const auto plan = rt::plan_process(spec_, image_, "box", &origins);
        EXPECT_TRUE(plan) << plan.error().message;
        rt::OciInput input{.container_id = "cafe",
                           .bundle = "/run/c",
                           .hostname = "box",
                           .cgroup_parent = "/rt",
                           .spec = spec_,
                           .plan = *plan};
        input.host = host_;
        input.joined = joined_;
        input.ids = ids_;
        input.init_program = "/usr/libexec/init";
        input.origins = &origins;
        const auto text = rt::oci_config(input);
        EXPECT_TRUE(text) << text.error().message;
        return check(json::parse(*text), origins);
    }

    static std::vector<std::string> check(const json& config, const rt::Origins& origins) {
        std::vector<std::string> missing;
        const json flat = config.flatten();
        for (const auto& [pointer, value] : flat.items()) {
            if (pointer == "/annotations") continue; // there are none
            std::smatch parts;
            const auto rule = std::ranges::find_if(kRules, [&](const Rule& each) {
                return std::regex_match(pointer, parts, std::regex(each.pointer));
            });
            if (rule == kRules.end())
                missing.push_back(pointer + ": a member that this test does not know");
            else if (!is_noted(origins, rule->kind, rule->names({config, parts, text_of(value)})))
                missing.push_back(pointer + " = " + value.dump());
        }
        return missing;
    }

    rt::ContainerSpec spec_;
    rt::HostFacts host_;
    rt::JoinedNamespaces joined_;
    rt::IdRange ids_;
    std::string image_ = R"({"config": {"Cmd": ["sh"], "Env": ["IMAGE=1"], "User": "web",
                             "Labels": {"a": "b"}, "WorkingDir": "/w"}})";
};

TEST_F(OriginsTest, EveryMemberOfAContainerWithoutOptionsHasOne) {
    EXPECT_THAT(without_origin(), testing::IsEmpty());
}

TEST_F(OriginsTest, EveryMemberOfAContainerWithEveryOptionHasOne) {
    spec_.command = {"a", "b"};
    spec_.environment = {"MINE=1"};
    spec_.terminal = true;
    spec_.console_height = spec_.console_width = 5;
    spec_.domainname = "test";
    spec_.group_add = {"7", "8"};
    spec_.init = true;
    spec_.annotations = {{"org.example", "v"}};
    spec_.mounts = {{.source = "/a", .target = "/short", .create_source = true, .propagation = "rslave"},
                    {.source = "/a", .target = "/long", .long_form = true, .propagation = "rshared"},
                    {.type = rt::MountType::tmpfs, .target = "/t", .tmpfs_options = {"size=1m"}}};
    spec_.read_only = true;
    spec_.shm_size = 1 << 20;
    spec_.memory = 64 << 20;
    spec_.memory_reservation = 32 << 20;
    spec_.memory_swappiness = 10;
    spec_.oom_kill_disable = true;
    spec_.oom_score_adj = 5;
    spec_.cpu_shares = 5;
    spec_.cpu_quota = 5000;
    spec_.cpu_period = 50000;
    spec_.cpuset_cpus = spec_.cpuset_mems = "0";
    spec_.pids_limit = 5;
    spec_.blkio_weight = 10;
    spec_.blkio_weight_device = {{"/dev/sda", 10}};
    spec_.blkio_device_read_bps = spec_.blkio_device_write_bps = {{"/dev/sda", 10}};
    spec_.blkio_device_read_iops = spec_.blkio_device_write_iops = {{"/dev/sda", 10}};
    spec_.ulimits = {{"nofile", 1, 2}, {"core", -1, -1}};
    spec_.cgroup_parent = "/mine";
    spec_.cap_add = {"NET_ADMIN"};
    spec_.cap_drop = {"CHOWN"};
    spec_.security_opt = {"no-new-privileges", "apparmor=x", "label=type:x", "seccomp=/f"};
    spec_.seccomp_profile = R"({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}]})";
    spec_.devices = {{"/dev/zero", "/dev/mine"}};
    host_.devices = {{"/dev/mine", 'c', {1, 5}, 0666, 0, 0, "rw"}};
    host_.architecture = "amd64";
    host_.kernel = "6.1.0";
    spec_.device_cgroup_rules = {"c 10:229 rwm", "b *:* r"};
    spec_.sysctls = {{"net.core.somaxconn", "7"}};
    joined_ = {"/proc/7/ns/pid", "/proc/7/ns/ipc", "/proc/7/ns/net", "/run/shm"};
    ids_ = {100000, 65536};
    EXPECT_THAT(without_origin(), testing::IsEmpty());
}

TEST_F(OriginsTest, EveryMemberOfAPrivilegedContainerHasOne) {
    spec_.privileged = true;
    spec_.nano_cpus = 1'500'000'000;
    spec_.ipc_mode = spec_.pid_mode = spec_.uts_mode = spec_.cgroupns_mode = "host";
    host_.devices = {{"/dev/kmsg", 'c', {1, 11}, 0600, 0, 0, "rwm"}};
    EXPECT_THAT(without_origin(), testing::IsEmpty());
}

TEST_F(OriginsTest, AMemberThatNobodyNotedWouldBeSeen) {
    rt::Origins origins;
    origins.note("document", "ociVersion", "1.2.0", "default");
    EXPECT_THAT(check({{"ociVersion", "1.2.0"}, {"hostname", "x"}, {"vm", {{"kernel", "k"}}}}, origins),
                testing::UnorderedElementsAre("/hostname = \"x\"",
                                              "/vm/kernel: a member that this test does not know"));
}

std::string from(const rt::Origins& origins, const std::string& kind, const std::string& name) {
    for (const rt::Origin& origin : origins.all())
        if (origin.kind == kind && origin.name == name) return origin.from;
    return "nobody";
}

TEST_F(OriginsTest, AreFlagImageFileDefaultAndDriver) {
    const auto wiring = rt::parse_wiring(R"({
        "cgroup_parent": "/mine",
        "network": { "default": "none" }
    })",
                                         "/etc/rt/config.json");
    ASSERT_TRUE(wiring) << wiring.error().message;
    spec_.environment = {"MINE=1"};
    spec_.storage = "vfs";
    spec_.cap_drop = {"ALL"};
    spec_.cap_add = {"CHOWN"};
    spec_.mounts = {{.type = rt::MountType::tmpfs, .target = "/t"},
                    {.source = "/a", .target = "/l", .long_form = true}};
    spec_.dns = {"192.0.2.1"};
    rt::Attachment attachment;
    rt::Network network;
    network.name = network.driver = "none";
    attachment.network = std::make_shared<const rt::Network>(network);
    attachment.endpoint.result = R"({"gateway": "10.0.0.1"})";
    const auto origins = rt::explain_origins(spec_, *wiring,
                                             {.container_id = "cafe",
                                              .hostname = "box",
                                              .bundle = "/b",
                                              .image_config = image_,
                                              .storage = "vfs",
                                              .network = "none",
                                              .isolation = "namespaces",
                                              .attachments = {attachment},
                                              .warnings = {"clamped"}});
    ASSERT_TRUE(origins) << origins.error().message;
    EXPECT_EQ(from(*origins, "environment", "MINE"), "flag --env");
    EXPECT_EQ(from(*origins, "environment", "IMAGE"), "image");
    EXPECT_EQ(from(*origins, "environment", "PATH"), "default");
    EXPECT_EQ(from(*origins, "limit", "cgroup"), "wiring: /etc/rt/config.json:2");
    EXPECT_EQ(from(*origins, "driver", "network"), "wiring: /etc/rt/config.json:3");
    EXPECT_EQ(from(*origins, "namespace", "network"), "wiring: /etc/rt/config.json:3");
    EXPECT_EQ(from(*origins, "driver", "storage"), "flag --storage");
    EXPECT_EQ(from(*origins, "driver", "isolation"), "wiring: built-in default");
    EXPECT_EQ(from(*origins, "root file system", "layers"), "storage driver 'vfs'");
    EXPECT_EQ(from(*origins, "network", "none gateway"), "network driver 'none'");
    EXPECT_EQ(from(*origins, "warning", "clamped"), "isolation driver 'namespaces'");
    EXPECT_EQ(from(*origins, "capability", "CAP_CHOWN"), "flag --cap-add");
    EXPECT_EQ(from(*origins, "capability", "CAP_KILL"), "flag --cap-drop");
    EXPECT_EQ(from(*origins, "mount", "/t"), "flag --tmpfs");
    EXPECT_EQ(from(*origins, "mount", "/l"), "flag --mount");
    EXPECT_EQ(from(*origins, "mount", "/proc"), "default");
    EXPECT_EQ(from(*origins, "name server", "192.0.2.1"), "flag --dns");
    for (const rt::Origin& origin : origins->all())
        EXPECT_FALSE(origin.from.empty() || origin.from.starts_with("wiring /") || origin.from == "storage")
            << origin.kind << " " << origin.name << ": " << origin.from;
}

} // namespace
